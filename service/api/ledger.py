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
    """An event of the ledger; docs/operations.md describes how to check its hash."""

    seq: int = Field(description="number of the event, from 1 without gaps")
    at: Any = Field(description="when it happened, in UTC")
    actor: str = Field(description="who caused it")
    action: str = Field(description="what happened")
    subject: str = Field(description="table of the row concerned")
    subject_id: int = Field(description="id of the row concerned")
    body: str = Field(description="canonical JSON of what changed")
    salt: str = Field(description="random text that is hashed with the body")
    body_hash: str = Field(description="SHA-256 of salt and body")
    hash: str = Field(description="SHA-256 over the hash before and this event")


class LedgerPage(BaseModel):
    """Some events of the ledger in order, and its head."""

    items: list[EventView] = Field(description="events in order")
    head: dict[str, Any] = Field(description="number and hash of the newest event")


@router.get("/api/ledger", response_model=LedgerPage)
def list_all_events(
    request: Request,
    _: Reader,
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
    return read_reply(request, LedgerPage(items=[EventView(**row.model_dump()) for row in rows], head=_head(session)))


def _head(session: Session) -> dict[str, Any]:
    newest = ledger.head(session)
    return {"seq": newest.seq, "hash": newest.hash}
