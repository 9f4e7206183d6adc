"""A commentator's current record, or the line on the board alone, with the board's cached estimates."""

from fastapi import Request
from sqlmodel import Session

from predictions.leaderboard.board import board_line
from predictions.leaderboard.filters import Filters
from predictions.records.commentator_record import Record, record_of
from predictions.schemas.board_item import BoardItem
from service.cache.leaderboard_cache import CachedEstimates
from service.lookup import commentator_of


def current_line(request: Request, session: Session, which: str) -> BoardItem:
    """Return the line of a commentator on the unfiltered leaderboard. Raises ``NotFound``."""
    person, cached = commentator_of(session, which), current_estimates(request, session)
    return board_line(session, person, cached.estimates, now=request.app.state.clock.now())


def current_estimates(request: Request, session: Session) -> CachedEstimates:
    """Return the estimates of the unfiltered leaderboard."""
    cached: CachedEstimates = request.app.state.leaderboard_cache.get_estimates(
        session, Filters(), "opening", request.app.state.clock.now()
    )
    return cached


def record_with(request: Request, session: Session, which: str, cached: CachedEstimates) -> Record:
    """Return the current record of a commentator with these estimates. Raises ``NotFound``."""
    person = commentator_of(session, which)
    return record_of(session, person, cached.estimates, now=request.app.state.clock.now())
