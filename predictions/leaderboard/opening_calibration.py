"""Outcomes by predicted probability, for the opening predictions that a board counts."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import case, func, select
from sqlmodel import Session, col

from predictions.enums import QuestionKind
from predictions.leaderboard.filters import Filters, pair_filters
from predictions.models import Prediction, Question, Score


class CalibrationCounts(NamedTuple):
    """Predictions with one probability of yes, and how many of their questions resolved yes."""

    probability: float
    predictions: int
    hits: int


def opening_calibration(
    session: Session, commentators: Collection[int], filters: Filters, now: datetime
) -> dict[int, list[CalibrationCounts]]:
    """Return counts by probability of each commentator's opening predictions on yes-or-no questions under ``filters``.

    They are those that the board under the same filters counts, in order of probability.
    """
    if not commentators:
        return {}
    yes = func.sum(case((col(Question.outcome) == "yes", 1), else_=0))
    query = (
        select(col(Score.commentator_id), col(Prediction.probability), func.count(), yes)
        .select_from(Score)
        .join(Prediction, col(Prediction.id) == col(Score.opening_id))
        .join(Question, col(Question.id) == col(Score.question_id))
        .where(*pair_filters(filters, now), col(Score.commentator_id).in_(commentators))
        .where(col(Question.kind) == QuestionKind.BINARY)
        .group_by(col(Score.commentator_id), col(Prediction.probability))
        .order_by(col(Score.commentator_id), col(Prediction.probability))
    )
    counts: dict[int, list[CalibrationCounts]] = {}
    for commentator, probability, predictions, hits in session.execute(query):
        counts.setdefault(commentator, []).append(CalibrationCounts(probability, predictions, int(hits)))
    return counts
