"""The geometry of a reliability diagram: what was said across, how often it came true up."""

from dataclasses import dataclass

from predictions.records.calibration import CalibrationView
from service.pages.charts.scales import Scale, area, line

SIZE = 320
HISTOGRAM = 44


@dataclass(frozen=True)
class Reliability:
    """Paths and places of a diagram of 320 pixels square between ``across`` and ``up``; ``bars`` show how often each
    probability was said, as (place, height, probability, count)."""

    across: Scale
    up: Scale
    band: str
    curve: str
    bars: list[tuple[float, float, float, int]]


def reliability(found: CalibrationView) -> Reliability | None:
    """The diagram of a calibration; None where there are too few predictions for a curve."""
    if found.recalibrated is None or found.band_low is None or found.band_high is None:
        return None
    across, up = Scale(0, 1, 44, 44 + SIZE), Scale(0, 1, SIZE + 10, 10)
    places = [across(value) for value in found.probability]
    rows = {
        name: [(x, up(y)) for x, y in zip(places, heights, strict=True)]
        for name, heights in (("curve", found.recalibrated), ("low", found.band_low), ("high", found.band_high))
    }
    most = max(found.count)
    bars = [
        (x, round(max(HISTOGRAM * number / most, 1.0), 1), said, number)
        for x, said, number in zip(places, found.probability, found.count, strict=True)
    ]
    return Reliability(across, up, area(rows["high"], rows["low"]), line(rows["curve"]), bars)
