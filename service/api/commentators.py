"""Commentators: enter, list, read, correct; and each one's record."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field
from sqlmodel import Session, col, select

from predictions.columns import CommentatorKind
from predictions.errors import InvalidInput, NotFound
from predictions.inputs import CalendarDay, Input, Name, Note, Url
from predictions.models import Commentator
from predictions.reading import list_commentators
from predictions.registry import change_commentator, enter_commentator
from predictions.schemas import CommentatorIn, Kind
from predictions.views import CommentatorView
from service.api.paging import Cursor, Limit, after, page_reply
from service.auth import Predictor, Reader, ResolverCaller
from service.replies import Reading, Writing, read_reply

router = APIRouter(prefix="/api/commentators", tags=["commentators"])
Which = Annotated[str, Path(description="the id or the slug", max_length=120)]


class CommentatorChange(Input):
    """What of a commentator to correct; what is left out stays."""

    name: Name | None = None
    kind: Kind | None = None
    description: Note | None = None
    statement: Note | None = Field(default=None, description="the commentator's own reply; empty: none any more")
    statement_on: CalendarDay | None = Field(default=None, description="the day it was made; a statement needs one")
    statement_url: Url | None = Field(default=None, description="where it is published, if it is")


def commentator_of(session: Session, which: str) -> Commentator:
    """The commentator with this id or slug. Raises ``NotFound``."""
    known = col(Commentator.id) == number_of(which) if which.isdecimal() else col(Commentator.slug) == which
    found = session.exec(select(Commentator).where(known)).first()
    if found is None:
        raise NotFound(f"no commentator has the id or slug {which!r}: /api/commentators lists them")
    return found


def number_of(which: str) -> int:
    """An id from an address; one that no row can have names nothing."""
    return int(which) if len(which) < 20 and int(which) <= 2**63 - 1 else 0


@router.post("", status_code=201, response_model=CommentatorView)
def enter(data: CommentatorIn, who: Predictor, write: Writing) -> Response:
    """Enter a commentator, or find the one that has this name, slug or id already."""

    def job(session: Session) -> BaseModel:
        return CommentatorView.of(enter_commentator(session, data, now=write.now, actor=who.name))

    return write(who, job)


@router.get("", response_model=None)
def list_all(
    request: Request,
    _: Reader,
    session: Reading,
    limit: Limit = 100,
    cursor: Cursor = None,
    kind: CommentatorKind | None = None,
    q: Annotated[str | None, Query(max_length=200, description="part of the name")] = None,
) -> Response:
    """List commentators in order of entry."""
    rows = list_commentators(session, kind=kind, text=q, after=after(cursor), limit=limit)
    return page_reply(request, [CommentatorView.of(row) for row in rows], limit)


@router.get("/{which}", response_model=CommentatorView)
def read(request: Request, which: Which, _: Reader, session: Reading) -> Response:
    """Read one commentator."""
    return read_reply(request, CommentatorView.of(commentator_of(session, which)))


@router.patch("/{which}", response_model=CommentatorView)
def change(which: Which, data: CommentatorChange, who: ResolverCaller, write: Writing) -> Response:
    """Correct a commentator's name, kind, description or statement; the ledger keeps what stood there before."""
    changes = {name: getattr(data, name) for name in data.model_fields_set if getattr(data, name) is not None}
    if not changes:
        raise InvalidInput.at("", f"name at least one field to change: {', '.join(CommentatorChange.model_fields)}")

    def job(session: Session) -> BaseModel:
        row = commentator_of(session, which)
        change_commentator(session, row, changes, now=write.now, actor=who.name)
        return CommentatorView.of(row)

    return write(who, job, status=200)
