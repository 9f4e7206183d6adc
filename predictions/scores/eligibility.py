"""The one rule for which predictions count: in stored scores, in the history and in the record as of a past instant.

By what is on record at an instant, a prediction is **active** if no correction or withdrawal supersedes it, and
**eligible** if it is active, carries a probability and was made before the cutoff: the deadline or the instant at which
the outcome became public, whichever came first. A prediction made at the cutoff itself no longer counts. One that was
made too late is kept on record, however it came, with the flag ``made_too_late``.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar, overload

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from predictions.models import Prediction
from predictions.scoring.units import Bools, Ints

Row = TypeVar("Row", bound=Prediction)


def active(ids: Sequence[int], supersedes: Iterable[int | None], probability: Iterable[object]) -> list[bool]:
    """Return for each row True if it is active and carries a probability (any value but None).

    Pass all rows of the questions, withdrawals (which carry no probability) included: they supersede others.
    """
    superseded = set(supersedes)
    return [value is not None and number not in superseded for value, number in zip(probability, ids, strict=True)]


@overload
def in_time(made_at: datetime, cutoff: datetime) -> bool: ...
@overload
def in_time(made_at: Ints, cutoff: Ints) -> Bools: ...
def in_time(made_at: Any, cutoff: Any) -> Any:
    """Return whether a prediction was made in time: before its cutoff, and not at that instant itself.

    Two instants, or arrays of shape (n,) in microseconds.
    """
    return made_at < cutoff


@overload
def recorded_late(recorded_at: datetime, cutoff: datetime) -> bool: ...
@overload
def recorded_late(recorded_at: Ints, cutoff: Ints) -> Bools: ...
def recorded_late(recorded_at: Any, cutoff: Any) -> Any:
    """Return whether a prediction was recorded after its cutoff, when nobody can check that it was made before.

    It counts, with a flag. Two instants, or arrays of shape (n,) in microseconds.
    """
    return recorded_at > cutoff


def made_before_change(made_at: datetime, recorded_at: datetime, criteria_changed_at: datetime | None) -> bool:
    """Return whether a prediction was made, and on record, before what decides its question was last changed.

    It counts, with a flag. One that is recorded afterwards, however old, is recorded under the present criteria.
    """
    return criteria_changed_at is not None and made_at < criteria_changed_at and recorded_at <= criteria_changed_at


def eligible_as_of(rows: Sequence[Row], at: datetime, cutoff: datetime) -> list[Row]:
    """Return the rows of one question that are eligible by what was recorded at or before ``at``."""
    recorded = [row for row in rows if row.recorded_at <= at]
    keep = active(
        [row.id or 0 for row in recorded],
        (row.supersedes_id for row in recorded),
        (row.probabilities if row.probability is None else row.probability for row in recorded),
    )
    return [row for row, is_active in zip(recorded, keep, strict=True) if is_active and in_time(row.made_at, cutoff)]


_LATER = aliased(Prediction)
#: Condition on a row of predictions: no correction or withdrawal supersedes it.
NOT_SUPERSEDED = ~exists().where(col(_LATER.supersedes_id) == col(Prediction.id))


def select_active() -> Select[int, int]:
    """Select (commentator, question) of every active prediction with a probability, as ``active`` decides."""
    return select(col(Prediction.commentator_id), col(Prediction.question_id)).where(
        or_(col(Prediction.probability).is_not(None), col(Prediction.probabilities).is_not(None)),
        NOT_SUPERSEDED,
    )
