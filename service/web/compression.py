"""Compression of replies, except those that contain a form token."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.cache.page_cache import LEVEL, MIN_COMPRESSED_BYTES
from service.web.etag import accepts_gzip


class Compression:
    """Compress replies with Starlette's middleware, which skips images and small or already encoded replies.

    A reply with ``Cache-Control: no-transform`` is not compressed. Pages with a form token have it, because the length
    of a compressed page that repeats part of its address would reveal the token (BREACH).

    Tags of all replies are weak: a strong one must differ between the plain and the compressed bytes (RFC 9110,
    section 8.8.1), and files, for example, come with one. ``Vary`` names each header once.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def amend(message: Message) -> None:
            if message["type"] == "http.response.start":
                _amend(MutableHeaders(raw=message["headers"]))
            await send(message)

        async def app(scope: Scope, receive: Receive, compress: Send) -> None:
            forward = compress

            async def choose(message: Message) -> None:
                nonlocal forward
                if message["type"] == "http.response.start":
                    control = Headers(raw=message["headers"]).get("cache-control", "")
                    forward = amend if "no-transform" in control else compress
                await forward(message)

            await self._app(scope, receive, choose)

        if scope["type"] == "http":  # Starlette looks for the letters gzip alone: not for q=0, case or x-gzip
            accepted = [(b"accept-encoding", b"gzip")] if accepts_gzip(Headers(scope=scope)) else []
            others = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
            scope = {**scope, "headers": others + accepted}
        middleware = GZipMiddleware(app, minimum_size=MIN_COMPRESSED_BYTES, compresslevel=LEVEL)
        await middleware(scope, receive, amend)


def _amend(headers: MutableHeaders) -> None:
    tag = headers.get("etag", "")
    if tag.startswith('"'):
        headers["etag"] = f"W/{tag}"
    varying = [name.strip() for name in ",".join(headers.getlist("vary")).split(",") if name.strip()]
    if varying:
        headers["vary"] = ", ".join({name.lower(): name for name in varying}.values())
