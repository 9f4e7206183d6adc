"""Routes of API keys, for admins: create (shown once), list, revoke."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from predictions.models import row_id
from predictions.schemas.fields import Input, Name
from predictions.schemas.views import View
from service.db.models import ApiKey
from service.limits.write_route import WriteRoute
from service.security.access import Admin
from service.security.api_keys import SCOPES, create_key, list_keys, revoke_key
from service.web.idempotency import Write
from service.web.responses import ReadSession, read_reply

router = APIRouter(prefix="/api/keys", tags=["keys"], route_class=WriteRoute)


class KeyIn(Input):
    """A new key: its name and scopes."""

    name: Annotated[Name, Field(max_length=120)] = Field(
        description="unique name of the key; recorded with every change made with it"
    )
    scopes: Annotated[list[str], Field(min_length=1, description=f"of {', '.join(SCOPES)}")]


class KeyView(View):
    """A key; its plain text is shown only in the reply that creates it."""

    id: int = Field(description="id of the key")
    name: str = Field(description="name of the key")
    prefix: str = Field(description="first characters of the key, or of its hash if the operator set it")
    scopes: list[str] = Field(description="granted scopes: read, predict, resolve or admin")
    created_at: datetime = Field(description="time at which the key was created")
    revoked_at: datetime | None = Field(description="time at which the key was revoked; null while it is valid")
    key: str | None = Field(default=None, description="plain text of the key; null except in the reply that creates it")


class Keys(BaseModel):
    """All keys."""

    items: list[KeyView] = Field(description="all keys, oldest first")


def _view(row: ApiKey, plain: str | None = None) -> KeyView:
    same = {name: getattr(row, name) for name in ("name", "prefix", "scopes", "created_at", "revoked_at")}
    return KeyView(id=row_id(row), key=plain, **same)


@router.post("", status_code=201, response_model=KeyView)
def create_api_key(request: Request, data: KeyIn, caller: Admin, write: Write) -> Response:
    """Create an API key.

    The reply contains the plain text, which is shown only once.
    """
    write.refuse_key()

    def job(session: Session) -> BaseModel:
        secret = request.app.state.secret
        return _view(*create_key(session, data.name, data.scopes, secret=secret, now=write.now))

    return write(caller, job)


@router.get("", response_model=Keys)
def list_all_keys(request: Request, _: Admin, session: ReadSession) -> Response:
    """List API keys.

    Revoked ones too.
    """
    return read_reply(request, Keys(items=[_view(row) for row in list_keys(session)]))


@router.post("/{name}/revocation", status_code=200, response_model=KeyView)
def revoke_api_key(name: Annotated[str, Path(max_length=120)], caller: Admin, write: Write) -> Response:
    """Revoke an API key.

    It stops working at once.
    """

    def job(session: Session) -> BaseModel:
        return _view(revoke_key(session, name, now=write.now))

    return write(caller, job, status=200)
