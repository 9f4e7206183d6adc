"""The geometry of the charts: values to places, nothing else. The templates draw; style.css colours."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Scale:
    """Values from ``low`` to ``high`` to places from ``start`` to ``end``, in pixels; what lies outside is clipped."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place of a value, to a tenth of a pixel."""
        share = (min(max(value, self.low), self.high) - self.low) / ((self.high - self.low) or 1)
        return round(self.start + share * (self.end - self.start), 1)


#: Probabilities on the 130 pixels of an interval in a table, with a margin for the dot.
CHANCES = Scale(0, 1, 5, 125)


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round values between ``low`` and ``high``, about as many as wanted: 1, 2 or 5 times a power of ten apart."""
    if not high > low:
        return [low]
    rough = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(number * step, 10) for number in range(first, math.floor(high / step + 1e-9) + 1)]


def apart(ticks: Sequence[float], scale: Scale, pixels: float = 30) -> list[float]:
    """The ticks that have room for their labels, zero before all others."""
    found: list[float] = []
    for tick in sorted(ticks, key=abs):
        if all(abs(scale(tick) - scale(other)) >= pixels for other in found):
            found.append(tick)
    return sorted(found)


def line(points: Iterable[tuple[float, float]]) -> str:
    """The ``d`` of a path through the points."""
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)


def area(upper: Sequence[tuple[float, float]], lower: Sequence[tuple[float, float]]) -> str:
    """The ``d`` of a closed path between two lines over the same places."""
    return line([*upper, *reversed(lower)]) + "Z"


def steps(points: Sequence[tuple[float, float]], until: float) -> str:
    """The ``d`` of a path that holds each point's height until the next point, the last one until ``until``."""
    parts = [f"M{points[0][0]:g} {points[0][1]:g}"]
    parts += [f"H{x:g}V{y:g}" for x, y in points[1:]]
    return "".join(parts) + f"H{until:g}"


def time_ticks(since: datetime, until: datetime, wanted: int = 5) -> list[tuple[datetime, str]]:
    """First days of months or years between two instants, at most ``wanted`` and two, with their labels.

    Where there are fewer than two, the two instants themselves.
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
    """Instants to places, in pixels."""

    since: datetime
    until: datetime
    start: float
    end: float

    def __call__(self, at: datetime) -> float:
        """The place of an instant, to a tenth of a pixel; what lies outside is clipped."""
        whole = (self.until - self.since).total_seconds()
        return Scale(0, whole, self.start, self.end)((at - self.since).total_seconds())

    def ticks(self, wanted: int = 4) -> list[tuple[float, str]]:
        """Places and labels of months or years."""
        return [(self(at), label) for at, label in time_ticks(self.since, self.until, wanted)]
