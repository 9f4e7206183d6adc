"""The leaderboard."""

from fastapi import APIRouter, Request, Response

from predictions.leaderboard import board as leaderboard
from predictions.leaderboard import explanation
from predictions.scored import Filters
from service.auth import Reader
from service.pages.rendering import render
from service.replies import Reading

router = APIRouter()
SHOWN = 100


@router.get("/")
def board(request: Request, _: Reader, session: Reading) -> Response:
    """The leaderboard."""
    now, filters = request.app.state.clock.now(), Filters()
    made = request.app.state.boards.estimates(session, filters, "opening", now).estimates
    items = leaderboard(session, filters, "opening", made, now=now)
    method = explanation(made.ranking)
    return render(request, "board.html", session=session, title="Leaderboard", items=items[:SHOWN], method=method)
