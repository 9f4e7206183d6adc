"""Calibration of everyone, or of what the filters of the board leave: of a topic, an outlet, a commentator."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from sqlmodel import Session

from predictions.models import Commentator
from predictions.queries.overview import list_topics
from predictions.queries.search import find_commentator
from predictions.records.calibration import calibration_of
from service.pages.charts.reliability_diagram import reliability
from service.pages.rendering.cached_page import kept_page
from service.pages.rendering.templates import template_bytes
from service.security.access import Reader
from service.web.leaderboard_query import FilterQuery, FormQuery
from service.web.responses import ReadSession

router = APIRouter()


class CalibrationQuery(FormQuery, FilterQuery):
    """The query of the page: the board's filters, and a commentator by name or slug."""

    commentator: Annotated[str, Field(max_length=200)] = ""


@router.get("/calibration")
def calibration(
    request: Request, _: Reader, session: ReadSession, query: Annotated[CalibrationQuery, Query()]
) -> Response:
    """The reliability diagram of the opening calls that the filters leave."""
    return kept_page(
        request,
        session,
        lambda: template_bytes(request, "calibration.html", session=session, **_shown(request, session, query)),
    )


def _shown(request: Request, session: Session, query: CalibrationQuery) -> dict[str, Any]:
    person = find_commentator(session, query.commentator)
    unknown = bool(query.commentator) and person is None
    now = request.app.state.clock.now()
    found = None if unknown else calibration_of(session, query.filters(), commentator=person, now=now)
    return {
        "title": "Calibration" + (f" of {person.name}" if person else ""),
        "of": _name(person, query),
        "query": query,
        "chosen": query.chosen() | ({"commentator": person.slug} if person else {}),
        "person": person,
        "unknown": unknown,
        "found": found,
        "diagram": reliability(found) if found else None,
        "topics": list_topics(session),
    }


def _name(person: Commentator | None, query: CalibrationQuery) -> str:
    of = person.name if person else "everyone"
    return f"{of}, on {query.topic}" if query.topic else of
