"""Who sends a request, and what they may do: the dependencies of the routes."""

from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool

from service.db.engine import read_transaction
from service.db.models import ApiKey
from service.security.api_keys import Caller, _hash, find_caller
from service.security.browser_session import BrowserSession, read_session

#: Methods that change nothing: for these, and no others, the cookie of a visit is as good as the key itself.
SAFE_METHODS = ("GET", "HEAD")


ANYBODY = Caller("anybody", frozenset())


def visitor(request: Request, visit: BrowserSession | None) -> Caller:
    """Whose visit this is: the owner of a key that still stands, else anybody."""
    if visit is None or visit.key is None:
        return ANYBODY
    with read_transaction(request.app.state.engine) as session:
        row = session.get(ApiKey, visit.key)
    return ANYBODY if row is None or row.revoked_at else Caller(row.name, frozenset(row.scopes))


_bearer = HTTPBearer(auto_error=False, description="An API key: trackrecord keys create NAME --scope ...")


async def caller(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Caller:
    """Who sends the request: the owner of the key in its header; for reading also of the visit that its cookie tells
    of; else anybody. Raises 401 for a key that is none."""
    if given is None:
        if request.headers.get("authorization"):
            raise _unauthorised("the Authorization header must read: Bearer <key>")
        visit = read_session(request) if request.method in SAFE_METHODS else None
        # Only what asks the database goes to a thread: most reads come without key or cookie.
        who = ANYBODY if visit is None else await run_in_threadpool(visitor, request, visit)
        request.state.caller = who
        return who
    state, plain = request.app.state, given.credentials
    found: Caller | None = await state.callers.get(
        _hash(plain, state.secret), lambda session: find_caller(session, plain, state.secret)
    )
    if found is None:
        raise _unauthorised("the key is unknown or revoked: check it, or ask an admin for another")
    return found


def _unauthorised(detail: str) -> HTTPException:
    return HTTPException(401, detail, headers={"WWW-Authenticate": "Bearer"})


def need(who: Caller, scope: str) -> Caller:
    """``who``, if the scope is granted. Raises 401 without a key and 403 with one that grants too little."""
    if not who.may(scope):
        if who is ANYBODY:
            raise _unauthorised(f"this needs an API key with the scope {scope!r}: send Authorization: Bearer <key>")
        raise HTTPException(403, f"the key {who.name!r} does not grant {scope!r}: ask an admin for one that does")
    return who


async def _reader(request: Request, who: Annotated[Caller, Depends(caller)]) -> Caller:
    return who if request.app.state.settings.public_read else need(who, "read")


async def _predictor(who: Annotated[Caller, Depends(caller)]) -> Caller:
    return need(who, "predict")


async def _resolver(who: Annotated[Caller, Depends(caller)]) -> Caller:
    return need(who, "resolve")


async def _admin(who: Annotated[Caller, Depends(caller)]) -> Caller:
    return need(who, "admin")


async def _key_owner(who: Annotated[Caller, Depends(caller)]) -> Caller:
    if who is ANYBODY:
        raise _unauthorised("this needs an API key: send Authorization: Bearer <key>")
    return who


KeyOwner = Annotated[Caller, Depends(_key_owner)]
Reader = Annotated[Caller, Depends(_reader)]
Predictor = Annotated[Caller, Depends(_predictor)]
ResolverCaller = Annotated[Caller, Depends(_resolver)]
Admin = Annotated[Caller, Depends(_admin)]
