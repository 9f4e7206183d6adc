"""Public reads from scripts of other sites (CORS): without credentials, and only while reading is public."""

from starlette.responses import Response
from starlette.types import Scope

from service.settings import Settings

METHODS = ("GET", "HEAD", "OPTIONS")
#: Headers of replies that scripts of other sites may read, apart from those that every script may read.
EXPOSED = "ETag, Link, RateLimit, RateLimit-Policy, Retry-After, Content-Disposition, X-Request-ID"
#: Headers that they may send; Authorization is not among them.
ACCEPTED = "Accept, If-None-Match"
MAX_AGE_SECONDS = "86400"
_CREDENTIALS = (b"authorization", b"cookie")


def public_read_headers(scope: Scope, settings: Settings) -> dict[str, str]:
    """Return the headers that let scripts of any site read this reply; none for a write or with credentials."""
    credentials = any(name in _CREDENTIALS for name, _ in scope["headers"])
    if not settings.public_read or credentials or scope["method"] not in METHODS:
        return {}
    return {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": EXPOSED}


def is_preflight(scope: Scope, settings: Settings) -> bool:
    """Return whether a browser asks if a script of another site may send a request that is not a simple one."""
    names = {name for name, _ in scope["headers"]}
    return settings.public_read and scope["method"] == "OPTIONS" and b"access-control-request-method" in names


def preflight_reply() -> Response:
    """Return the answer to a preflight: what a script may send, whichever method it asked for."""
    headers = {
        "Access-Control-Allow-Methods": ", ".join(METHODS),
        "Access-Control-Allow-Headers": ACCEPTED,
        "Access-Control-Max-Age": MAX_AGE_SECONDS,
    }
    return Response(status_code=204, headers=headers)
