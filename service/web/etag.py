"""Compute ETags and compare them with ``If-None-Match`` (RFC 9110, section 13.1.2)."""

import hashlib
import re

from fastapi import Request, Response
from starlette.datastructures import Headers

JSON = "application/json"
_QUALITY_ZERO = re.compile(r"q\s*=\s*0(\.0*)?")
_OPAQUE = re.compile(r'"[\x21\x23-\x7e\x80-\xff]*"')


def etag_of(body: bytes) -> str:
    """Return the ETag of a body. It is weak, because the body may be sent compressed or not."""
    return f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'


def client_holds(request: Request, tag: str) -> bool:
    """Return whether ``If-None-Match`` names this tag; weak and strong tags compare equal, ``*`` matches any."""
    held = ",".join(request.headers.getlist("if-none-match"))
    return held.strip() == "*" or tag.removeprefix("W/") in _OPAQUE.findall(held)


def accepts_gzip(headers: Headers) -> bool:
    """Return whether ``Accept-Encoding`` names gzip with a quality above 0 (RFC 9110, section 12.5.3)."""
    for entry in ",".join(headers.getlist("accept-encoding")).lower().split(","):
        coding, *parameters = (part.strip() for part in entry.split(";"))
        if coding == "gzip":
            return not any(_QUALITY_ZERO.fullmatch(parameter) for parameter in parameters)
    return False


def tagged(
    request: Request,
    body: bytes,
    tag: str,
    headers: dict[str, str] | None = None,
    *,
    gzipped: bytes | None = None,
    media_type: str = JSON,
) -> Response:
    """Return ``body``, by default as JSON, or 304 without a body if the client has it already.

    ``gzipped`` is the compressed body; without it the middleware compresses.
    """
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding", **(headers or {})}
    if client_holds(request, tag):
        return Response(status_code=304, headers=headers)
    if gzipped is not None and accepts_gzip(request.headers):
        body, headers["Content-Encoding"] = gzipped, "gzip"
    return Response(body, media_type=media_type, headers=headers)
