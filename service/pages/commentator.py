"""A commentator's record."""

from fastapi import APIRouter, Request, Response

from predictions.record import record_of
from predictions.scored import Filters
from service.api.commentators import Which, commentator_of
from service.auth import Reader
from service.pages.rendering import render
from service.replies import Reading

router = APIRouter()


@router.get("/commentators/{which}")
def commentator(request: Request, which: Which, _: Reader, session: Reading) -> Response:
    """A commentator's record."""
    now, person = request.app.state.clock.now(), commentator_of(session, which)
    made = request.app.state.boards.estimates(session, Filters(), "opening", now).estimates
    record = record_of(session, person, made, now=now)
    return render(request, "commentator.html", session=session, title=person.name, record=record)
