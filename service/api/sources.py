"""Routes of sources: create, list, get, correct."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from predictions.models import row_id
from predictions.queries.listing import list_sources
from predictions.schemas.inputs import SourceChange, SourceIn
from predictions.schemas.views import SourceView
from predictions.submissions.sources import change_source, confirm_source, enter_source, retract_confirmation
from resolvers.probing.source_archive import newest_snapshots
from service.limits.admission import slow_endpoint
from service.limits.write_route import WriteRoute
from service.lookup import source_of
from service.on_demand.source_archive import SourceSnapshotView, archive_source
from service.security.access import Predictor, Reader, ResolverCaller
from service.web.idempotency import Write
from service.web.pagination import Cursor, Limit, decode_cursor, page_reply
from service.web.path_params import RowId
from service.web.responses import ReadSession, read_reply

router = APIRouter(prefix="/api/sources", tags=["sources"], route_class=WriteRoute)


class SourceSnapshots(BaseModel):
    """The newest snapshots of a source."""

    items: list[SourceSnapshotView] = Field(description="snapshots, newest first")


@router.post("", status_code=201, response_model=SourceView)
def create_source(data: SourceIn, caller: Predictor, write: Write) -> Response:
    """Create a source.

    If one with this address exists, return that one.
    """

    def job(session: Session) -> BaseModel:
        return SourceView.of(enter_source(session, data, now=write.now, actor=caller.name))

    return write(caller, job)


@router.get("", response_model=None)
def list_all_sources(
    request: Request,
    _: Reader,
    session: ReadSession,
    limit: Limit = 100,
    cursor: Cursor = None,
    outlet: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """List sources.

    In order of creation.
    """
    rows = list_sources(session, outlet=outlet, after=decode_cursor(cursor), limit=limit)
    return page_reply(request, [SourceView.of(row) for row in rows], limit)


@router.get("/{number}", response_model=SourceView)
def get_source(request: Request, number: RowId, _: Reader, session: ReadSession) -> Response:
    """Get a source."""
    return read_reply(request, SourceView.of(source_of(session, number)))


@router.patch("/{number}", response_model=SourceView)
def correct_source(number: RowId, data: SourceChange, caller: ResolverCaller, write: Write) -> Response:
    """Correct a source.

    Title, outlet, date of publication or archived copy; the ledger keeps the former values.
    """

    def job(session: Session) -> BaseModel:
        row = source_of(session, number)
        change_source(session, row, data.changes, now=write.now, actor=caller.name, reason=data.reason)
        return SourceView.of(row)

    return write(caller, job, status=200)


@router.post("/{number}/confirmation", status_code=200, response_model=SourceView)
def confirm(number: RowId, caller: ResolverCaller, write: Write) -> Response:
    """Confirm a source.

    A person has checked that it says what is recorded.
    """

    def job(session: Session) -> BaseModel:
        row = source_of(session, number)
        confirm_source(session, row, now=write.now, actor=caller.name)
        return SourceView.of(row)

    return write(caller, job, status=200)


@router.delete("/{number}/confirmation", response_model=SourceView)
def unconfirm(number: RowId, caller: ResolverCaller, write: Write) -> Response:
    """Retract the confirmation of a source.

    The ledger keeps who had confirmed it.
    """

    def job(session: Session) -> BaseModel:
        row = source_of(session, number)
        retract_confirmation(session, row, now=write.now, actor=caller.name)
        return SourceView.of(row)

    return write(caller, job, status=200)


@router.get("/{number}/snapshots", response_model=SourceSnapshots)
def list_source_snapshots(request: Request, number: RowId, _: Reader, session: ReadSession) -> Response:
    """List the newest snapshots of a source.

    Newest first; the bytes are at `/snapshots/{sha256}`, for keys with the scope `resolve`.
    """
    rows = newest_snapshots(session, row_id(source_of(session, number)))
    return read_reply(request, SourceSnapshots(items=[SourceSnapshotView.of(row) for row in rows]))


@router.post("/{number}/snapshots", status_code=201, response_model=SourceSnapshotView)
@slow_endpoint
def take_source_snapshot(request: Request, number: RowId, caller: ResolverCaller) -> SourceSnapshotView:
    """Store a snapshot of a source.

    Where the operator allows it, the page is read now, and its hash is on record.
    """
    return archive_source(request, number, caller)
