"""Filtered lists of commentators, sources, questions and predictions, in pages by id."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlmodel import Session, SQLModel, col

from predictions.enums import CommentatorKind, DeadlineBasis, QuestionStatus
from predictions.models import (
    Commentator,
    Prediction,
    Question,
    QuestionTopic,
    Source,
)
from predictions.plain_rows import plain_rows, select_columns
from predictions.queries.details import view_predictions
from predictions.schemas.fields import check_period
from predictions.schemas.views import PredictionView


@dataclass(frozen=True)
class PredictionFilter:
    """Filters of a list of predictions; None filters nothing. Dates bound it: ``since`` <= made_at < ``until``."""

    commentator: int | None = None
    question: int | None = None
    source: int | None = None
    topic: str | None = None
    status: QuestionStatus | None = None
    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        """Raise ``InvalidInput`` for a period that ends before it begins."""
        check_period(self.since, self.until)


@dataclass(frozen=True)
class QuestionFilter:
    """Filters of a list of questions; None filters nothing. Dates bound it: ``since`` <= deadline < ``until``."""

    topic: str | None = None
    event: str | None = None
    status: QuestionStatus | None = None
    deadline_basis: DeadlineBasis | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None

    def __post_init__(self) -> None:
        """Raise ``InvalidInput`` for a period that ends before it begins."""
        check_period(self.since, self.until)


def _page(session: Session, query: Select[Any], table: type[SQLModel], after: int, limit: int) -> Sequence[Any]:
    number = table.id  # type: ignore[attr-defined]
    return session.execute(query.where(col(number) > after).order_by(col(number)).limit(limit)).all()


def list_commentators(
    session: Session, *, kind: CommentatorKind | None = None, text: str | None = None, after: int = 0, limit: int = 100
) -> list[Commentator]:
    """Return commentators with an id above ``after``, in order of entry."""
    query = select(Commentator)
    if kind is not None:
        query = query.where(col(Commentator.kind) == kind)
    if text:
        query = query.where(col(Commentator.name_key).contains(text.casefold(), autoescape=True))
    return [row[0] for row in _page(session, query, Commentator, after, limit)]


def list_sources(session: Session, *, outlet: str | None = None, after: int = 0, limit: int = 100) -> list[Source]:
    """Return sources with an id above ``after``, in order of entry."""
    query = select(Source) if outlet is None else select(Source).where(col(Source.outlet) == outlet)
    return [row[0] for row in _page(session, query, Source, after, limit)]


def list_questions(session: Session, wanted: QuestionFilter, *, after: int = 0, limit: int = 100) -> list[Question]:
    """Return questions with an id above ``after``, in order of entry."""
    return [row[0] for row in _page(session, filtered_questions(wanted), Question, after, limit)]


def filtered_questions(wanted: QuestionFilter) -> Select[Any]:
    """Return the query for the questions that pass a filter, without an order."""
    query = select(Question)
    if wanted.topic is not None:
        query = query.where(_has_topic(wanted.topic))
    if wanted.event is not None:
        query = query.where(col(Question.event) == wanted.event)
    if wanted.status is not None:
        query = query.where(col(Question.status) == wanted.status)
    if wanted.deadline_basis is not None:
        query = query.where(col(Question.deadline_basis) == wanted.deadline_basis)
    if wanted.since is not None:
        query = query.where(col(Question.deadline) >= wanted.since)
    if wanted.until is not None:
        query = query.where(col(Question.deadline) < wanted.until)
    if wanted.text:
        query = query.where(func.lower(col(Question.text)).contains(wanted.text.lower(), autoescape=True))
    return query


def _has_topic(topic: str) -> Any:
    return exists().where(col(QuestionTopic.question_id) == col(Question.id), col(QuestionTopic.topic) == topic)


def list_predictions(
    session: Session, wanted: PredictionFilter, *, after: int = 0, limit: int = 100
) -> list[PredictionView]:
    """Return predictions with an id above ``after``, in order of recording, superseded and withdrawn ones too."""
    query = select_columns(Prediction).join(Question, col(Question.id) == col(Prediction.question_id))
    if wanted.commentator is not None:
        query = query.where(col(Prediction.commentator_id) == wanted.commentator)
    if wanted.question is not None:
        query = query.where(col(Prediction.question_id) == wanted.question)
    if wanted.source is not None:
        query = query.where(col(Prediction.source_id) == wanted.source)
    if wanted.topic is not None:
        query = query.where(_has_topic(wanted.topic))
    if wanted.status is not None:
        query = query.where(col(Question.status) == wanted.status)
    if wanted.since is not None:
        query = query.where(col(Prediction.made_at) >= wanted.since)
    if wanted.until is not None:
        query = query.where(col(Prediction.made_at) < wanted.until)
    query = query.where(col(Prediction.id) > after).order_by(col(Prediction.id)).limit(limit)
    return view_predictions(session, plain_rows(session, query))
