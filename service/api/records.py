"""Routes of the record and the score history of a commentator."""

from fastapi import APIRouter, Request, Response

from predictions.leaderboard.filters import Filters
from predictions.models import row_id
from predictions.records.commentator_record import RecordView, record_of
from predictions.records.score_history import HistoryView, history_of
from predictions.records.scored_questions import scored_questions
from service.lookup import commentator_of
from service.security.access import Reader
from service.web.leaderboard_query import AsOf
from service.web.path_params import IdOrSlug
from service.web.responses import ReadSession, read_reply

router = APIRouter(prefix="/api", tags=["leaderboard"])


@router.get("/commentators/{which}/record", response_model=RecordView)
def get_record(request: Request, which: IdOrSlug, _: Reader, session: ReadSession, as_of: AsOf = None) -> Response:
    """Get the record of a commentator.

    The line on the leaderboard, all scored questions, open questions and calibration.
    """
    now = request.app.state.clock.now()
    if as_of is not None:
        with request.app.state.as_of_cache.open(session, as_of, Filters(), "opening", now=now) as (past, _, estimates):
            return read_reply(request, record_of(past, commentator_of(past, which), estimates, now=as_of).view(past))
    person = commentator_of(session, which)
    cached = request.app.state.leaderboard_cache.get_estimates(session, Filters(), "opening", now)
    return read_reply(request, record_of(session, person, cached.estimates, now=now).view(session))


@router.get("/commentators/{which}/history", response_model=HistoryView)
def get_score_history(request: Request, which: IdOrSlug, _: Reader, session: ReadSession) -> Response:
    """Get the score history of a commentator.

    In the order in which outcomes became known, and as the leaderboard showed it at each instant.
    """
    person = commentator_of(session, which)
    scores = scored_questions(session, row_id(person))
    return read_reply(request, history_of(session, person, scores, now=request.app.state.clock.now()))
