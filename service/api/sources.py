"""Sources: enter, list, read, correct."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel
from sqlmodel import Session

from predictions.columns import MAX_ID
from predictions.errors import NotFound
from predictions.models import Source
from predictions.reading import list_sources
from predictions.registry import change_source, enter_source
from predictions.schemas import SourceChange, SourceIn
from predictions.views import SourceView
from service.api.paging import Cursor, Limit, after, page_reply
from service.auth import Predictor, Reader, ResolverCaller
from service.replies import Reading, Writing, read_reply

router = APIRouter(prefix="/api/sources", tags=["sources"])
Number = Annotated[int, Path(ge=1, le=MAX_ID)]


def source_of(session: Session, number: int) -> Source:
    """The source with this id. Raises ``NotFound``."""
    found = session.get(Source, number)
    if found is None:
        raise NotFound(f"no source has the id {number}: /api/sources lists them")
    return found


@router.post("", status_code=201, response_model=SourceView)
def enter(data: SourceIn, who: Predictor, write: Writing) -> Response:
    """Enter a source, or find the one that has this address already."""

    def job(session: Session) -> BaseModel:
        return SourceView.of(enter_source(session, data, now=write.now, actor=who.name))

    return write(who, job)


@router.get("", response_model=None)
def list_all(
    request: Request,
    _: Reader,
    session: Reading,
    limit: Limit = 100,
    cursor: Cursor = None,
    outlet: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """List sources in order of entry."""
    rows = list_sources(session, outlet=outlet, after=after(cursor), limit=limit)
    return page_reply(request, [SourceView.of(row) for row in rows], limit)


@router.get("/{number}", response_model=SourceView)
def read(request: Request, number: Number, _: Reader, session: Reading) -> Response:
    """Read one source."""
    return read_reply(request, SourceView.of(source_of(session, number)))


@router.patch("/{number}", response_model=SourceView)
def change(number: Number, data: SourceChange, who: ResolverCaller, write: Writing) -> Response:
    """Correct a source's title, outlet or day of publication; the ledger keeps what stood there before."""

    def job(session: Session) -> BaseModel:
        row = source_of(session, number)
        change_source(session, row, data.changes, now=write.now, actor=who.name)
        return SourceView.of(row)

    return write(who, job, status=200)
