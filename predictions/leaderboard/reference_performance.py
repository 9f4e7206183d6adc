"""The reference forecasts on the board: how well each kind scored, and the commentators on the same calls."""

import numpy as np

from predictions.enums import ReferenceType
from predictions.leaderboard.scored_pairs import TYPES, Pairs
from predictions.schemas.views import View
from predictions.scoring.intervals import mean_intervals
from predictions.scoring.units import SCALE


class ReferencePerformance(View):
    """Mean Brier scores over the opening calls that were compared with one kind of reference, with 90% intervals that
    take whole events as one piece of evidence; ``..._wording_low`` and ``..._wording_high`` say what that of the
    commentators could be by what their words may mean."""

    kind: str
    calls: int
    brier: float
    brier_low: float
    brier_high: float
    commentators: float
    commentators_low: float
    commentators_high: float
    commentators_wording_low: float
    commentators_wording_high: float


def reference_performance(pairs: Pairs) -> list[ReferencePerformance]:
    """Each kind of reference forecast that ``pairs`` are compared with, best kind first."""
    found = []
    for kind in ReferenceType:
        here = pairs.reference_type == TYPES.index(kind)
        if calls := int(here.sum()):
            # Means of whole numbers, so that they are the same in whatever order the calls come.
            figures = {
                "commentators_wording_low": float(pairs.opening_low[here].sum() / calls / SCALE),
                "commentators_wording_high": float(pairs.opening_high[here].sum() / calls / SCALE),
            }
            for name, scores in (("brier", pairs.reference), ("commentators", pairs.opening)):
                figures[name] = float(scores[here].sum() / calls / SCALE)
                all_as_one = mean_intervals(np.zeros(calls), pairs.event[here], scores[here] / SCALE)
                figures |= {f"{name}_{end}": float(getattr(all_as_one, end)[0]) for end in ("low", "high")}
            found.append(ReferencePerformance(kind=kind.value, calls=calls, **figures))
    return found
