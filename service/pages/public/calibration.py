"""Calibration page: of all predictions, or under the leaderboard's filters and for one commentator."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from sqlmodel import Session

from predictions.models import Commentator
from predictions.queries.overview import list_topics
from predictions.queries.search import find_commentator
from service.limits.admission import slow_endpoint
from service.pages.charts.reliability_diagram import reliability
from service.pages.rendering.cached_page import cached_page
from service.pages.rendering.templates import template_bytes
from service.security.access import Reader
from service.web.leaderboard_query import FilterQuery, FormQuery
from service.web.responses import ReadSession

router = APIRouter()


class CalibrationQuery(FormQuery, FilterQuery):
    """Query of the page: the leaderboard's filters, and a commentator by name or slug."""

    commentator: Annotated[str, Field(max_length=200)] = ""


@router.get("/calibration")
@slow_endpoint
def calibration(
    request: Request, _: Reader, session: ReadSession, query: Annotated[CalibrationQuery, Query()]
) -> Response:
    """Show the reliability diagram of the opening predictions that match the filters."""
    return cached_page(
        request,
        session,
        lambda: template_bytes(request, "calibration.html", session=session, **_context(request, session, query)),
    )


def _context(request: Request, session: Session, query: CalibrationQuery) -> dict[str, Any]:
    person = find_commentator(session, query.commentator)
    unknown = bool(query.commentator) and person is None
    now = request.app.state.clock.now()
    diagrams = request.app.state.calibrations
    result = None if unknown else diagrams.get(session, query.filters(), person, now=now)
    return {
        "title": "Calibration" + (f" of {person.name}" if person else ""),
        "of": _name(person, query),
        "query": query,
        "chosen": query.chosen() | ({"commentator": person.slug} if person else {}),
        "person": person,
        "unknown": unknown,
        "calibration": result,
        "diagram": reliability(result) if result else None,
        "topics": list_topics(session),
    }


def _name(person: Commentator | None, query: CalibrationQuery) -> str:
    name = person.name if person else "all commentators"
    return f"{name}, on {query.topic}" if query.topic else name
