"""The scores that one question gave each commentator, by their opening prediction."""

from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from predictions.enums import QuestionKind, QuestionStatus
from predictions.leaderboard.wording_ranges import scores_with_ranges, wording_ranges
from predictions.models import Question, Score
from predictions.scoring.units import SCALE


def scores_by_opening(session: Session, question: Question) -> dict[int, dict[str, Any]]:
    """Return each commentator's ``ScoreStatistics`` on the question by the id of their opening prediction.

    ``reference`` is the Brier score of the reference forecast, ``counted`` the number of eligible predictions.
    """
    rows = session.execute(select(Score).where(col(Score.question_id) == question.id)).scalars()
    binary = question.status is QuestionStatus.RESOLVED and question.kind is QuestionKind.BINARY
    ranges = wording_ranges(session, [question]) if binary else {}
    return {
        row.opening_id: {
            "statistics": scores_with_ranges(row, ranges.get((row.commentator_id, row.question_id))),
            "reference": row.reference / SCALE,
            "reference_type": row.reference_type.value,
            "counted": row.counted,
        }
        for row in rows
    }
