"""Scales, ticks and paths shared by the charts."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property


@dataclass(frozen=True)
class Scale:
    """Linear map from values (``low`` to ``high``) to pixels (``start`` to ``end``); values outside are clipped."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the coordinate of a value, to a tenth of a pixel."""
        share = (min(max(value, self.low), self.high) - self.low) / ((self.high - self.low) or 1)
        return round(self.start + share * (self.end - self.start), 1)


#: Probabilities on the 130 pixels of an interval in a table, with a margin for the dot.
CHANCES = Scale(0, 1, 5, 125)


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Return about ``wanted`` round values between ``low`` and ``high``, spaced by 1, 2 or 5 times a power of ten."""
    if not high > low:
        return [low]
    rough = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(number * step, 10) for number in range(first, math.floor(high / step + 1e-9) + 1)]


def apart(ticks: Sequence[float], scale: Scale, pixels: float = 30) -> list[float]:
    """Return the ticks whose labels fit, zero first."""
    kept: list[float] = []
    for tick in sorted(ticks, key=abs):
        if all(abs(scale(tick) - scale(other)) >= pixels for other in kept):
            kept.append(tick)
    return sorted(kept)


def line(points: Iterable[tuple[float, float]]) -> str:
    """Return the SVG path through the points."""
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)


def area(upper: Sequence[tuple[float, float]], lower: Sequence[tuple[float, float]]) -> str:
    """Return the closed SVG path between two lines over the same coordinates."""
    return line([*upper, *reversed(lower)]) + "Z"


def steps(points: Sequence[tuple[float, float]], until: float) -> str:
    """Return an SVG step path: each point's height until the next point, the last one until ``until``."""
    parts = [f"M{points[0][0]:g} {points[0][1]:g}"]
    parts += [f"H{x:g}V{y:g}" for x, y in points[1:]]
    return "".join(parts) + f"H{until:g}"


def time_ticks(since: datetime, until: datetime, wanted: int = 5) -> list[tuple[datetime, str]]:
    """Return first days of months or years between two instants, at most ``wanted`` + 2, with their labels.

    Returns the two instants themselves if there are fewer than two such days.
    """
    first, last = since.year * 12 + since.month - 1, until.year * 12 + until.month - 1
    step = next((step for step in (1, 2, 3, 6, 12, 24, 60, 120) if (last - first) / step <= wanted), 240)
    months = range(first - first % step + step, last + 1, step)
    starts = [datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC) for month in months]
    if len(starts) < 2:
        return [(at, f"{at.day} {at:%b %Y}") for at in (since, until)]
    return [(at, f"{at:%Y}" if step >= 12 else f"{at:%b %Y}") for at in starts]


@dataclass(frozen=True)
class TimeScale:
    """Linear map from instants to pixels."""

    since: datetime
    until: datetime
    start: float
    end: float

    def __call__(self, at: datetime) -> float:
        """Return the coordinate of an instant, to a tenth of a pixel; instants outside are clipped."""
        return self._scale((at - self.since).total_seconds())

    @cached_property
    def _scale(self) -> Scale:
        return Scale(0, (self.until - self.since).total_seconds(), self.start, self.end)

    def ticks(self, wanted: int = 4) -> list[tuple[float, str]]:
        """Return coordinates and labels of months or years."""
        return [(self(at), label) for at, label in time_ticks(self.since, self.until, wanted)]
