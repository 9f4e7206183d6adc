"""Mean scores of each kind of reference forecast, and of the commentators on the same questions."""

import numpy as np
from pydantic import Field

from predictions.enums import ReferenceType
from predictions.leaderboard.scored_pairs import TYPES, Pairs
from predictions.schemas.estimates import Estimate
from predictions.schemas.views import View
from predictions.scoring.intervals import mean_intervals
from predictions.scoring.units import SCALE, Ints


class ReferencePerformance(View):
    """Mean scores of one type of reference forecast and of the ``calls`` opening predictions compared with it."""

    kind: str = Field(description="type of reference forecast: market, consensus, base_rate or even")
    calls: int = Field(description="opening predictions compared with it")
    brier: Estimate = Field(description="Mean Brier score of the reference forecasts.")
    commentators: Estimate = Field(description="Mean Brier score of the opening predictions.")


def reference_performance(pairs: Pairs) -> list[ReferencePerformance]:
    """Return the performance of each kind of reference that ``pairs`` are compared with, best kind first."""
    performances = []
    for kind in ReferenceType:
        here = pairs.reference_type == TYPES.index(kind)
        if calls := int(here.sum()):
            event, own = pairs.event[here], pairs.opening[here]
            words = {"wording_low": _mean(pairs.opening_low[here]), "wording_high": _mean(pairs.opening_high[here])}
            performances.append(
                ReferencePerformance(
                    kind=kind.value,
                    calls=calls,
                    brier=_estimate(event, pairs.reference[here]),
                    commentators=_estimate(event, own).model_copy(update=words),
                )
            )
    return performances


def _estimate(event: Ints, scores: Ints) -> Estimate:
    all_as_one = mean_intervals(np.zeros(len(scores)), event, scores / SCALE)
    return Estimate(value=_mean(scores), low=float(all_as_one.low[0]), high=float(all_as_one.high[0]))


def _mean(scores: Ints) -> float:
    """Return the mean; the sum of whole numbers is the same in any order."""
    return float(scores.sum() / len(scores) / SCALE)
