"""The yardsticks on the board: how well each kind scored, and the commentators on the same calls."""

from predictions.columns import ReferenceType
from predictions.scored_pairs import TYPES, Pairs
from predictions.scoring import SCALE
from predictions.views import View


class YardstickScore(View):
    """Mean Brier scores over the opening calls that were compared with one kind of yardstick."""

    kind: str
    calls: int
    brier: float
    commentators: float


def yardstick_scores(pairs: Pairs) -> list[YardstickScore]:
    """Each kind of yardstick that ``pairs`` are compared with, best kind first."""
    found = []
    for kind in ReferenceType:
        here = pairs.reference_type == TYPES.index(kind)
        if calls := int(here.sum()):
            brier, own = (float(scores[here].sum() / calls / SCALE) for scores in (pairs.reference, pairs.opening))
            found.append(YardstickScore(kind=kind.value, calls=calls, brier=brier, commentators=own))
    return found
