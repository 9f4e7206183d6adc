"""Numbered pages of questions and sources, and suggestions for forms."""

from collections.abc import Collection, Sequence
from typing import Any, Literal

from sqlalchemy import Select, func, select
from sqlmodel import Session, col

from predictions.enums import QuestionStatus
from predictions.models import Commentator, Prediction, Question, Source
from predictions.queries.listing import QuestionFilter, filtered_questions

SETTLED = (QuestionStatus.RESOLVED, QuestionStatus.ANNULLED)


def browse_questions(
    session: Session, wanted: QuestionFilter, *, order: Literal["deadline", "newest"] | None, page: int, size: int
) -> tuple[list[Question], bool]:
    """Return page ``page`` (from 1) of questions, and whether there are more.

    Those without an outcome come first, soonest deadline first, then those with one. A list of resolved or annulled
    questions begins with the latest known outcome, ``order="newest"`` with the newest question.
    """
    query = filtered_questions(wanted)
    if order == "newest":
        query = query.order_by(col(Question.id).desc())
    elif wanted.status in SETTLED:
        query = query.order_by(col(Question.known_at).desc(), col(Question.id).desc())
    else:
        query = query.order_by(col(Question.status).not_in(SETTLED).desc(), col(Question.deadline), col(Question.id))
    return _page(session, query, page, size)


def browse_sources(session: Session, *, outlet: str | None, page: int, size: int) -> tuple[list[Source], bool]:
    """Return page ``page`` (from 1) of sources, newest first, and whether there are more."""
    query = select(Source).order_by(col(Source.published_on).desc().nulls_last(), col(Source.id).desc())
    if outlet is not None:
        query = query.where(col(Source.outlet) == outlet)
    return _page(session, query, page, size)


def predictions_by_question(session: Session, questions: Collection[int]) -> dict[int, int]:
    """Return the number of predictions of each question that has any."""
    return _predictions_by(session, Prediction.question_id, questions)


def predictions_by_source(session: Session, sources: Collection[int]) -> dict[int, int]:
    """Return the number of predictions drawn from each source that has any."""
    return _predictions_by(session, Prediction.source_id, sources)


def newest_commentator_names(session: Session, limit: int) -> Sequence[str]:
    """Return the names of the commentators entered last, newest first."""
    query = select(col(Commentator.name)).order_by(col(Commentator.id).desc()).limit(limit)
    return session.execute(query).scalars().all()


def newest_questions(session: Session, limit: int) -> Sequence[Question]:
    """Return the questions entered last, newest first."""
    return session.execute(select(Question).order_by(col(Question.id).desc()).limit(limit)).scalars().all()


def questions_by_id(session: Session, numbers: Collection[int]) -> dict[int, Question]:
    """Return the questions with these ids, by id."""
    rows = session.execute(select(Question).where(col(Question.id).in_(numbers))).scalars()
    return {row.id: row for row in rows if row.id is not None}


def _page(session: Session, query: Select[Any], page: int, size: int) -> tuple[list[Any], bool]:
    rows = session.execute(query.offset((page - 1) * size).limit(size + 1)).scalars().all()
    return list(rows[:size]), len(rows) > size


def _predictions_by(session: Session, column: Any, numbers: Collection[int]) -> dict[int, int]:
    query = select(col(column), func.count()).where(col(column).in_(numbers)).group_by(col(column))
    return {row[0]: row[1] for row in session.execute(query)}
