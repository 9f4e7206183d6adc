"""Calibration sparkline of a commentator on the leaderboard."""

from collections.abc import Mapping, Sequence

import numpy as np

from predictions.leaderboard.opening_calibration import CalibrationCounts
from predictions.scoring.calibration import MIN_PREDICTIONS, recalibrated
from service.pages.charts.scales import Scale, line

SIZE = 34
ACROSS, UP = Scale(0, 1, 2, SIZE - 2), Scale(0, 1, SIZE - 2, 2)


def sparklines(counts: Mapping[int, Sequence[CalibrationCounts]]) -> dict[int, str]:
    """Return the SVG path of each commentator's curve, predicted probability across, observed frequency up.

    A commentator with fewer than ``MIN_PREDICTIONS`` predictions gets none.
    """
    return {
        commentator: _curve(of_one)
        for commentator, of_one in counts.items()
        if sum(each.predictions for each in of_one) >= MIN_PREDICTIONS
    }


def _curve(counts: Sequence[CalibrationCounts]) -> str:
    predictions = np.array([each.predictions for each in counts], dtype=np.int64)
    heights = recalibrated(predictions, np.array([each.hits for each in counts], dtype=np.int64))
    places = zip(counts, heights, strict=True)
    return line((ACROSS(each.probability), UP(float(height))) for each, height in places)
