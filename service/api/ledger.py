"""Route of the ledger."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from predictions import ledger
from predictions.columns import MAX_ID
from predictions.queries.ledger_events import list_events
from service.security.access import Reader
from service.web.responses import ReadSession, read_reply

router = APIRouter(tags=["service"])


class EventView(BaseModel):
    """An event of the ledger; docs/ledger.md describes how to check its hash."""

    seq: int = Field(description="number of the event, from 1 without gaps")
    at: Any = Field(description="time of the event")
    actor: str = Field(description="name of the key or user that made the change")
    action: str = Field(description="kind of the change")
    subject: str = Field(description="kind of the row that was changed")
    subject_id: int = Field(description="id of that row")
    body: str | None = Field(
        description="details of the change, as JSON; null for keys, channels and contests, of which only admins read it"
    )
    salt: str | None = Field(description="random value in the hash of the body, in hexadecimal; null with the body")
    body_hash: str = Field(description="SHA-256 of salt and body, in hexadecimal")
    hash: str = Field(description="SHA-256 of this event and the hash before it, in hexadecimal")


class LedgerPage(BaseModel):
    """Some events of the ledger in order, and its head."""

    items: list[EventView] = Field(description="events in order")
    head: dict[str, Any] = Field(description="number (seq) and hash of the newest event of the ledger")


@router.get("/api/ledger", response_model=LedgerPage)
def list_all_events(
    request: Request,
    caller: Reader,
    session: ReadSession,
    after: Annotated[int, Query(ge=0, le=MAX_ID)] = 0,
    subject: Annotated[str | None, Query(max_length=30)] = None,
    subject_id: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """List ledger events.

    Events after number `after`, in order. Store the head: a later change of the past will not match it.
    """
    rows = list_events(session, after=after, subject=subject, subject_id=subject_id, limit=limit)
    items = [_view(row, may_read_all=caller.may("admin")) for row in rows]
    return read_reply(request, LedgerPage(items=items, head=_head(session)))


def _view(row: Any, *, may_read_all: bool) -> EventView:
    hidden = {} if may_read_all or not ledger.is_confidential(row.action) else {"body": None, "salt": None}
    return EventView(**(row.model_dump() | hidden))


def _head(session: Session) -> dict[str, Any]:
    newest = ledger.head(session)
    return {"seq": newest.seq, "hash": newest.hash}
