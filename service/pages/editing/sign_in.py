"""Sign-in: an API key exchanged for the cookie of a visit; and sign-out."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse

from service.db.engine import read_transaction
from service.pages.rendering.forms import Fields, Form, check_token, render_form
from service.pages.rendering.templates import render
from service.security.access import request_caller
from service.security.api_keys import Caller, find_key
from service.security.browser_session import (
    end_session,
    new_session,
    read_expired_session,
    renewed_session,
    set_session,
)
from service.security.csrf import form_token

router = APIRouter()
AFTERWARDS = "/due"
LONGEST_KEY = 500
WRONG = "this key is unknown or revoked: paste it whole, or ask an admin for another"


@router.get("/sign-in")
def ask(request: Request, next: Annotated[str, Query(max_length=2000)] = "") -> Response:  # noqa: A002
    """The form that takes a key."""
    return _page(request, Form({"next": next}))


@router.post("/sign-in")
def sign_in(request: Request, form: Fields) -> Response:
    """Begin a visit, if the key stands."""
    check_token(request, form, ended_too=True)
    state, now = request.app.state, request.app.state.clock.now()
    address = request.client.host if request.client else ""
    wait = state.sign_in_throttle.wait(address, now)
    if wait:
        seconds = str(int(wait.total_seconds()) + 1)
        detail = "too many keys from this address were wrong: try again in some minutes"
        raise HTTPException(429, detail, headers={"Retry-After": seconds})
    given = form["key"]
    found = None
    if 0 < len(given) <= LONGEST_KEY:
        with read_transaction(state.engine) as session:
            found = find_key(session, given, state.secret)
    if found is None:
        state.sign_in_throttle.add(address, now)
        form.add("key", WRONG if given else "is empty: paste your key here")
        return _page(request, form)
    response = RedirectResponse(safe_path(form["next"]), 303)
    set_session(request, response, renewed_session(request, found[0], now))
    return response


@router.get("/sign-out")
def leave(request: Request, who: Annotated[Caller, Depends(request_caller)]) -> Response:
    """The button that ends a visit: a link must not."""
    return render_form(request, "sign_out.html", Form(), title="Sign out", who=who)


@router.post("/sign-out")
def sign_out(request: Request, form: Fields) -> Response:
    """End the visit."""
    check_token(request, form)
    response = RedirectResponse("/", 303)
    end_session(request, response)
    return response


def safe_path(wanted: str) -> str:
    """``wanted`` if it is a page of this service, else the inbox: a link must not lead a signed-in visitor away."""
    inside = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if inside and "\\" not in wanted else AFTERWARDS


def _page(request: Request, form: Form) -> Response:
    shown = Form({"next": form["next"]}, form.errors, form.status)  # a key is never sent back
    visit = read_expired_session(request)
    fresh = visit or new_session(None, request.app.state.clock.now())
    response = render(
        request, "sign_in.html", title="Sign in", status=form.status, form=shown, token=form_token(request, fresh)
    )
    if visit is None:
        set_session(request, response, fresh)
    return response
