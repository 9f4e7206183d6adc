"""Compute ETags and compare them with ``If-None-Match`` (RFC 9110, section 13.1.2)."""

import hashlib
import re

from fastapi import Request, Response

JSON = "application/json"
_OPAQUE = re.compile(r'"[\x21\x23-\x7e\x80-\xff]*"')


def etag_of(body: bytes) -> str:
    """Return the ETag of a body. It is weak, because the body may be sent compressed or not."""
    return f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'


def client_holds(request: Request, tag: str) -> bool:
    """Return whether ``If-None-Match`` names this tag; weak and strong tags compare equal, ``*`` matches any."""
    held = ",".join(request.headers.getlist("if-none-match"))
    return held.strip() == "*" or tag.removeprefix("W/") in _OPAQUE.findall(held)


def accepts_gzip(request: Request) -> bool:
    """Return whether the client accepts gzip, by the same rule as Starlette's middleware."""
    return "gzip" in request.headers.get("accept-encoding", "")


def tagged(
    request: Request, body: bytes, tag: str, headers: dict[str, str] | None = None, *, gzipped: bytes | None = None
) -> Response:
    """Return ``body`` as JSON, or 304 without a body if the client has it already.

    ``gzipped`` is the compressed body; without it the middleware compresses.
    """
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding", **(headers or {})}
    if client_holds(request, tag):
        return Response(status_code=304, headers=headers)
    if gzipped is not None and accepts_gzip(request):
        body, headers["Content-Encoding"] = gzipped, "gzip"
    return Response(body, media_type=JSON, headers=headers)
