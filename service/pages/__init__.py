"""The pages: the same domain calls as the API, as HTML."""

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader

from predictions.leaderboard import board as leaderboard
from predictions.leaderboard import explanation
from predictions.models import key
from predictions.reading import PredictionFilter, list_predictions, view_question
from predictions.record import record_of
from predictions.scored import Filters
from resolvers.inbox import PromptState, list_prompts
from service.api.commentators import Which, commentator_of
from service.api.questions import question_of
from service.auth import Reader
from service.replies import Reading

router = APIRouter(include_in_schema=False)
templates = Jinja2Templates(
    env=Environment(loader=FileSystemLoader(Path(__file__).parents[1] / "templates"), autoescape=True)
)
SHOWN = 1000


def _page(request: Request, name: str, **context: Any) -> Response:
    reply: Response = templates.TemplateResponse(request, name, context)
    return reply


@router.get("/")
def board(request: Request, _: Reader, session: Reading) -> Response:
    """The leaderboard."""
    now, filters = request.app.state.clock.now(), Filters()
    made = request.app.state.boards.estimates(session, filters, "opening", now).estimates
    items = leaderboard(session, filters, "opening", made, now=now)
    return _page(request, "board.html", title="Leaderboard", items=items[:SHOWN], method=explanation(made.ranking))


@router.get("/commentators/{which}")
def commentator(request: Request, which: Which, _: Reader, session: Reading) -> Response:
    """A commentator's record."""
    now, person = request.app.state.clock.now(), commentator_of(session, which)
    made = request.app.state.boards.estimates(session, Filters(), "opening", now).estimates
    return _page(request, "commentator.html", title=person.name, record=record_of(session, person, made, now=now))


@router.get("/questions/{which}")
def question(request: Request, which: Which, _: Reader, session: Reading) -> Response:
    """A question's story."""
    row = question_of(session, which)
    said = list_predictions(session, PredictionFilter(question=key(row)), limit=SHOWN)
    return _page(request, "question.html", title=row.text, q=view_question(session, row), predictions=said)


@router.get("/due")
def due(request: Request, _: Reader, session: Reading) -> Response:
    """What waits for an outcome."""
    return _page(request, "due.html", title="Due", prompts=list_prompts(session, state=PromptState.OPEN, limit=SHOWN))
