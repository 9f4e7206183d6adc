"""Routes of the reliability diagram and of the comparison of two commentators."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from predictions.errors import InvalidInput
from predictions.records.calibration import CalibrationView
from predictions.records.comparison import PairView, compare_commentators
from service.limits.admission import slow_endpoint
from service.lookup import commentator_of
from service.security.access import Reader
from service.web.leaderboard_query import FilterQuery
from service.web.responses import ReadSession, cached_reply, read_reply

router = APIRouter(prefix="/api", tags=["leaderboard"])
ID_OR_SLUG = "the id or the slug of a commentator"
CommentatorKey = Annotated[str, Query(max_length=120, description=ID_OR_SLUG)]


class CalibrationQuery(FilterQuery):
    """Filters of a reliability diagram; without a commentator it covers everyone."""

    commentator: Annotated[str | None, Query(max_length=120, description=ID_OR_SLUG)] = None


class PairQuery(FilterQuery):
    """Filters and the two commentators to compare."""

    first: CommentatorKey
    second: CommentatorKey


@router.get("/calibration", response_model=CalibrationView)
@slow_endpoint
def get_calibration(
    request: Request, _: Reader, session: ReadSession, query: Annotated[CalibrationQuery, Query()]
) -> Response:
    """Get a reliability diagram.

    Of the opening predictions on binary questions that match the filters, by everyone or one commentator.
    """
    person = commentator_of(session, query.commentator) if query.commentator is not None else None
    filters = query.filters()
    now = request.app.state.clock.now()
    diagrams = request.app.state.calibrations
    return cached_reply(request, session, lambda: diagrams.get(session, filters, person, now=now))


@router.get("/pairs", response_model=PairView)
@slow_endpoint
def compare_two_commentators(
    request: Request, _: Reader, session: ReadSession, query: Annotated[PairQuery, Query()]
) -> Response:
    """Compare two commentators.

    On the resolved questions that both answered, by event.
    """
    one, other = commentator_of(session, query.first), commentator_of(session, query.second)
    if one.id == other.id:
        raise InvalidInput.at("/query/second", "names the same commentator as `first`: name another")
    now = request.app.state.clock.now()
    return read_reply(request, compare_commentators(session, one, other, query.filters(), now=now))
