"""Link preview image of a record or question, drawn with a bundled font."""

import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SIZE = (1200, 630)
FONTS = Path(__file__).parents[2] / "fonts"
MARGIN = 72
PAPER, INK, MUTED, ACCENT, LINE = "#fbfaf7", "#1b1f24", "#59616b", "#1f5fa8", "#d9d6ce"
#: End of the axis of Brier scores; higher scores are clipped.
WORST = 0.5
LEGEND = "Bar: 90% interval. 0 is perfect, 0.25 is what 50% earns"


@dataclass(frozen=True)
class Picture:
    """Content of an image.

    ``fallback_title`` replaces a title in a script that the font lacks; ``facts`` are labels with values; ``interval``
    is low, score and high of a Brier score (None: no axis).
    """

    title: str
    fallback_title: str
    text: str
    facts: tuple[tuple[str, str], ...]
    host: str
    demo: bool
    interval: tuple[float | None, float | None, float | None] | None = None


@lru_cache(maxsize=256)
def draw_picture(picture: Picture) -> bytes:
    """Draw a PNG of 1200 by 630 pixels; equal content gives equal bytes."""
    image = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, SIZE[0], 14), fill=ACCENT)
    draw.text((MARGIN, 56), "Track Record", font=font(30, bold=True), fill=ACCENT)
    if picture.demo:
        _right(draw, 56, "INVENTED", font(26, bold=True), "#9a3412")
    title = picture.title if drawable(picture.title) else picture.fallback_title
    if picture.interval is None:
        _lines(draw, 122, title, font(48, bold=True), 4, INK)
        _facts(draw, 420, picture.facts)
    else:
        _fitting(draw, (MARGIN, 120), title, 68)
        _lines(draw, 222, picture.text, font(30), 2, MUTED)
        _facts(draw, 332, picture.facts)
        _axis(draw, picture.interval)
    _foot(draw, LEGEND if picture.interval else picture.text, picture.host)
    written = io.BytesIO()
    image.save(written, "PNG", optimize=True)
    return written.getvalue()


@lru_cache
def font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Return the bundled font, so that images are the same on every machine."""
    return ImageFont.truetype(FONTS / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"), size)


def drawable(text: str) -> bool:
    """Return whether the bundled font has every character of the text."""
    face = font(30)
    missing = bytes(face.getmask("\U0010ffff"))
    return all(each.isspace() or bytes(face.getmask(each)) != missing for each in text)


def wrapped(draw: ImageDraw.ImageDraw, text: str, face: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """Break the text into lines that fit."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and draw.textlength(longer, font=face) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _cut(
    draw: ImageDraw.ImageDraw, text: str, face: ImageFont.FreeTypeFont, width: float, *, more: bool = False
) -> str:
    """Cut the text to the width, with an ellipsis if it is cut or ``more`` text follows."""
    shown = text + "…" if more else text
    while len(shown) > 1 and draw.textlength(shown, font=face) > width:
        shown = shown.removesuffix("…")[:-1].rstrip() + "…"
    return shown


def _fitting(
    draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, size: int, width: int = SIZE[0] - 2 * MARGIN
) -> None:
    """Draw one line, in a smaller font if it is long, and cut if it is still too long."""
    smallest = size // 2
    while size > smallest and draw.textlength(text, font=font(size, bold=True)) > width:
        size -= 2
    face = font(size, bold=True)
    draw.text(at, _cut(draw, text, face, width), font=face, fill=INK)


def _lines(draw: ImageDraw.ImageDraw, y: int, text: str, face: ImageFont.FreeTypeFont, most: int, fill: str) -> None:
    """Draw at most ``most`` lines; the last one ends in an ellipsis if text is left."""
    width = SIZE[0] - 2 * MARGIN
    lines = wrapped(draw, text, face, width)
    for at, line in enumerate(lines[:most]):
        shown = _cut(draw, line, face, width, more=at == most - 1 and len(lines) > most)
        draw.text((MARGIN, y + round(at * face.size * 1.4)), shown, font=face, fill=fill)


def _facts(draw: ImageDraw.ImageDraw, y: int, facts: tuple[tuple[str, str], ...]) -> None:
    step = (SIZE[0] - 2 * MARGIN) // len(facts)
    for at, (label, value) in enumerate(facts):
        x = MARGIN + at * step
        draw.text((x, y), label, font=font(26), fill=MUTED)
        _fitting(draw, (x, y + 34), value, 50, step - 24)


def _right(draw: ImageDraw.ImageDraw, y: int, text: str, face: ImageFont.FreeTypeFont, fill: str) -> None:
    draw.text((SIZE[0] - MARGIN - draw.textlength(text, font=face), y), text, font=face, fill=fill)


def _foot(draw: ImageDraw.ImageDraw, text: str, host: str) -> None:
    text = _cut(draw, text, font(24), SIZE[0] - 2 * MARGIN - 240)
    draw.text((MARGIN, 566), text, font=font(24), fill=MUTED)
    room = SIZE[0] - 2 * MARGIN - draw.textlength(text, font=font(24)) - 40
    _right(draw, 566, _cut(draw, host, font(24), room), font(24), MUTED)


def _axis(draw: ImageDraw.ImageDraw, interval: tuple[float | None, float | None, float | None]) -> None:
    y, (low, score, high) = 490, interval
    draw.line((MARGIN, y, SIZE[0] - MARGIN, y), fill=LINE, width=4)
    for tick in (0.0, 0.25, WORST):
        draw.line((_x(tick), y - 12, _x(tick), y + 12), fill=LINE, width=4)
        draw.text((_x(tick), y + 34), f"{tick:g}", font=font(22), fill=MUTED, anchor="mm")
    if low is not None and high is not None:
        draw.line((_x(low), y, _x(high), y), fill=ACCENT, width=12)
    if score is not None:
        draw.ellipse((_x(score) - 15, y - 15, _x(score) + 15, y + 15), fill=ACCENT, outline=PAPER, width=4)


def _x(value: float) -> float:
    return MARGIN + (SIZE[0] - 2 * MARGIN) * min(max(value, 0.0), WORST) / WORST
