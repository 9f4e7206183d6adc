"""Compression of replies, except those that contain a form token."""

from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.cache.page_cache import MIN_COMPRESSED_BYTES
from service.web.etag import accepts_gzip

LEVEL = 6


class Compression:
    """Compress replies with Starlette's middleware, which skips images and small or already encoded replies.

    A reply with ``Cache-Control: no-transform`` is not compressed. Pages with a form token have it, because the length
    of a compressed page that repeats part of its address would reveal the token (BREACH).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def app(scope: Scope, receive: Receive, compress: Send) -> None:
            forward = compress

            async def choose(message: Message) -> None:
                nonlocal forward
                if message["type"] == "http.response.start":
                    control = Headers(raw=message["headers"]).get("cache-control", "")
                    forward = send if "no-transform" in control else compress
                await forward(message)

            await self._app(scope, receive, choose)

        if scope["type"] == "http":  # Starlette looks for the letters gzip alone: not for q=0, case or x-gzip
            accepted = [(b"accept-encoding", b"gzip")] if accepts_gzip(Headers(scope=scope)) else []
            others = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
            scope = {**scope, "headers": others + accepted}
        middleware = GZipMiddleware(app, minimum_size=MIN_COMPRESSED_BYTES, compresslevel=LEVEL)
        await middleware(scope, receive, send)
