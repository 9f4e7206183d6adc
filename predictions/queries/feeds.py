"""The contents of the feeds: newest resolutions and coming deadlines, of a topic or a commentator."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, exists, select
from sqlmodel import Session, col

from predictions.models import Commentator, Prediction, Question, QuestionTopic, Resolution, row_id
from predictions.outcomes import UNRESOLVED


def newest_resolutions(
    session: Session, limit: int, *, topic: str | None = None, commentator: Commentator | None = None
) -> list[tuple[Resolution, Question]]:
    """Return the newest resolutions and corrections with their questions, newest first."""
    query = select(Resolution, Question).join(Question, col(Question.id) == col(Resolution.question_id))
    query = query.where(*_conditions(topic, commentator)).order_by(col(Resolution.id).desc()).limit(limit)
    return [(row[0], row[1]) for row in session.execute(query)]


def coming_deadlines(
    session: Session, limit: int, *, topic: str | None = None, commentator: Commentator | None = None
) -> Sequence[Question]:
    """Return the questions without outcome, soonest deadline first."""
    query = select(Question).where(col(Question.status).in_(UNRESOLVED), *_conditions(topic, commentator))
    return session.execute(query.order_by(col(Question.deadline), col(Question.id)).limit(limit)).scalars().all()


def _conditions(topic: str | None, commentator: Commentator | None) -> list[ColumnElement[bool]]:
    """Return conditions on ``question``: it has the topic, and a prediction by the commentator."""
    number, conditions = col(Question.id), list[ColumnElement[bool]]()
    if topic:
        conditions.append(exists().where(col(QuestionTopic.question_id) == number, col(QuestionTopic.topic) == topic))
    if commentator is not None:
        by_commentator = col(Prediction.commentator_id) == row_id(commentator)
        conditions.append(exists().where(col(Prediction.question_id) == number, by_commentator))
    return conditions
