"""Sessions of people who work on the pages: a signed cookie that names an API key, and the token of its forms.

The cookie holds no secret of the key, only its number: whether the key still opens anything is looked up at each
request, so that revoking it ends its sessions at once.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fastapi import Request, Response
from itsdangerous import BadData, URLSafeSerializer

SESSION_LASTS = timedelta(hours=12)
#: The browser keeps the cookie for longer, so that a form left open overnight can be sent after signing in again.
COOKIE_LASTS = timedelta(days=7)
_NONCE_BYTES = 16


@dataclass(frozen=True)
class BrowserSession:
    """What a cookie says: who (the number of a key; None before signing in), until when, and a number used once."""

    key: int | None
    until: datetime
    nonce: str


def new_session(key: int | None, now: datetime) -> BrowserSession:
    """A visit that begins now."""
    return BrowserSession(key, now + SESSION_LASTS, secrets.token_urlsafe(_NONCE_BYTES))


def read_session(request: Request) -> BrowserSession | None:
    """The visit that the request's cookie tells of; None without a cookie, with one not signed here, or one expired."""
    visit = read_expired_session(request)
    return visit if visit and request.app.state.clock.now() < visit.until else None


def renewed_session(request: Request, key: int, now: datetime) -> BrowserSession:
    """A visit of the owner of ``key`` that begins now. After an ended visit of the same key its forms still hold."""
    before = read_expired_session(request)
    fresh = new_session(key, now)
    return BrowserSession(key, fresh.until, before.nonce) if before is not None and before.key == key else fresh


def read_expired_session(request: Request) -> BrowserSession | None:
    """As ``read_visit``, but an ended visit too: it opens nothing any more, but the sign-in form."""
    given = request.cookies.get(_name(request))
    if not given:
        return None
    try:
        held = _serializer(request).loads(given)
        return BrowserSession(held["key"], datetime.fromtimestamp(held["until"], UTC), held["nonce"])
    except (BadData, KeyError, TypeError, ValueError, OverflowError, OSError):
        return None


def set_session(request: Request, response: Response, visit: BrowserSession) -> None:
    """Let the response carry the visit's cookie: unreadable for scripts, and sent only by this site's own pages."""
    held = {"key": visit.key, "until": int(visit.until.timestamp()), "nonce": visit.nonce}
    response.set_cookie(
        _name(request),
        _serializer(request).dumps(held),
        max_age=int(COOKIE_LASTS.total_seconds()),
        path="/",
        secure=_is_secure(request),
        httponly=True,
        samesite="lax",
    )


def end_session(request: Request, response: Response) -> None:
    """Let the browser forget the cookie."""
    response.delete_cookie(_name(request), path="/", secure=_is_secure(request), httponly=True, samesite="lax")


def _is_secure(request: Request) -> bool:
    address: str = request.app.state.settings.base_url
    return address.startswith("https://")


def _name(request: Request) -> str:
    # Browsers take a __Host- cookie only over https, from this very host, for all of its paths.
    return "__Host-trackrecord" if _is_secure(request) else "trackrecord"


def _serializer(request: Request) -> URLSafeSerializer:
    kept = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeSerializer(request.app.state.secret, salt="trackrecord visit", signer_kwargs=kept)
