"""Route that decides on the caller from the headers before it reads the body, and parses the body once."""

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from anyio.to_thread import run_sync
from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from predictions.errors import InvalidInput
from service.limits.admission import count
from service.limits.body_limit import MAX_BYTES_WITHOUT_KEY, allow_bytes
from service.security.access import WRITERS, identify
from service.strict_json import parse_json
from service.web.problems import UNREADABLE
from service.web.strict_requests import check_query

_JSON = re.compile(r"application/([\w.-]+\+)?json\s*(;|$)", re.IGNORECASE)
_ACCEPTED = {"Accept": "application/json"}
#: Bodies of up to so many bytes are parsed at once; longer ones by a thread, so that other requests go on.
_INLINE_BYTES = 16_384


class WriteRoute(APIRoute):
    """Check key, scope, query parameters and media type, then read and parse the body, then call the route.

    FastAPI reads and parses a body before it looks at any dependency, so that anybody could have 1 MB parsed.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the route's handler, preceded by these checks."""
        call_route = super().get_route_handler()
        required = [call for call in _calls(self.dependant) if call in WRITERS]

        async def handle(request: Request) -> Response:
            await count(request)
            if not required:
                allow_bytes(request, MAX_BYTES_WITHOUT_KEY)
            for scope in required:
                await scope(await identify(request))
            check_query(request, self)
            if self.body_field is not None:
                await _parse_body(request)
            return await call_route(request)

        return handle


def _calls(dependant: Dependant) -> Iterator[Any]:
    for dependency in dependant.dependencies:
        yield dependency.call
        yield from _calls(dependency)


async def _parse_body(request: Request) -> None:
    """Parse the body, for FastAPI to find. Raises ``InvalidInput`` for duplicate keys and for another encoding than
    UTF-8, 415 for another media type than JSON, and 400 for invalid JSON."""
    body = await request.body()
    if not body:
        return
    if not _JSON.match(request.headers.get("content-type", "")):
        raise HTTPException(415, "the body must be JSON: send it with Content-Type: application/json", _ACCEPTED)
    if body.startswith(BOM_UTF8) or b"\0" in body:  # Python's parser accepts more than RFC 8259, section 8.1
        raise InvalidInput.at("", "is not plain UTF-8: encode it as UTF-8 without a byte order mark")
    try:
        request._json = parse_json(body) if len(body) <= _INLINE_BYTES else await run_sync(parse_json, body)
    except (ValueError, RecursionError):
        raise HTTPException(400, UNREADABLE) from None
