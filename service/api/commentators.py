"""Routes of commentators: create, list, get, correct."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from sqlmodel import Session

from predictions.enums import CommentatorKind
from predictions.errors import InvalidInput
from predictions.queries.listing import list_commentators
from predictions.schemas.change_inputs import CommentatorChange
from predictions.schemas.inputs import CommentatorIn
from predictions.schemas.views import CommentatorView
from predictions.submissions.commentators import change_commentator, enter_commentator
from service.limits.write_route import WriteRoute
from service.lookup import commentator_of
from service.security.access import Predictor, Reader, ResolverCaller
from service.web.idempotency import Write
from service.web.pagination import Cursor, Limit, decode_cursor, page_reply
from service.web.path_params import IdOrSlug
from service.web.responses import ReadSession, read_reply

router = APIRouter(prefix="/api/commentators", tags=["commentators"], route_class=WriteRoute)


@router.post("", status_code=201, response_model=CommentatorView)
def create_commentator(data: CommentatorIn, caller: Predictor, write: Write) -> Response:
    """Create a commentator.

    If one with this name, slug or id exists, return that one.
    """

    def job(session: Session) -> BaseModel:
        return CommentatorView.of(enter_commentator(session, data, now=write.now, actor=caller.name))

    return write(caller, job)


@router.get("", response_model=None)
def list_all_commentators(
    request: Request,
    _: Reader,
    session: ReadSession,
    limit: Limit = 100,
    cursor: Cursor = None,
    kind: CommentatorKind | None = None,
    q: Annotated[str | None, Query(max_length=200, description="part of the name")] = None,
) -> Response:
    """List commentators.

    In order of creation.
    """
    rows = list_commentators(session, kind=kind, text=q, after=decode_cursor(cursor), limit=limit)
    return page_reply(request, [CommentatorView.of(row) for row in rows], limit)


@router.get("/{which}", response_model=CommentatorView)
def get_commentator(request: Request, which: IdOrSlug, _: Reader, session: ReadSession) -> Response:
    """Get a commentator."""
    return read_reply(request, CommentatorView.of(commentator_of(session, which)))


@router.patch("/{which}", response_model=CommentatorView)
def correct_commentator(which: IdOrSlug, data: CommentatorChange, caller: ResolverCaller, write: Write) -> Response:
    """Correct a commentator.

    Name, kind, description or statement; the ledger keeps the former values.
    """
    changes = {name: getattr(data, name) for name in data.model_fields_set if getattr(data, name) is not None}
    if not changes:
        raise InvalidInput.at("", f"name at least one field to change: {', '.join(CommentatorChange.model_fields)}")

    def job(session: Session) -> BaseModel:
        row = commentator_of(session, which)
        change_commentator(session, row, changes, now=write.now, actor=caller.name)
        return CommentatorView.of(row)

    return write(caller, job, status=200)
