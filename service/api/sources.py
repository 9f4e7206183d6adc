"""Sources: enter, list, read, correct."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from sqlmodel import Session

from predictions.queries.listing import list_sources
from predictions.schemas.inputs import SourceChange, SourceIn
from predictions.schemas.views import SourceView
from predictions.submissions.sources import change_source, enter_source
from service.lookup import source_of
from service.security.access import Predictor, Reader, ResolverCaller
from service.web.idempotency import Writing
from service.web.pagination import Cursor, Limit, after, page_reply
from service.web.path_params import Number
from service.web.responses import Reading, read_reply

router = APIRouter(prefix="/api/sources", tags=["sources"])


@router.post("", status_code=201, response_model=SourceView)
def create_source(data: SourceIn, who: Predictor, write: Writing) -> Response:
    """Create a source.

    Or find the one that has this address already.
    """

    def job(session: Session) -> BaseModel:
        return SourceView.of(enter_source(session, data, now=write.now, actor=who.name))

    return write(who, job)


@router.get("", response_model=None)
def list_all_sources(
    request: Request,
    _: Reader,
    session: Reading,
    limit: Limit = 100,
    cursor: Cursor = None,
    outlet: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """List sources.

    In order of creation.
    """
    rows = list_sources(session, outlet=outlet, after=after(cursor), limit=limit)
    return page_reply(request, [SourceView.of(row) for row in rows], limit)


@router.get("/{number}", response_model=SourceView)
def get_source(request: Request, number: Number, _: Reader, session: Reading) -> Response:
    """Get a source."""
    return read_reply(request, SourceView.of(source_of(session, number)))


@router.patch("/{number}", response_model=SourceView)
def correct_source(number: Number, data: SourceChange, who: ResolverCaller, write: Writing) -> Response:
    """Correct a source.

    Title, outlet or date of publication; the ledger keeps the former values.
    """

    def job(session: Session) -> BaseModel:
        row = source_of(session, number)
        change_source(session, row, data.changes, now=write.now, actor=who.name)
        return SourceView.of(row)

    return write(who, job, status=200)
