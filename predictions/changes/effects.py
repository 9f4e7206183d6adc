"""What a change does to the scores of a question, found by making it and undoing it."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from predictions.models import Score
from predictions.scoring.units import SCALE

#: Effects that a change stores; further commentators are only counted.
MAX_EFFECTS = 200
#: The columns of a score that a reader sees or that decide a rank, by their names in views and exports.
_UNITS = {
    "opening": "brier",
    "latest": "brier_latest",
    "time_weighted": "brier_time_weighted",
    "opening_low": "brier_low",
    "opening_high": "brier_high",
    "reference": "reference_brier",
}
_MARKS = ("verbal", "vague", "recorded_late")
Effect = dict[str, Any]


def effects(session: Session, question_id: int, change: Callable[[], object]) -> list[Effect]:
    """Return each commentator's score on the question before and after a change, which is made and undone.

    Only scores that differ, in order of commentator; None where there is no score. Raises the errors of the change.
    """
    before = _scores(session, question_id)
    attempt = session.begin_nested()
    try:
        change()
        session.flush()
        after = _scores(session, question_id)
    finally:
        attempt.rollback()
    return [
        {"commentator": person, "before": before.get(person), "after": after.get(person)}
        for person in sorted({*before, *after})
        if before.get(person) != after.get(person)
    ]


def _scores(session: Session, question_id: int) -> dict[int, Effect]:
    names = ("commentator_id", "reference_type", *_UNITS, *_MARKS)
    query = select(*(getattr(Score, name) for name in names)).where(col(Score.question_id) == question_id)
    return {
        row.commentator_id: {new: getattr(row, name) / SCALE for name, new in _UNITS.items()}
        | {"reference_type": row.reference_type.value}
        | {name: getattr(row, name) for name in _MARKS}
        for row in session.execute(query)
    }
