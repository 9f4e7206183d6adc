"""List pages: questions by status and topic, sources by date."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from predictions.enums import DeadlineBasis, QuestionStatus
from predictions.models import row_id
from predictions.queries.browsing import (
    browse_questions,
    browse_sources,
    predictions_by_question,
    predictions_by_source,
)
from predictions.queries.listing import QuestionFilter
from predictions.queries.overview import count_questions, list_topics
from service.pages.rendering.templates import render
from service.security.access import Reader
from service.web.leaderboard_query import FormQuery
from service.web.responses import ReadSession

router = APIRouter()
PAGE = 50


class ListQuery(FormQuery):
    """Query of a list page; empty fields of its form are ignored."""

    topic: Annotated[str | None, Field(max_length=60)] = None
    event: Annotated[str | None, Field(max_length=120)] = None
    status: QuestionStatus | None = None
    deadline_basis: DeadlineBasis | None = None
    outlet: Annotated[str | None, Field(max_length=200)] = None
    order: Literal["deadline", "newest"] | None = None
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1


Chosen = Annotated[ListQuery, Query()]


@router.get("/questions")
def questions(request: Request, _: Reader, session: ReadSession, query: Chosen) -> Response:
    """Show questions: open ones by deadline, soonest first; resolved ones by their known outcome, newest first."""
    wanted = QuestionFilter(
        topic=query.topic, event=query.event, status=query.status, deadline_basis=query.deadline_basis
    )
    rows, more = browse_questions(session, wanted, order=query.order, page=query.page, size=PAGE)
    return render(
        request,
        "questions.html",
        session=session,
        title="Questions",
        query=query,
        questions=rows,
        counts=predictions_by_question(session, [row_id(row) for row in rows]),
        topics=list_topics(session),
        statuses=count_questions(session),
        more=more,
        first=(query.page - 1) * PAGE,
    )


@router.get("/sources")
def sources(request: Request, _: Reader, session: ReadSession, query: Chosen) -> Response:
    """Show sources, newest first."""
    rows, more = browse_sources(session, outlet=query.outlet, page=query.page, size=PAGE)
    return render(
        request,
        "sources.html",
        session=session,
        title="Sources",
        query=query,
        sources=rows,
        counts=predictions_by_source(session, [row_id(row) for row in rows]),
        more=more,
        first=(query.page - 1) * PAGE,
    )
