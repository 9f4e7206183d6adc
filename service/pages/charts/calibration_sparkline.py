"""Calibration in miniature: the reliability curves of the commentators on one page of the board."""

from collections.abc import Sequence

import numpy as np
from sqlalchemy import case, func, select
from sqlmodel import Session, col

from predictions.enums import QuestionKind
from predictions.models import Prediction, Question, Score
from predictions.schemas.views import BoardItem
from predictions.scoring.calibration import MIN_PREDICTIONS, recalibrated
from service.pages.charts.scales import Scale, line

SIZE = 34
ACROSS, UP = Scale(0, 1, 2, SIZE - 2), Scale(0, 1, SIZE - 2, 2)


def sparklines(session: Session, items: Sequence[BoardItem]) -> dict[int, str]:
    """The path of the curve, by commentator, for those with enough yes-or-no calls; said across, happened up."""
    people = [item.commentator.id for item in items if item.resolved >= MIN_PREDICTIONS]
    if not people:
        return {}
    yes = func.sum(case((col(Question.outcome) == "yes", 1), else_=0))
    rows = session.execute(
        select(col(Score.commentator_id), col(Prediction.probability), func.count(), yes)
        .join(Prediction, col(Prediction.id) == col(Score.opening_id))
        .join(Question, col(Question.id) == col(Score.question_id))
        .where(col(Score.commentator_id).in_(people), ~col(Score.vague), col(Question.kind) == QuestionKind.BINARY)
        .where(col(Prediction.probability).is_not(None))
        .group_by(col(Score.commentator_id), col(Prediction.probability))
        .order_by(col(Score.commentator_id), col(Prediction.probability))
    )
    said: dict[int, list[tuple[float, int, int]]] = {}
    for who, probability, number, hits in rows:
        said.setdefault(who, []).append((probability, number, int(hits)))
    return {who: _curve(of_one) for who, of_one in said.items() if sum(each[1] for each in of_one) >= MIN_PREDICTIONS}


def _curve(said: list[tuple[float, int, int]]) -> str:
    count, hits = (np.array([each[at] for each in said], dtype=np.int64) for at in (1, 2))
    heights = recalibrated(count, hits)
    return line((ACROSS(each[0]), UP(float(height))) for each, height in zip(said, heights, strict=True))
