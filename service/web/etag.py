"""ETags: made from a body, and compared with what the client has."""

import hashlib

from fastapi import Request, Response

JSON = "application/json"


def etag_of(body: bytes) -> str:
    """A tag that changes with the body."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def tagged(request: Request, body: bytes, tag: str, headers: dict[str, str] | None = None) -> Response:
    """``body`` as JSON, or 304 without a body where the reader has it already."""
    headers = {"ETag": tag, "Cache-Control": "no-cache", **(headers or {})}
    held = request.headers.get("if-none-match", "")
    if held.strip() == "*" or tag in {part.strip().removeprefix("W/") for part in held.split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=JSON, headers=headers)
