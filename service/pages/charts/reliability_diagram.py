"""Geometry of a reliability diagram: predicted probability across, observed frequency up."""

from dataclasses import dataclass

from predictions.records.calibration import CalibrationView
from service.pages.charts.scales import Scale, area, line

SIZE = 320
HISTOGRAM = 44


@dataclass(frozen=True)
class Reliability:
    """Paths of a diagram of 320 by 320 pixels.

    ``bars`` is a histogram of predicted probabilities, as (x, height, probability, count)."""

    across: Scale
    up: Scale
    band: str
    curve: str
    bars: list[tuple[float, float, float, int]]


def reliability(calibration: CalibrationView) -> Reliability | None:
    """Return the diagram of a calibration; None with too few predictions for a curve."""
    if calibration.recalibrated is None or calibration.band_low is None or calibration.band_high is None:
        return None
    across, up = Scale(0, 1, 44, 44 + SIZE), Scale(0, 1, SIZE + 10, 10)
    places = [across(value) for value in calibration.probability]
    rows = {
        name: [(x, up(y)) for x, y in zip(places, heights, strict=True)]
        for name, heights in (
            ("curve", calibration.recalibrated),
            ("low", calibration.band_low),
            ("high", calibration.band_high),
        )
    }
    highest = max(calibration.count)
    bars = [
        (x, round(max(HISTOGRAM * number / highest, 1.0), 1), probability, number)
        for x, probability, number in zip(places, calibration.probability, calibration.count, strict=True)
    ]
    return Reliability(across, up, area(rows["high"], rows["low"]), line(rows["curve"]), bars)
