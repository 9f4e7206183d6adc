"""The scores that one question gave each commentator, by their opening prediction."""

from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from predictions.enums import QuestionKind, QuestionStatus
from predictions.leaderboard.wording_ranges import around, wording_ranges
from predictions.models import Question, Score
from predictions.scoring.units import SCALE

_SCORES = ("opening", "latest", "time_weighted", "opening_low", "opening_high", "reference")


def scores_by_opening(session: Session, question: Question) -> dict[int, dict[str, Any]]:
    """Return each commentator's scores on the question as floats, by the id of their opening prediction.

    ``words`` holds the wording ranges of the latest and the time-weighted score, ``counted`` the eligible predictions.
    """
    rows = session.execute(select(Score).where(col(Score.question_id) == question.id)).scalars()
    binary = question.status is QuestionStatus.RESOLVED and question.kind is QuestionKind.BINARY
    ranges = wording_ranges(session, [question]) if binary else {}
    return {
        row.opening_id: {
            **{name: getattr(row, name) / SCALE for name in _SCORES},
            "reference_type": row.reference_type.value,
            "counted": row.counted,
            "words": around(
                ranges.get((row.commentator_id, row.question_id)), row.latest / SCALE, row.time_weighted / SCALE
            ),
        }
        for row in rows
    }
