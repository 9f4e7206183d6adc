"""Lists: questions by status and topic, sources by date."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field, model_validator
from sqlalchemy import Select, exists, func, select
from sqlmodel import Session, col

from predictions.enums import DeadlineBasis, QuestionStatus
from predictions.models import Prediction, Question, QuestionTopic, Source, row_id
from service.pages.rendering.templates import render
from service.security.access import Reader
from service.web.responses import Reading

router = APIRouter()
PAGE = 50
MAX_TOPICS = 200
SETTLED = (QuestionStatus.RESOLVED, QuestionStatus.ANNULLED)


class ListQuery(BaseModel):
    """The query of a list's address; what a form sends empty is left out."""

    topic: Annotated[str | None, Field(max_length=60)] = None
    event: Annotated[str | None, Field(max_length=120)] = None
    status: QuestionStatus | None = None
    deadline_basis: DeadlineBasis | None = None
    outlet: Annotated[str | None, Field(max_length=200)] = None
    order: Literal["deadline", "newest"] | None = None
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, data: Any) -> Any:
        return {name: value for name, value in data.items() if value != ""} if isinstance(data, dict) else data

    def chosen(self) -> dict[str, str]:
        """What differs from the default, as it stands in an address."""
        return {name: str(value) for name, value in self.model_dump(mode="json", exclude_defaults=True).items()}


Chosen = Annotated[ListQuery, Query()]


@router.get("/questions")
def questions(request: Request, _: Reader, session: Reading, query: Chosen) -> Response:
    """Questions: open ones by deadline, soonest first; settled ones by when the outcome became known, newest first."""
    topics = select(col(QuestionTopic.topic)).distinct().order_by(col(QuestionTopic.topic)).limit(MAX_TOPICS)
    rows, more = _page(session, _questions(query), query.page)
    return render(
        request,
        "questions.html",
        session=session,
        title="Questions",
        query=query,
        questions=rows,
        counts=_predictions(session, Prediction.question_id, rows),
        topics=session.execute(topics).scalars().all(),
        statuses=_statuses(session),
        more=more,
        first=(query.page - 1) * PAGE,
    )


@router.get("/sources")
def sources(request: Request, _: Reader, session: Reading, query: Chosen) -> Response:
    """Sources, newest first."""
    wanted = select(Source).order_by(col(Source.published_on).desc().nulls_last(), col(Source.id).desc())
    if query.outlet is not None:
        wanted = wanted.where(col(Source.outlet) == query.outlet)
    rows, more = _page(session, wanted, query.page)
    return render(
        request,
        "sources.html",
        session=session,
        title="Sources",
        query=query,
        sources=rows,
        counts=_predictions(session, Prediction.source_id, rows),
        more=more,
        first=(query.page - 1) * PAGE,
    )


def _questions(query: ListQuery) -> Select[Any]:
    wanted = select(Question)
    if query.topic is not None:
        about = (col(QuestionTopic.question_id) == col(Question.id), col(QuestionTopic.topic) == query.topic)
        wanted = wanted.where(exists().where(*about))
    if query.event is not None:
        wanted = wanted.where(col(Question.event) == query.event)
    if query.status is not None:
        wanted = wanted.where(col(Question.status) == query.status)
    if query.deadline_basis is not None:
        wanted = wanted.where(col(Question.deadline_basis) == query.deadline_basis)
    if query.order == "newest":
        return wanted.order_by(col(Question.id).desc())
    if query.status in SETTLED:
        return wanted.order_by(col(Question.known_at).desc(), col(Question.id).desc())
    unsettled = col(Question.status).not_in(SETTLED)
    # Those that wait for an outcome first, soonest deadline first; then the settled, in the same order.
    return wanted.order_by(unsettled.desc(), col(Question.deadline), col(Question.id))


def _page(session: Session, wanted: Select[Any], page: int) -> tuple[list[Any], bool]:
    rows = session.execute(wanted.offset((page - 1) * PAGE).limit(PAGE + 1)).scalars().all()
    return list(rows[:PAGE]), len(rows) > PAGE


def _predictions(session: Session, column: Any, rows: list[Any]) -> dict[int, int]:
    """How many predictions each row has."""
    query = (
        select(col(column), func.count()).where(col(column).in_([row_id(row) for row in rows])).group_by(col(column))
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _statuses(session: Session) -> dict[str, int]:
    rows = session.execute(select(col(Question.status), func.count()).group_by(col(Question.status)))
    return {status.value: number for status, number in rows}
