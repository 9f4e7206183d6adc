"""Corrections page: every correction of the record, newest first."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from predictions.columns import MAX_ID
from predictions.queries.corrections import list_corrections
from service.pages.rendering import corrections as in_words
from service.pages.rendering.templates import render
from service.security.access import Reader
from service.web.responses import ReadSession

router = APIRouter()
PAGE = 50


@router.get("/corrections")
def corrections(
    request: Request, _: Reader, session: ReadSession, before: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None
) -> Response:
    """Show corrections with a number below ``before``, newest first."""
    rows = list_corrections(session, before=before, limit=PAGE + 1)
    shown = rows[:PAGE]
    return render(
        request,
        "corrections.html",
        session=session,
        title="Corrections",
        corrections=shown,
        in_words=in_words,
        older=shown[-1].id if len(rows) > PAGE else None,
        newer=before is not None,
    )
