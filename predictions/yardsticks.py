"""The yardsticks on the board: how well each kind scored, and the commentators on the same calls."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from predictions.columns import ReferenceType
from predictions.reader_order import too_many
from predictions.scored import Filters, load_pairs
from predictions.scoring import SCALE
from predictions.views import View


class YardstickScore(View):
    """Mean Brier scores over the opening calls that were compared with one kind of yardstick."""

    kind: str
    calls: int
    brier: float
    commentators: float


def yardstick_scores(session: Session, filters: Filters, now: datetime) -> Sequence[YardstickScore]:
    """Each kind of yardstick that the board under ``filters`` compares with, best kind first; nothing for a record
    too large to add up while a reader waits."""
    if too_many(session, filters, now):
        return []
    pairs = load_pairs(session, filters, now)
    found = []
    for kind in ReferenceType:
        here = pairs.reference_type == kind.value
        if calls := int(here.sum()):
            means = (float(scores[here].sum() / calls / SCALE) for scores in (pairs.reference, pairs.opening))
            brier, commentators = means
            found.append(YardstickScore(kind=kind.value, calls=calls, brier=brier, commentators=commentators))
    return found
