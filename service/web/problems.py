"""Errors as RFC 9457 problem details, with a pointer to the field and a remedy."""

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

from predictions.errors import Conflict, Fault, InvalidInput, NotAllowed, NotFound, TrackRecordError
from predictions.validation import REMEDIES, summary, validation_errors
from service.errors import TooMany, Unavailable, database_fault

MEDIA_TYPE = "application/problem+json"
#: FastAPI's message for a body that is not UTF-8, is compressed, or is nested too deeply.
UNREADABLE = "There was an error parsing the body"
#: What a detail is about whose pointer is empty.
WHOLE = "the body"
_NOT_JSON = Fault("", REMEDIES["json_invalid"])
log = logging.getLogger(__name__)


STATUS: dict[type[TrackRecordError], int] = {
    InvalidInput: 422,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    TooMany: 429,
    Unavailable: 503,
}


class Problem(JSONResponse):
    """Response with problem details (RFC 9457)."""

    media_type = MEDIA_TYPE

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        faults: Iterable[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        errors = [{"pointer": fault.pointer, "detail": fault.sentence(whole=WHOLE)} for fault in faults]
        kind = f"/problems/{re.sub('[^a-z]+', '-', title.lower())}"
        self.content = {"type": kind, "title": title, "status": status, "detail": detail, "errors": errors}
        super().__init__(self.content, status, headers=dict(headers or {}))


def problem_of(error: Exception) -> Problem:
    """Return the response for an error; an unexpected one is logged and answered with 500, without its details."""
    if isinstance(error, TrackRecordError):
        wait = {"Retry-After": str(error.retry_after_seconds)} if isinstance(error, TooMany | Unavailable) else None
        return Problem(_status(error), error.title, error.sentence(whole=WHOLE), error.faults, wait)
    if isinstance(error, RequestValidationError):
        faults = validation_errors(error.errors())
        return Problem(422, InvalidInput.title, summary(faults, whole=WHOLE), faults)
    if isinstance(error, HTTPException) and error.detail == UNREADABLE:
        return Problem(400, InvalidInput.title, _NOT_JSON.sentence(whole=WHOLE), [_NOT_JSON])
    if isinstance(error, HTTPException):
        phrase = HTTPStatus(error.status_code).phrase
        return Problem(error.status_code, phrase, _http_detail(error), headers=error.headers)
    if isinstance(error, ClientDisconnect):  # nobody reads this
        return Problem(400, HTTPStatus.BAD_REQUEST.phrase, "the connection was closed before the body had arrived")
    if (fault := database_fault(error)) is not None:
        log.log(
            logging.ERROR if fault.grave else logging.WARNING,
            "request refused: %s (%s)",
            fault.reason,
            getattr(error, "orig", error),
        )
        reason = fault.reason[0].upper() + fault.reason[1:]
        return problem_of(Unavailable(f"{reason}. The request was not applied. Retry the same request shortly."))
    log.error("unexpected error", exc_info=error)
    detail = "Internal error. It was logged; your request was not applied."
    # The server closes the connection after such an error: without this header the client would reuse it.
    return Problem(500, "Internal error", detail, headers={"Connection": "close"})


def _status(error: TrackRecordError) -> int:
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 400)


def _http_detail(error: HTTPException) -> str:
    if error.status_code == HTTPStatus.NOT_FOUND and error.detail == HTTPStatus.NOT_FOUND.phrase:
        return "nothing exists at this address: see /docs for all addresses"
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = (error.headers or {}).get("Allow", "")
        remedy = f"use one of {allowed}" if allowed else "see /docs for the methods of each address"
        return f"this address does not take that method: {remedy}"
    return str(error.detail)


def _methods(request: Request) -> list[str]:
    """Return the methods allowed at the request's address."""
    routes = request.app.routes
    return [
        method
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ]


def install_error_handlers(app: FastAPI, page: Callable[[Request, Problem, Exception], Response | None]) -> None:
    """Answer every error of the app with a problem, or with the HTML page that ``page`` returns for it."""

    async def handle(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException) and error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            error.headers = {"Allow": ", ".join(_methods(request))}  # the framework names the methods of one route only
        problem = problem_of(error)
        return page(request, problem, error) or problem

    kinds = (
        TrackRecordError,
        RequestValidationError,
        HTTPException,
        ClientDisconnect,
        DBAPIError,
        PoolTimeout,
        Exception,
    )
    for kind in kinds:
        app.add_exception_handler(kind, handle)
