"""Forms: typed values, errors by field, form tokens and permissions.

Fields are named after the JSON pointers of the API's input: the field ``question/text`` is ``/question/text`` there.
So an error is shown at the field that its pointer names, and a form is parsed by nesting its names.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from sqlmodel import Session

from predictions.errors import Fault, TrackRecordError
from predictions.validation import validation_errors
from service.limits.body_limit import MAX_BYTES_WITHOUT_KEY, allow_bytes
from service.pages.rendering.templates import render
from service.security.access import ANYBODY, request_caller, session_caller
from service.security.api_keys import Caller
from service.security.browser_session import (
    BrowserSession,
    new_session,
    read_expired_session,
    read_session,
    set_session,
)
from service.security.csrf import form_token, has_form_token, is_cross_site
from service.web.problems import STATUS

MAX_FIELDS = 400
MAX_DIGITS = 19
SESSION_EXPIRED = "Your session expired. Sign in in another tab, then submit again; your text is kept."
TOKEN = "token"  # noqa: S105 - the name of the field
#: What sentences call the fields whose label is not their name.
SUBJECTS = {
    "assignee": "the name of the assignee",
    "at": "the time",
    "config": "the text of the settings",
    "contact": "the contact",
    "correction": "the number of the correction",
    "deadline_zone": "the time zone",
    "digest_at": "the time of the daily digest",
    "every_minutes": "the number of minutes between probes",
    "hedge": "the text of the words",
    "known_at": "the day on which it became public",
    "lead_hours": "the number of hours before the deadline",
    "made_at": "the date",
    "statement_on": "the date of the statement",
    "statement_url": "the address of the statement",
    "target": "the address",
    "until": "the end of the snooze",
    "url": "the address",
    "zone": "the time zone",
}


class SignInFirst(Exception):
    """Raised for a page that needs a key, requested without one."""


@dataclass
class Form:
    """Typed values, errors by field name, and the HTTP status of the reply."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    status: int = 200
    retry_after_seconds: int | None = None

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "").strip()

    def add(self, name: str, detail: str, status: int = 422) -> None:
        """Add an error to a field (empty name: to the whole form), unless the field has one."""
        self.errors.setdefault(name, detail)
        self.status = status

    @contextmanager
    def checked(self, places: Mapping[str, str] | None = None) -> Iterator[None]:
        """Collect domain errors raised inside as errors of fields; ``places`` maps pointers to field names."""
        try:
            yield
        except ValidationError as error:
            self._take(validation_errors(error.errors(include_url=False, include_input=False)), "", 422, places or {})
        except TrackRecordError as error:
            status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)
            self.retry_after_seconds = getattr(error, "retry_after_seconds", None)
            self._take(error.faults, error.detail, status, places or {})

    def _take(self, faults: Sequence[Fault], detail: str, status: int, places: Mapping[str, str]) -> None:
        for fault in faults or [Fault("", detail)]:
            name = fault.pointer.removeprefix("/")
            self.add(places.get(name, name), fault.sentence(subject=_subject(name), whole="the form"), status)


def _subject(name: str) -> str:
    """Return what a sentence calls a field of a form; empty for the whole form."""
    if name.startswith("config/"):
        return f"the setting {name.removeprefix('config/')}"
    last = next((part for part in reversed(name.split("/")) if part and not part.isdecimal()), "")
    return SUBJECTS.get(last) or (f"the {last.replace('_', ' ')}" if last else "")


def whole(text: str) -> int | str:
    """Parse a whole number; return other text unchanged, for the input's validation to reject."""
    return int(text) if text.isdecimal() and len(text) < MAX_DIGITS else text


@dataclass(frozen=True)
class Posted:
    """A form sent from its own page by a signed-in caller."""

    form: Form
    caller: Caller


def nested(values: Mapping[str, str], *names: str) -> dict[str, Any]:
    """Return the fields below ``names`` as nested API input, without empty ones.

    ``question/text`` goes into ``question``; numbers make a list, as in ``evidence/0/url``.
    """
    found: dict[str, Any] = {}
    for name, value in values.items():
        path = name.split("/")
        if path[0] not in names or not value.strip():
            continue
        place = found
        for part in path[:-1]:
            place = place.setdefault(part, {})
        place[path[-1]] = value.strip()
    return {name: _lists(value) for name, value in found.items()}


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if all(name.isdecimal() for name in value):
        return [_lists(value[name]) for name in sorted(value, key=int)]
    return {name: _lists(part) for name, part in value.items()}


