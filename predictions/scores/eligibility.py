"""The one rule for which predictions count: in stored scores, in the history and in the record as of a past instant.

By what is on record at an instant, a prediction is **active** if no correction or withdrawal supersedes it, and
**eligible** if it is active, carries a probability and was made before the cutoff: the deadline or the instant at which
the outcome became public, whichever came first. A prediction made at the cutoff itself no longer counts. One that was
made too late is kept on record, however it came, with the flag ``made_too_late``. One that was recorded late must also
be admitted by the rule in force.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar, overload

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from predictions.enums import RankRecordedLate
from predictions.models import Prediction
from predictions.scores.late_rule import is_sourced
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

    It carries a flag; ``is_admitted`` decides whether it counts. Two instants, or arrays of shape (n,) in microseconds.
    """
    return recorded_at > cutoff


def made_before_change(made_at: datetime, recorded_at: datetime, criteria_changed_at: datetime | None) -> bool:
    """Return whether a prediction was made, and on record, before what decides its question was last changed.

    It counts, with a flag. One that is recorded afterwards, however old, is recorded under the present criteria.
    """
    return criteria_changed_at is not None and made_at < criteria_changed_at and recorded_at <= criteria_changed_at


@overload
def is_admitted(late: bool, sourced: bool, rule: RankRecordedLate) -> bool: ...
@overload
def is_admitted(late: Bools, sourced: Bools, rule: RankRecordedLate) -> Bools: ...
def is_admitted(late: Any, sourced: Any, rule: RankRecordedLate) -> Any:
    """Return whether a prediction counts, as far as the time of its recording is concerned.

    In time, or late and admitted by the rule. Two truth values, or arrays of shape (n,).
    """
    return (late ^ True) | (sourced & (rule is RankRecordedLate.SOURCED)) | (rule is RankRecordedLate.ALL)


def eligible_as_of(
    rows: Sequence[Row],
    at: datetime,
    cutoff: datetime,
    rule: RankRecordedLate = RankRecordedLate.ALL,
    data_sets: frozenset[int] = frozenset(),
) -> list[Row]:
    """Return the rows of one question that are eligible by what was recorded at or before ``at``.

    ``rule`` was in force then; ``data_sets`` are the ids of imports from files.
    """
    recorded = [row for row in rows if row.recorded_at <= at]
    keep = active(
        [row.id or 0 for row in recorded],
        (row.supersedes_id for row in recorded),
        (row.probabilities if row.probability is None else row.probability for row in recorded),
    )
    return [
        row
        for row, is_active in zip(recorded, keep, strict=True)
        if is_active
        and in_time(row.made_at, cutoff)
        and is_admitted(recorded_late(row.recorded_at, cutoff), is_sourced(row, data_sets), rule)
    ]


_LATER = aliased(Prediction)
#: Condition on a row of predictions: no correction or withdrawal supersedes it.
NOT_SUPERSEDED = ~exists().where(col(_LATER.supersedes_id) == col(Prediction.id))


def select_active() -> Select[int, int]:
    """Select (commentator, question) of every active prediction with a probability, as ``active`` decides."""
    return select(col(Prediction.commentator_id), col(Prediction.question_id)).where(
        or_(col(Prediction.probability).is_not(None), col(Prediction.probabilities).is_not(None)),
        NOT_SUPERSEDED,
    )
