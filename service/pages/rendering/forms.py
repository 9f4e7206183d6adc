"""Forms: what a visitor typed and what is wrong with it, and who may send it from where.

Fields are named by their place in the API's input: ``question/text`` is what the API calls ``/question/text``. So an
error that points there stands beside its field, and a form is read by nesting its names.
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
from service.pages.rendering.templates import render
from service.security.access import ANYBODY, request_caller, session_caller
from service.security.api_keys import Caller
from service.security.browser_session import BrowserSession, read_expired_session, read_session
from service.security.csrf import form_token, has_form_token, is_cross_site
from service.validation import validation_errors
from service.web.problems import STATUS

MAX_FIELDS = 400
MAX_DIGITS = 19
TOKEN = "token"  # noqa: S105 - the name of the field


class SignInFirst(Exception):
    """A page that needs a key was asked for without one."""


@dataclass
class Form:
    """The fields as typed, the faults by the name of the field, and the status that tells of them."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    status: int = 200

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "").strip()

    def add(self, name: str, detail: str, status: int = 422) -> None:
        """Say what is wrong with a field (the form as a whole: an empty name). The first word on a field stands."""
        self.errors.setdefault(name, detail)
        self.status = status

    @contextmanager
    def checked(self, places: Mapping[str, str] | None = None) -> Iterator[None]:
        """Keep the errors of the domain raised inside as errors of fields; ``places`` renames where they point."""
        try:
            yield
        except ValidationError as error:
            self._take(validation_errors(error.errors(include_url=False, include_input=False)), "", 422, places or {})
        except TrackRecordError as error:
            status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)
            self._take(error.faults, error.detail, status, places or {})

    def _take(self, faults: Sequence[Fault], detail: str, status: int, places: Mapping[str, str]) -> None:
        for fault in faults or [Fault("", detail)]:
            name = fault.pointer.removeprefix("/")
            self.add(places.get(name, name), fault.detail, status)


def whole(text: str) -> int | str:
    """A whole number as typed; what is none, or longer than any, stays a text, which the input's check refuses."""
    return int(text) if text.isdecimal() and len(text) < MAX_DIGITS else text


@dataclass(frozen=True)
class Posted:
    """A form that its own page sent in a visit, and whose visit that is."""

    form: Form
    who: Caller


def nested(values: Mapping[str, str], *names: str) -> dict[str, Any]:
    """The fields below ``names`` as the API takes them; what is empty is left out.

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
    """The text fields of a form that this service's own page sent. Raises 403 where another site sent it."""
    if is_cross_site(request):
        raise HTTPException(403, "the form was sent from another site: open the page here and send it from there")
    fields = await request.form(max_files=0, max_fields=MAX_FIELDS)
    return Form({name: value.replace("\r\n", "\n") for name, value in fields.items() if isinstance(value, str)})


Fields = Annotated[Form, Depends(posted_fields)]


def check_token(request: Request, form: Form, *, ended_too: bool = False) -> BrowserSession | None:
    """The visit in which the form was shown. Raises 403 where it was not shown in this visit, or the visit has ended.

    A signed-in visitor whose visit has ended can sign in beside and send the form again: nothing typed is lost.
    """
    visit = read_expired_session(request) if ended_too else read_session(request)
    if has_form_token(request, visit, form[TOKEN]):
        return visit
    raise HTTPException(
        403,
        "your visit has ended, or the form is not of this visit: sign in in another tab, then go back to the form, "
        "where what you typed still stands, and send it again",
    )


def posted(scope: str | None) -> Callable[..., Posted]:
    """A dependency: the form, if it was sent by its own page in the visit of someone who may do this (None: of any
    editor)."""

    def check(request: Request, form: Fields) -> Posted:
        who = session_caller(request, check_token(request, form))
        request.state.caller = who
        return Posted(form, _allowed(who, scope))

    return check


def shown_to(scope: str | None) -> Callable[..., Caller]:
    """A dependency: who asks for a page, if they may use it; a visitor without a key is asked to sign in."""

    def check(who: Annotated[Caller, Depends(request_caller)]) -> Caller:
        return _allowed(who, scope)

    return check


def _allowed(who: Caller, scope: str | None) -> Caller:
    if who is ANYBODY:
        raise SignInFirst
    if scope is not None and not who.may(scope):
        raise HTTPException(403, f"the key {who.name!r} does not grant {scope!r}: ask an admin for one that does")
    return who


PostedByPredictor = Annotated[Posted, Depends(posted("predict"))]
PostedByResolver = Annotated[Posted, Depends(posted("resolve"))]
PostedByEditor = Annotated[Posted, Depends(posted(None))]
PostedByAdmin = Annotated[Posted, Depends(posted("admin"))]
ShownToEditor = Annotated[Caller, Depends(shown_to(None))]
ShownToPredictor = Annotated[Caller, Depends(shown_to("predict"))]
ShownToResolver = Annotated[Caller, Depends(shown_to("resolve"))]


def sign_in_first(request: Request, _: Exception) -> Response:
    """To the sign-in page, and from there back to what was asked for."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/sign-in?next={quote(wanted, safe='')}" if request.method == "GET" else "/sign-in", 303)


def render_form(request: Request, name: str, form: Form, *, session: Session | None = None, **context: Any) -> Response:
    """A page with a form on it: ``form`` as typed with its faults, and the visit's token for ``forms.html``."""
    visit = read_session(request)
    token = form_token(request, visit) if visit else ""
    return render(request, name, session=session, status=form.status, form=form, token=token, **context)