async def posted_fields(request: Request) -> Form:
    """Return the text fields of a form. Raises 403 if it comes from another site, or without a session."""
    if is_cross_site(request):
        raise HTTPException(403, "The form was sent from another site. Open it on this site and submit it there.")
    browser_session = read_expired_session(request)
    if browser_session is None:
        raise HTTPException(403, SESSION_EXPIRED)
    if browser_session.key is None:
        allow_bytes(request, MAX_BYTES_WITHOUT_KEY)
    fields = await request.form(max_files=0, max_fields=MAX_FIELDS)
    return Form({name: value.replace("\r\n", "\n") for name, value in fields.items() if isinstance(value, str)})


Fields = Annotated[Form, Depends(posted_fields)]


def check_token(request: Request, form: Form, *, allow_expired: bool = False) -> BrowserSession | None:
    """Return the session to which the form token belongs. Raises 403 if there is none, or if it has expired.

    The message tells the user how to submit the form again without losing what was typed.
    """
    browser_session = read_expired_session(request) if allow_expired else read_session(request)
    if has_form_token(request, browser_session, form[TOKEN]):
        return browser_session
    raise HTTPException(403, SESSION_EXPIRED)


def posted(*scopes: str) -> Callable[..., Posted]:
    """Return a dependency that yields the form if its sender has one of the scopes (of none: any key).

    The sender is known from the cookie, before the form is read.
    """

    def sender(request: Request) -> Caller:
        browser_session = read_session(request)
        if browser_session is None:
            raise HTTPException(403, SESSION_EXPIRED)
        caller = request.state.caller = session_caller(request, browser_session)
        return allowed(caller, scopes)

    def check(request: Request, caller: Annotated[Caller, Depends(sender)], form: Fields) -> Posted:
        check_token(request, form)
        return Posted(form, caller)

    return check


def shown_to(*scopes: str) -> Callable[..., Caller]:
    """Return a dependency that yields the caller if they have one of the scopes; others are asked to sign in."""

    def check(caller: Annotated[Caller, Depends(request_caller)]) -> Caller:
        return allowed(caller, scopes)

    return check


def allowed(caller: Caller, scopes: Sequence[str]) -> Caller:
    """Return the caller if they have one of the scopes. Raises ``SignInFirst`` without a key, and 403."""
    if caller is ANYBODY:
        raise SignInFirst
    if scopes and not any(map(caller.may, scopes)):
        lacking = " or ".join(map(repr, scopes))
        raise HTTPException(403, f"the key {caller.name!r} lacks the scope {lacking}: ask an admin for one that has it")
    return caller


PostedByPredictor = Annotated[Posted, Depends(posted("predict"))]
PostedByCorrector = Annotated[Posted, Depends(posted("predict", "resolve"))]
PostedByResolver = Annotated[Posted, Depends(posted("resolve"))]
PostedByEditor = Annotated[Posted, Depends(posted())]
PostedByAdmin = Annotated[Posted, Depends(posted("admin"))]
ShownToEditor = Annotated[Caller, Depends(shown_to())]
ShownToPredictor = Annotated[Caller, Depends(shown_to("predict"))]
ShownToCorrector = Annotated[Caller, Depends(shown_to("predict", "resolve"))]
ShownToResolver = Annotated[Caller, Depends(shown_to("resolve"))]


def sign_in_first(request: Request, _: Exception) -> Response:
    """Redirect to the sign-in page, and from there back to the requested page."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/sign-in?next={quote(wanted, safe='')}" if request.method == "GET" else "/sign-in", 303)


def render_open_form(request: Request, name: str, form: Form, **context: Any) -> Response:
    """Render a page with a form for somebody who need not be signed in; a reader without a session gets one."""
    current = read_expired_session(request)
    fresh = current or new_session(request.app.state.clock.now())
    response = render(request, name, status=form.status, form=form, token=form_token(request, fresh), **context)
    if form.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(form.retry_after_seconds)
    if current is None:
        set_session(request, response, fresh)
    return response


def render_form(request: Request, name: str, form: Form, *, session: Session | None = None, **context: Any) -> Response:
    """Render a page with a form: typed values, errors, and the session's form token."""
    browser_session = read_session(request)
    token = form_token(request, browser_session) if browser_session else ""
    return render(request, name, session=session, status=form.status, form=form, token=token, **context)
