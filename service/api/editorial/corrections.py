"""Route of corrections."""

from typing import Any

from fastapi import APIRouter, Request, Response

from predictions.queries.corrections import list_corrections
from service.security.access import Reader
from service.web.pagination import Cursor, Limit, decode_cursor, page_reply
from service.web.responses import ReadSession

router = APIRouter(prefix="/api/corrections", tags=["corrections"])


@router.get("", response_model=None)
def list_all_corrections(
    request: Request, _: Reader, session: ReadSession, limit: Limit = 100, cursor: Cursor = None
) -> Response:
    """List corrections.

    Corrections, withdrawals and retractions, changes of questions, commentators and sources, newest first. `before` and
    `after` have the fields that differ.
    """
    items: list[Any] = list_corrections(session, before=decode_cursor(cursor) or None, limit=limit)
    return page_reply(request, items, limit)
