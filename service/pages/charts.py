"""The geometry of the charts: values to places, nothing else. The templates draw; style.css colours."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


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


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round values between ``low`` and ``high``, about as many as wanted: 1, 2 or 5 times a power of ten apart."""
    if not high > low:
        return [low]
    rough = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(number * step, 10) for number in range(first, math.floor(high / step + 1e-9) + 1)]


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
