"""A commentator's current record, with the board's cached estimates."""

from fastapi import Request
from sqlmodel import Session

from predictions.leaderboard.filters import Filters
from predictions.records.commentator_record import RecordView, record_of
from service.cache.leaderboard_cache import CachedEstimates
from service.lookup import commentator_of


def current_record(request: Request, session: Session, which: str) -> RecordView:
    """Return the current record of a commentator. Raises ``NotFound``."""
    return record_with(request, session, which, current_estimates(request, session))


def current_estimates(request: Request, session: Session) -> CachedEstimates:
    """Return the estimates of the unfiltered leaderboard."""
    cached: CachedEstimates = request.app.state.leaderboard_cache.get_estimates(
        session, Filters(), "opening", request.app.state.clock.now()
    )
    return cached


def record_with(request: Request, session: Session, which: str, cached: CachedEstimates) -> RecordView:
    """Return the current record of a commentator with these estimates. Raises ``NotFound``."""
    person = commentator_of(session, which)
    return record_of(session, person, cached.estimates, now=request.app.state.clock.now())
