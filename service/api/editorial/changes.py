"""Routes of changes of what is settled: list, get, approve, reject; and the replies of routes that ask for one."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from sqlmodel import Session

from predictions.changes.decisions import Done, approve, reject
from predictions.changes.listing import change_of, list_changes
from predictions.changes.models import ChangeState
from predictions.changes.views import ChangeView, view_change, view_changes
from predictions.schemas.change_inputs import ApprovalIn, RejectionIn
from predictions.schemas.views import View
from resolvers.probing.settled_questions import ALL_KINDS
from service.limits.write_route import WriteRoute
from service.security.access import Reader, ResolverCaller
from service.security.approvers import asker
from service.web.idempotency import Write
from service.web.pagination import Cursor, decode_cursor, page_reply
from service.web.path_params import RowId
from service.web.responses import ReadSession, read_reply

router = APIRouter(prefix="/api/changes", tags=["changes"], route_class=WriteRoute)
#: Each change may have the scores of many commentators.
Limit = Annotated[int, Query(ge=1, le=100, description="largest number of items")]
MADE = "the change of what is settled, which took effect at once; absent if nothing was settled"
#: What a route documents besides its own reply.
WAITS: dict[int | str, dict[str, Any]] = {
    202: {"model": ChangeView, "description": "The change moves a settled score: it waits for another person"}
}


def reply_to(
    session: Session, done: Done, made: Callable[[Any], View], with_change: Callable[..., BaseModel]
) -> BaseModel:
    """Return what ``made`` returns for the changed row, with the change if it was one; the change alone if it waits."""
    if done.change is None:
        return made(done.row)
    change = view_change(session, done.change)
    return with_change(**dict(made(done.row)), change=change) if done.row is not None else change


def status_of(reply: BaseModel) -> int:
    """Return 202 for a change that waits, else 201."""
    return 202 if isinstance(reply, ChangeView) else 201


def status_of_put(reply: BaseModel) -> int:
    """Return 202 for a change that waits, else 200."""
    return 202 if isinstance(reply, ChangeView) else 200


@router.get("", response_model=None)
def list_all_changes(
    request: Request,
    _: Reader,
    session: ReadSession,
    limit: Limit = 100,
    cursor: Cursor = None,
    state: ChangeState | None = None,
) -> Response:
    """List changes of what is settled.

    In order of request; `state=pending` selects those that wait for another person.
    """
    rows = list_changes(session, state=state, after=decode_cursor(cursor), limit=limit)
    return page_reply(request, view_changes(session, rows), limit)


@router.get("/{number}", response_model=ChangeView)
def get_change(request: Request, number: RowId, _: Reader, session: ReadSession) -> Response:
    """Get a change of what is settled.

    With the scores that it moves, and the decision about it.
    """
    return read_reply(request, view_change(session, change_of(session, number)))


@router.post("/{number}/approval", status_code=200, response_model=ChangeView)
def approve_change(number: RowId, caller: ResolverCaller, write: Write, data: ApprovalIn | None = None) -> Response:
    """Approve a change.

    It takes effect. Only another person than the one who asked for it may, unless nobody else has the scope.
    """

    def job(session: Session) -> BaseModel:
        change = change_of(session, number)
        note = data.reason if data is not None else None
        approve(session, change, asker(session, caller, now=write.now), note, kinds=ALL_KINDS)
        return view_change(session, change)

    return write(caller, job, status=200)


@router.post("/{number}/rejection", status_code=200, response_model=ChangeView)
def reject_change(number: RowId, data: RejectionIn, caller: ResolverCaller, write: Write) -> Response:
    """Reject a change.

    With the reason; it stays on record. Only another person than the one who asked for it may.
    """

    def job(session: Session) -> BaseModel:
        change = change_of(session, number)
        reject(session, change, asker(session, caller, now=write.now), data.reason)
        return view_change(session, change)

    return write(caller, job, status=200)
