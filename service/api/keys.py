"""Routes of API keys, for admins: create (shown once), list, rotate, revoke."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from predictions.models import row_id
from predictions.schemas.fields import Input, Instant, Name
from predictions.schemas.views import View
from service.channel_changes import Changer
from service.db.models import ApiKey
from service.limits.write_route import WriteRoute
from service.security.access import Admin
from service.security.api_keys import (
    SCOPES,
    NewKey,
    create_key,
    key_named,
    key_with_id,
    list_keys,
    person_of,
    revoke_and_stop,
    rotate_key,
)
from service.security.persons import Stopped
from service.web.idempotency import Write
from service.web.path_params import RowId
from service.web.responses import ReadSession, read_reply

router = APIRouter(prefix="/api/keys", tags=["keys"], route_class=WriteRoute)


class KeyIn(Input):
    """A new key: its name and scopes."""

    name: Annotated[Name, Field(max_length=120)] = Field(description="unique name of the key")
    scopes: Annotated[list[str], Field(min_length=1, description=f"of {', '.join(SCOPES)}")]
    person: Annotated[Name, Field(max_length=120)] | None = Field(
        default=None, description="name of its owner, who may have several keys; by default that of the key"
    )
    expires_at: Instant | None = Field(default=None, description="time from which it is not valid; null for no end")


class StoppedView(BaseModel):
    """What belongs to a person without a valid key, and was stopped."""

    channels: list[str] = Field(description="names of the owner's channels, which are disabled")
    assignments: list[str] = Field(description="slugs of the owner's questions, which are assigned to nobody")


class KeyView(View):
    """A key; its plain text is shown only in the reply that creates or rotates it."""

    id: int = Field(description="id of the key")
    name: str = Field(description="name of the key")
    person: str = Field(description="name of its owner, which is recorded with every change made with it")
    role: str = Field(description="role of the owner: admin, editor, recorder or reader")
    state: str = Field(description="active, or inactive for an owner without a valid key")
    prefix: str = Field(description="first characters of the key, or of its hash if the operator set it")
    scopes: list[str] = Field(description="granted scopes: read, predict, resolve or admin")
    created_at: datetime = Field(description="time at which the key was created")
    expires_at: datetime | None = Field(description="time from which it is not valid; null for no end")
    last_used_at: datetime | None = Field(description="time of its last use, to the minute; null before the first")
    revoked_at: datetime | None = Field(description="time at which the key was revoked; null while it is valid")
    key: str | None = Field(
        default=None, description="plain text of the key; null except in the reply that creates or rotates it"
    )
    stopped: StoppedView | None = Field(
        default=None, description="what was stopped because its owner has no other valid key; only in a revocation"
    )


class Keys(BaseModel):
    """All keys."""

    items: list[KeyView] = Field(description="all keys, oldest first")


def _view(session: Session, row: ApiKey, *, plain: str | None = None, stopped: Stopped | None = None) -> KeyView:
    person = person_of(session, row)
    names = ("name", "prefix", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
    of_person = {"person": person.name, "role": person.role, "state": person.state}
    shown = StoppedView(**vars(stopped)) if stopped is not None else None
    same = {name: getattr(row, name) for name in names}
    return KeyView(id=row_id(row), key=plain, stopped=shown, **of_person, **same)


@router.post("", status_code=201, response_model=KeyView)
def create_api_key(request: Request, data: KeyIn, caller: Admin, write: Write) -> Response:
    """Create an API key.

    The reply contains the plain text, which is shown only once.
    """
    write.refuse_key()

    def job(session: Session) -> BaseModel:
        new = NewKey(data.name, data.scopes, data.person, data.expires_at)
        row, plain = create_key(session, new, secret=request.app.state.secret, now=write.now, actor=caller.name)
        return _view(session, row, plain=plain)

    return write(caller, job)


@router.get("", response_model=Keys)
def list_all_keys(request: Request, _: Admin, session: ReadSession) -> Response:
    """List API keys.

    Revoked ones too.
    """
    return read_reply(request, Keys(items=[_view(session, row) for row, _ in list_keys(session)]))


@router.post("/{number}/rotation", status_code=201, response_model=KeyView)
def rotate_api_key(request: Request, number: RowId, caller: Admin, write: Write) -> Response:
    """Rotate an API key.

    The reply contains the new plain text, which is shown only once; the old one stops working at once. Name, scopes,
    expiry and owner stay, and with the owner channels, subscriptions and assignments.
    """
    write.refuse_key()

    def job(session: Session) -> BaseModel:
        row = key_with_id(session, number)
        plain = rotate_key(session, row, secret=request.app.state.secret, now=write.now, actor=caller.name)
        return _view(session, row, plain=plain)

    return write(caller, job)


@router.post("/{name:path}/revocation", status_code=200, response_model=KeyView)
def revoke_api_key(
    request: Request,
    name: Annotated[str, Path(max_length=120)],
    caller: Admin,
    write: Write,
    force: Annotated[bool, Query(description="true: even if it is the last valid key of an admin")] = False,
) -> Response:
    """Revoke an API key.

    It stops working at once. If its owner has no other valid key, their channels are disabled and their questions
    assigned to nobody.
    """

    def job(session: Session) -> BaseModel:
        row = key_named(session, name)
        changer = Changer(caller.name, write.now, request.app.state.secret)
        stopped = revoke_and_stop(session, row, changer, force=force)
        return _view(session, row, stopped=stopped)

    return write(caller, job, status=200)
