"""The image of a record that social sites show beside a link to it: drawn here, with a font that ships."""

import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SIZE = (1200, 630)
FONTS = Path(__file__).parents[1] / "fonts"
MARGIN = 72
PAPER, INK, MUTED, ACCENT, LINE = "#fbfaf7", "#1b1f24", "#59616b", "#1f5fa8", "#d9d6ce"
#: The axis of Brier scores ends here: what is worse is drawn at its end.
WORST = 0.5


@dataclass(frozen=True)
class Figures:
    """What the image says. ``interval``: low, score and high of the Brier score, where there are any."""

    name: str
    verdict: str
    brier: str
    interval: tuple[float | None, float | None, float | None]
    resolved: str
    open: str
    rank: str
    host: str
    invented: bool


@lru_cache(maxsize=256)
def record_image(figures: Figures) -> bytes:
    """A PNG of 1200 by 630 pixels; the same bytes for the same figures."""
    image = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, SIZE[0], 14), fill=ACCENT)
    draw.text((MARGIN, 56), "Track Record", font=font(30, bold=True), fill=ACCENT)
    if figures.invented:
        _right(draw, 56, "INVENTED RECORD", font(26, bold=True), "#9a3412")
    _fitting(draw, (MARGIN, 120), figures.name, 68)
    y = 222
    for line in wrapped(draw, figures.verdict, font(30), SIZE[0] - 2 * MARGIN)[:2]:
        draw.text((MARGIN, y), line, font=font(30), fill=MUTED)
        y += 42
    columns = (("Brier score", figures.brier), ("Resolved", figures.resolved), ("Open", figures.open))
    for at, (label, value) in enumerate((*columns, ("Rank", figures.rank))):
        x = MARGIN + at * 270
        draw.text((x, 332), label, font=font(26), fill=MUTED)
        draw.text((x, 366), value, font=font(50, bold=True), fill=INK)
    _axis(draw, figures.interval)
    _right(draw, 566, figures.host, font(24), MUTED)
    draw.text((MARGIN, 566), "Brier score: 0 is perfect, 0.25 is what “50%” earns", font=font(24), fill=MUTED)
    written = io.BytesIO()
    image.save(written, "PNG", optimize=True)
    return written.getvalue()


@lru_cache
def font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """The font that ships, so that the image is the same on every machine."""
    return ImageFont.truetype(FONTS / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"), size)


def wrapped(draw: ImageDraw.ImageDraw, text: str, face: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """The text in lines that fit."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and draw.textlength(longer, font=face) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _fitting(draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str, size: int) -> None:
    """One line, smaller where it is long, and cut where even that is too long."""
    width = SIZE[0] - 2 * MARGIN
    while size > 34 and draw.textlength(text, font=font(size, bold=True)) > width:
        size -= 2
    face, shown = font(size, bold=True), text
    while shown and draw.textlength(shown, font=face) > width:
        shown = shown.removesuffix("…")[:-1] + "…"
    draw.text(at, shown, font=face, fill=INK)


def _right(draw: ImageDraw.ImageDraw, y: int, text: str, face: ImageFont.FreeTypeFont, fill: str) -> None:
    draw.text((SIZE[0] - MARGIN - draw.textlength(text, font=face), y), text, font=face, fill=fill)


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
