"""Sign-in, which exchanges an API key for a session cookie, and sign-out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from service.db.engine import read_transaction
from service.pages.rendering.forms import Fields, Form, check_token, render_form, render_open_form
from service.security.access import request_caller
from service.security.api_keys import Caller, _hash, find_caller
from service.security.browser_session import (
    delete_cookie,
    mark_ended,
    read_session,
    renewed_session,
    set_session,
)
from service.security.sign_in_throttle import SignInThrottle, guessing_client
from service.setting_rules import LONGEST_KEY

router = APIRouter()
AFTERWARDS = "/due"
WRONG_KEY = "unknown or revoked key: paste the complete key, or ask an admin for another"


@router.get("/sign-in")
def ask(request: Request, next: Annotated[str, Query(max_length=2000)] = "") -> Response:  # noqa: A002
    """Show the sign-in form."""
    return _page(request, Form({"next": next}))


@router.post("/sign-in")
def sign_in(request: Request, form: Fields) -> Response:
    """Start a session if the key is valid."""
    check_token(request, form, allow_expired=True)
    state, now = request.app.state, request.app.state.clock.now()
    throttle: SignInThrottle = state.sign_in_throttle
    client, typed = guessing_client(request), form["key"]
    digest = _hash(typed, state.secret) if 0 < len(typed) <= LONGEST_KEY else ""
    throttle.refuse_excess(client, now, digest)
    caller = None
    if digest:
        with read_transaction(state.engine) as session:
            caller = find_caller(session, typed, state.secret, now)
    if caller is None or caller.key is None:
        throttle.add(client, now)
        form.add("key", WRONG_KEY if typed else "the field of the key is empty: paste your key")
        return _page(request, form)
    throttle.accept(client, digest)
    _end_session(request)  # a copy of its cookie must not outlive it
    response = RedirectResponse(safe_path(form["next"]), 303)
    set_session(request, response, renewed_session(request, caller.key, digest, now))
    return response


@router.get("/sign-out")
def leave(request: Request, caller: Annotated[Caller, Depends(request_caller)]) -> Response:
    """Show the sign-out button; a link alone must not end a session."""
    return render_form(request, "sign_out.html", Form(), title="Sign out", signed_in_as=caller)


@router.post("/sign-out")
def sign_out(request: Request, form: Fields) -> Response:
    """End the session."""
    check_token(request, form)
    _end_session(request)
    response = RedirectResponse("/", 303, {"Clear-Site-Data": '"cache"'})  # pages for editors leave the browser too
    delete_cookie(request, response)
    return response


def _end_session(request: Request) -> None:
    current, now = read_session(request), request.app.state.clock.now()
    if current is not None and current.key is not None:
        request.app.state.writer.run(lambda session: mark_ended(session, current, now))


def safe_path(wanted: str) -> str:
    """Return ``wanted`` if it is a path of this site, else the inbox, to prevent open redirects."""
    inside = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if inside and "\\" not in wanted else AFTERWARDS


def _page(request: Request, form: Form) -> Response:
    shown = Form({"next": form["next"]}, form.errors, form.status)  # a key is never sent back
    return render_open_form(request, "sign_in.html", shown, title="Sign in")
