"""Every error in one shape: RFC 9457 problem details, with a pointer to the field and a remedy."""

import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

from predictions.errors import Conflict, Fault, InvalidInput, NotFound, TrackRecordError

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2
#: Names that pydantic puts into a location for the branch of a union it tried; they mean nothing to a reader.
_BRANCH = re.compile(r"[\[(]|^(QuestionRef|QuestionIn|int|str|float|bool|none)$|^constrained")
_REMEDIES = {
    "extra_forbidden": "is not a known field: remove it, or check its spelling",
    "missing": "is required: add it",
    "float_type": "must be a number, for example 0.3; not text, not true or false",
    "int_type": "must be a whole number; not text, not true or false",
    "bool_type": "must be true or false",
    "float_parsing": "must be a number, for example 0.3",
    "int_parsing": "must be a whole number",
    "bool_parsing": "must be true or false",
    "string_type": "must be text",
    "finite_number": "must be a finite number",
    "json_invalid": "is not valid JSON in UTF-8, uncompressed: check brackets, commas and quotation marks",
    "model_type": "must be an object with named fields",
    "model_attributes_type": "must be an object with named fields; send JSON as application/json",
    "dict_type": "must be an object with named fields",
    "list_type": "must be a list",
}
#: FastAPI's words for a body that is not even text in UTF-8, is compressed, or nests without end.
_UNREADABLE = "There was an error parsing the body"
log = logging.getLogger(__name__)


class Unavailable(TrackRecordError):
    """The database does not answer now; the same request may succeed in a moment."""

    title = "Not available now"


STATUS: dict[type[TrackRecordError], int] = {InvalidInput: 422, NotFound: 404, Conflict: 409, Unavailable: 503}


class Problem(JSONResponse):
    """A problem as RFC 9457 asks for."""

    media_type = MEDIA_TYPE

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        faults: Iterable[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        errors = [{"pointer": fault.pointer, "detail": fault.detail} for fault in faults]
        kind = f"/problems/{re.sub('[^a-z]+', '-', title.lower())}"
        self.content = {"type": kind, "title": title, "status": status, "detail": detail, "errors": errors}
        super().__init__(self.content, status, headers=dict(headers or {}))


def faults_of(errors: Sequence[Any]) -> list[Fault]:
    """Pydantic's findings as faults: a JSON pointer, and what to do."""
    return list(dict.fromkeys(Fault(_pointer(error["loc"]), _detail(error)) for error in errors))


def _pointer(location: Sequence[str | int]) -> str:
    parts = list(location)
    if parts and parts[0] == "body":
        parts = parts[1:]
    kept = [str(part) for part in parts if isinstance(part, int) or not _BRANCH.search(part)]
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in kept)


def _detail(error: Mapping[str, Any]) -> str:
    if error["type"] in _REMEDIES:
        return _REMEDIES[error["type"]]
    if error["type"] in ("too_short", "too_long") and isinstance(error.get("input"), str):
        return _length(error.get("ctx", {}))
    message = str(error["msg"]).removeprefix("Value error, ")
    return (
        message.replace("Input should be", "must be").replace("String should", "must").replace("Value should", "must")
    )


def _length(limits: Mapping[str, Any]) -> str:
    if limits.get("min_length") == 1:
        return "must not be empty"
    if "min_length" in limits:
        return f"must have at least {limits['min_length']} characters"
    return f"must have at most {limits['max_length']} characters"


def invalid(error: ValidationError) -> InvalidInput:
    """A failed validation outside a route, as an error of the domain."""
    faults = faults_of(error.errors(include_url=False))
    return InvalidInput(_summary(faults), *faults)


def _summary(faults: Sequence[Fault]) -> str:
    first = f"{faults[0].pointer or 'the input'}: {faults[0].detail}" if faults else "the input is not valid"
    return first if len(faults) < 2 else f"{first} (and {len(faults) - 1} more)"


def problem_of(error: Exception) -> Problem:
    """The problem that tells of any error; what nobody foresaw is a 500 without inner details."""
    if isinstance(error, TrackRecordError):
        wait = {"Retry-After": str(RETRY_AFTER_SECONDS)} if isinstance(error, Unavailable) else None
        return Problem(_status(error), error.title, error.detail, error.faults, wait)
    if isinstance(error, RequestValidationError):
        faults = faults_of(error.errors())
        malformed = any(fault["type"] == "json_invalid" for fault in error.errors())
        if malformed:
            faults = [Fault("", _REMEDIES["json_invalid"])]
        return Problem(400 if malformed else 422, InvalidInput.title, _summary(faults), faults)
    if isinstance(error, HTTPException) and error.detail == _UNREADABLE:
        return Problem(400, InvalidInput.title, _REMEDIES["json_invalid"], [Fault("", _REMEDIES["json_invalid"])])
    if isinstance(error, HTTPException):
        phrase = HTTPStatus(error.status_code).phrase
        return Problem(error.status_code, phrase, _http_detail(error), headers=error.headers)
    if is_passing(error):
        return problem_of(Unavailable("the database is busy or out of reach: send the same request again in a moment"))
    log.error("unforeseen error", exc_info=error)
    detail = "something went wrong on this side; it is logged; nothing was half written"
    # The server ends the connection after such an error: a client that is not told would send its next request into it.
    return Problem(500, "Internal error", detail, headers={"Connection": "close"})


def _status(error: TrackRecordError) -> int:
    for kind, status in STATUS.items():
        if isinstance(error, kind):
            return status
    return 400


def _http_detail(error: HTTPException) -> str:
    if error.status_code == HTTPStatus.NOT_FOUND and error.detail == HTTPStatus.NOT_FOUND.phrase:
        return "there is nothing at this address: /docs lists what there is"
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = (error.headers or {}).get("Allow", "")
        return f"this address does not take that method; it takes {allowed}" if allowed else "method not allowed here"
    return str(error.detail)


def _methods(request: Request) -> list[str]:
    """The methods that some route takes at this address."""
    routes = request.app.routes
    return [
        method
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ]


def is_passing(error: BaseException) -> bool:
    """Whether a database error is one that goes away (busy, locked, stopped, full), not of the request's making."""
    if isinstance(error, PoolTimeout):
        return True
    return isinstance(error, OperationalError) or (isinstance(error, DBAPIError) and error.connection_invalidated)


def install(app: FastAPI, page: Callable[[Request, Problem], Response | None]) -> None:
    """Let every error of the app become a problem; ``page`` shows it as a page where that is what the reader wants."""

    async def handle(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException) and error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            error.headers = {"Allow": ", ".join(_methods(request))}  # the framework names those of one route only
        problem = problem_of(error)
        return page(request, problem) or problem

    for kind in (TrackRecordError, RequestValidationError, HTTPException, DBAPIError, PoolTimeout, Exception):
        app.add_exception_handler(kind, handle)
