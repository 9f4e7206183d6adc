"""What a program or an operator asks of the service itself: health, the ledger, the lexicons."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy import text
from sqlmodel import Session, col, select

from predictions import ledger
from predictions.columns import MAX_ID
from predictions.hedges import lexicons, read_hedge
from predictions.inputs import Words
from predictions.models import LedgerEvent
from service.auth import Reader
from service.problems import Problem
from service.replies import Reading, read_reply

router = APIRouter(tags=["service"])


class Alive(BaseModel):
    """The process answers."""

    status: str


class EventView(BaseModel):
    """One event of the ledger; hash it yourself: the README says how."""

    seq: int
    at: Any
    actor: str
    action: str
    subject: str
    subject_id: int
    body: str
    salt: str
    body_hash: str
    hash: str


class LedgerPage(BaseModel):
    """Some events of the ledger in order, and its head."""

    items: list[EventView]
    head: dict[str, Any]


class HedgeView(BaseModel):
    """How a lexicon reads some words."""

    words: str
    lexicon: str
    version: str
    phrase: str
    low: float
    best: float
    high: float
    hedged: bool
    source: str


@router.get("/healthz", response_model=Alive)
def healthz() -> Alive:
    """Whether the process is alive."""
    return Alive(status="ok")


@router.get("/readyz", response_model=Alive, responses={503: {"description": "not ready, and why"}})
def readyz(request: Request) -> Any:
    """Whether the service can do its work: the database answers, and the scheduler (if it runs here) ticks."""
    with request.app.state.engine.connect().execution_options(reading=True) as connection:
        connection.execute(text("SELECT 1"))
    scheduler = request.app.state.scheduler
    if scheduler is not None and not scheduler.healthy():
        return Problem(503, "Not available now", "the scheduler's ticks have stopped: restart the service")
    return Alive(status="ok")


@router.get("/api/ledger", response_model=LedgerPage)
def events(
    request: Request,
    _: Reader,
    session: Reading,
    after: Annotated[int, Query(ge=0, le=MAX_ID)] = 0,
    subject: Annotated[str | None, Query(max_length=30)] = None,
    subject_id: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """Events of the ledger behind number `after`, in order. Keep a head, and any later change of the past shows."""
    query = select(LedgerEvent).where(col(LedgerEvent.seq) > after).order_by(col(LedgerEvent.seq)).limit(limit)
    if subject is not None:
        query = query.where(col(LedgerEvent.subject) == subject)
    if subject_id is not None:
        query = query.where(col(LedgerEvent.subject_id) == subject_id)
    rows = [EventView(**row.model_dump()) for row in session.exec(query)]
    return read_reply(request, LedgerPage(items=rows, head=_head(session)))


def _head(session: Session) -> dict[str, Any]:
    newest = ledger.head(session)
    return {"seq": newest.seq, "hash": newest.hash}


@router.get("/api/lexicons", response_model=None)
def all_lexicons(_: Reader) -> Any:
    """The lexicons that turn hedges into low, best and high probabilities, with their entries and sources."""
    return {"items": lexicons()}


@router.get("/api/hedge", response_model=HedgeView)
def hedge(_: Reader, words: Annotated[Words, Query()], lexicon: Annotated[str, Query(max_length=40)] = "survey") -> Any:
    """How a lexicon reads some words."""
    found = read_hedge(words, lexicon)
    return HedgeView(
        words=found.words,
        lexicon=found.lexicon,
        version=str(found.version),
        phrase=found.phrase,
        low=found.low,
        best=found.best,
        high=found.high,
        hedged=found.hedged,
        source=found.source,
    )
