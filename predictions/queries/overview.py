"""Counts and highlights of the whole record."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlmodel import Session, SQLModel, col

from predictions.enums import ProposalState, QuestionStatus
from predictions.models import Commentator, Prediction, Proposal, Question, QuestionTopic

MAX_TOPICS = 200


def list_topics(session: Session) -> Sequence[str]:
    """Return the first ``MAX_TOPICS`` topics in alphabetical order."""
    topic = col(QuestionTopic.topic)
    return session.execute(select(topic).distinct().order_by(topic).limit(MAX_TOPICS)).scalars().all()


def count_questions(session: Session) -> dict[str, int]:
    """Return the number of questions by status; a status without questions is left out."""
    return {status.value: number for status, number in _grouped(session, col(Question.status)).items()}


def count_proposals(session: Session) -> Mapping[ProposalState, int]:
    """Return the number of proposals by state; a state without proposals is left out."""
    return _grouped(session, col(Proposal.state))


def count_commentators(session: Session) -> int:
    """Return the number of commentators."""
    return _count(session, Commentator)


def count_predictions(session: Session, question: int | None = None) -> int:
    """Return the number of predictions, superseded ones too; of one question where its id is given."""
    return _count(session, Prediction, *([] if question is None else [col(Prediction.question_id) == question]))


def latest_resolved(session: Session, limit: int) -> Sequence[Question]:
    """Return resolved questions, the latest known outcome first."""
    return _questions(session, col(Question.status) == QuestionStatus.RESOLVED, col(Question.known_at).desc(), limit)


def next_deadlines(session: Session, limit: int, *, now: datetime) -> Sequence[Question]:
    """Return open questions whose deadline is still to come, the soonest first."""
    waiting = and_(col(Question.status) == QuestionStatus.OPEN, col(Question.deadline) > now)
    return _questions(session, waiting, col(Question.deadline), limit)


def oldest_planned_prompt(session: Session) -> datetime | None:
    """Return the earliest instant at which a question is to be prompted; None where none is planned."""
    planned: datetime | None = session.execute(select(func.min(col(Question.next_prompt_at)))).scalar()
    return planned


def _questions(session: Session, having: ColumnElement[bool], order: Any, limit: int) -> Sequence[Question]:
    return (
        session.execute(select(Question).where(having).order_by(order, col(Question.id)).limit(limit)).scalars().all()
    )


def _count(session: Session, table: type[SQLModel], *conditions: Any) -> int:
    return int(session.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one())


def _grouped(session: Session, column: Any) -> dict[Any, int]:
    return {row[0]: row[1] for row in session.execute(select(column, func.count()).group_by(column))}
