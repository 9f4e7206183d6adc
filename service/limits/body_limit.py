"""Limit on the size of a request body; refusal of compressed bodies and NUL characters."""

import threading
from collections.abc import AsyncIterator

from fastapi import HTTPException, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import Unavailable
from service.web.problems import Problem

#: Largest body of a route that takes many objects.
BATCH_BYTES = 32_000_000
#: Largest body from somebody without a key or session.
MAX_BYTES_WITHOUT_KEY = 65_536
#: How many such bodies are held in memory at the same time.
BATCHES_AT_ONCE = 4
_MOST = "trackrecord.max_body_bytes"
_batches = threading.BoundedSemaphore(BATCHES_AT_ONCE)
_COMPRESSED_BODY = Problem(
    415,
    "Unsupported Media Type",
    "compressed bodies are not accepted: send the body uncompressed, without Content-Encoding",
    headers={"Accept-Encoding": "identity"},
)


class BodyLimit:
    """Middleware that answers 413 where a route reads a body of more than ``max_bytes``, or more than it has allowed.

    It answers 400 to an address with a NUL character, which databases reject in text, and 415 to a compressed body.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app, self._max_bytes = app, max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
            problem = Problem(400, "Bad Request", "the address contains a NUL character (%00): remove it")
            await problem(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if headers.get(b"content-encoding", b"identity").strip().lower() not in (b"", b"identity"):
            await _COMPRESSED_BODY(scope, receive, send)
            return
        scope[_MOST] = self._max_bytes
        declared = _declared_length(headers.get(b"content-length", b""))
        received = 0

        async def limited_receive() -> Message:
            nonlocal received
            if declared > scope[_MOST]:
                raise _too_large(scope[_MOST])
            message = await receive()
            received += len(message.get("body", b""))
            if received > scope[_MOST]:
                raise _too_large(scope[_MOST])
            return message

        await self._app(scope, limited_receive, send)


def _declared_length(header: bytes) -> int:
    return int(header[:18]) if header.isdigit() else 0


def _too_large(most: int) -> HTTPException:
    return HTTPException(413, f"the body exceeds {most} bytes: send it in parts, or use trackrecord import")


def allow_bytes(request: Request, most: int) -> None:
    """Allow a body of up to ``most`` bytes from here on."""
    request.scope[_MOST] = most


async def accept_batch(request: Request) -> AsyncIterator[None]:
    """Allow a body of up to 32 MB. Raises ``Unavailable`` while as many large ones are in work as memory is for."""
    small = request.scope[_MOST]
    declared = request.headers.get("content-length", "").encode()
    if declared and _declared_length(declared) <= small:
        yield
        return
    if not _batches.acquire(blocking=False):
        raise Unavailable(f"Already {BATCHES_AT_ONCE} large requests are in work. Send the same request again shortly.")
    try:
        allow_bytes(request, max(BATCH_BYTES, small))
        yield
    finally:
        _batches.release()
