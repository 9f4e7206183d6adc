"""Ledger page: every change of the record, newest first, the head of the hash chain and the newest checkpoint."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from predictions import ledger
from predictions.checkpoints.stored import announced_keys, newest_checkpoint
from predictions.columns import MAX_ID
from predictions.queries.ledger_events import newest_events
from service.pages.rendering.templates import render
from service.security.access import Reader
from service.web.responses import ReadSession

router = APIRouter()
PAGE = 100
#: Address prefix of an event's subject, by table.
SUBJECTS = {
    "commentator": "/commentators/",
    "question": "/questions/",
    "source": "/sources/",
    "prediction": "/api/predictions/",
}


@router.get("/ledger")
def events(
    request: Request, _: Reader, session: ReadSession, before: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None
) -> Response:
    """Show events with a number below ``before``, newest first."""
    newest = ledger.head(session)
    rows = newest_events(session, before=before, limit=PAGE)
    return render(
        request,
        "ledger.html",
        session=session,
        title="Ledger",
        events=rows,
        head=newest,
        checkpoint=newest_checkpoint(session),
        keys=announced_keys(session)[::-1],
        subjects=SUBJECTS,
        older=rows[-1].seq if rows and rows[-1].seq > 1 else None,
        newer=before is not None,
    )
