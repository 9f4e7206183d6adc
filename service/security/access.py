"""Identify the caller of a request and check the required scope: dependencies of the routes."""

from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool

from predictions.models import Question
from resolvers.probing.configuration import ResolverIn, needs_admin
from service.db.engine import read_transaction
from service.security.api_keys import Caller, _hash, find_caller, owner
from service.security.browser_session import BrowserSession, is_ended, read_session
from service.security.client_group import client_group
from service.security.sign_in_throttle import SignInThrottle

#: Methods that change nothing: only for these does a session cookie authenticate like the key itself.
SAFE_METHODS = ("GET", "HEAD")


ANYBODY = Caller("anybody", frozenset())


def session_caller(request: Request, browser_session: BrowserSession | None) -> Caller:
    """Return the owner of the session's key if both are still valid, else ``ANYBODY``."""
    if browser_session is None or browser_session.key is None:
        return ANYBODY
    state = request.app.state
    with read_transaction(state.engine) as session:
        if is_ended(session, browser_session):
            return ANYBODY
        caller = owner(session, browser_session.key, browser_session.key_hash, state.clock.now())
    if caller is None:
        return ANYBODY
    state.key_usage.note(browser_session.key)
    return caller


_bearer = HTTPBearer(auto_error=False, description="An API key: trackrecord keys create NAME --scope ...")


async def request_caller(
    request: Request, header: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Caller:
    """Return the owner of the key in the header, else ``ANYBODY``. Raises 401 for an invalid key, and 429 for many.

    A request that only reads may be identified by the session in its cookie instead.
    """
    known: Caller | None = getattr(request.state, "identified", None)
    if known is None:
        known = request.state.identified = await _find_caller(request, header)
    return known


async def identify(request: Request) -> Caller:
    """Return the caller of a request, like ``request_caller``, before its route is entered."""
    return await request_caller(request, await _bearer(request))


async def _find_caller(request: Request, header: HTTPAuthorizationCredentials | None) -> Caller:
    if header is None:
        if request.headers.get("authorization"):
            raise _unauthorised("the Authorization header must have the form: Bearer <key>")
        session = read_session(request) if request.method in SAFE_METHODS else None
        # A thread is needed only for the database query: most reads come without key or cookie.
        caller = ANYBODY if session is None else await run_in_threadpool(session_caller, request, session)
        request.state.caller = caller
        return caller
    state, plain = request.app.state, header.credentials
    digest, client = _hash(plain, state.secret), client_group(request.client.host if request.client else "")
    throttle: SignInThrottle = state.sign_in_throttle
    throttle.refuse_excess(client, state.clock.now(), digest)
    known: Caller | None = await state.callers.get(
        digest, lambda session: find_caller(session, plain, state.secret, state.clock.now())
    )
    if known is None or known.key is None:
        throttle.add(client, state.clock.now(), digest)
        raise _unauthorised("the key is unknown, revoked or expired: check it, or ask an admin for another")
    throttle.accept(client, digest)
    state.key_usage.note(known.key)
    return known


def _unauthorised(detail: str) -> HTTPException:
    return HTTPException(401, detail, headers={"WWW-Authenticate": "Bearer"})


def need(caller: Caller, scope: str) -> Caller:
    """Return the caller if the scope is granted. Raises 401 without a key and 403 if its key lacks the scope."""
    if not caller.may(scope):
        if caller is ANYBODY:
            raise _unauthorised(f"this needs an API key with the scope {scope!r}: send Authorization: Bearer <key>")
        raise HTTPException(403, f"the key {caller.name!r} does not grant {scope!r}: ask an admin for one that does")
    return caller


def require_resolver_permission(caller: Caller, question: Question, data: ResolverIn) -> None:
    """Raise 403 if only an admin may attach or try this."""
    if needs_admin(question, data) and not caller.may("admin"):
        raise HTTPException(
            403,
            f"the key {caller.name!r} does not grant 'admin', which automatic, headers_env and another base_url need: "
            "leave them out, or ask an admin",
        )


async def _reader(request: Request, caller: Annotated[Caller, Depends(request_caller)]) -> Caller:
    return caller if request.app.state.settings.public_read else need(caller, "read")


def _form_reader(request: Request) -> Caller:
    caller = session_caller(request, read_session(request))
    request.state.caller = caller
    return caller if request.app.state.settings.public_read else need(caller, "read")


async def _predictor(caller: Annotated[Caller, Depends(request_caller)]) -> Caller:
    return need(caller, "predict")


async def _corrector(caller: Annotated[Caller, Depends(request_caller)]) -> Caller:
    """What is settled needs another scope than what is not: the change itself decides which of the two."""
    return caller if caller.may("resolve") else need(caller, "predict")


async def _resolver(caller: Annotated[Caller, Depends(request_caller)]) -> Caller:
    return need(caller, "resolve")


async def _admin(caller: Annotated[Caller, Depends(request_caller)]) -> Caller:
    return need(caller, "admin")


async def _key_owner(caller: Annotated[Caller, Depends(request_caller)]) -> Caller:
    if caller is ANYBODY:
        raise _unauthorised("this needs an API key: send Authorization: Bearer <key>")
    return caller


KeyOwner = Annotated[Caller, Depends(_key_owner)]
Reader = Annotated[Caller, Depends(_reader)]
#: A reader who sends a form, known by their session although the request writes.
FormReader = Annotated[Caller, Depends(_form_reader)]
Predictor = Annotated[Caller, Depends(_predictor)]
Corrector = Annotated[Caller, Depends(_corrector)]
ResolverCaller = Annotated[Caller, Depends(_resolver)]
Admin = Annotated[Caller, Depends(_admin)]
#: The dependencies of routes that write; each raises 401 or 403 for a caller who may not.
WRITERS = (_predictor, _corrector, _resolver, _admin, _key_owner)
