"""The yardsticks on the board: how well each kind scored, and the commentators on the same calls."""

import numpy as np

from predictions.columns import ReferenceType
from predictions.intervals import mean_intervals
from predictions.scored_pairs import TYPES, Pairs
from predictions.scoring import SCALE
from predictions.views import View


class YardstickScore(View):
    """Mean Brier scores over the opening calls that were compared with one kind of yardstick, with 90% intervals that
    take whole events as one piece of evidence."""

    kind: str
    calls: int
    brier: float
    brier_low: float
    brier_high: float
    commentators: float
    commentators_low: float
    commentators_high: float


def yardstick_scores(pairs: Pairs) -> list[YardstickScore]:
    """Each kind of yardstick that ``pairs`` are compared with, best kind first."""
    found = []
    for kind in ReferenceType:
        here = pairs.reference_type == TYPES.index(kind)
        if calls := int(here.sum()):
            figures: dict[str, float] = {}
            for name, scores in (("brier", pairs.reference), ("commentators", pairs.opening)):
                # The mean of whole numbers, so that it is the same in whatever order the calls come.
                figures[name] = float(scores[here].sum() / calls / SCALE)
                all_as_one = mean_intervals(np.zeros(calls), pairs.event[here], scores[here] / SCALE)
                figures |= {f"{name}_{end}": float(getattr(all_as_one, end)[0]) for end in ("low", "high")}
            found.append(YardstickScore(kind=kind.value, calls=calls, **figures))
    return found
