"""Create and read browser sessions: a signed cookie that names an API key by its id.

The cookie does not hold the key itself. Each request looks the key up, so that revoking or rotating it ends its
sessions at once, and whether the session was ended.
"""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from fastapi import Request, Response
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import delete
from sqlmodel import Session, col

from service.db.engine import read_transaction
from service.db.models import EndedSession

SESSION_LIFETIME = timedelta(hours=12)
#: The browser keeps the cookie for longer, so that a form left open overnight can be sent after signing in again.
COOKIE_LIFETIME = timedelta(days=7)
_NONCE_BYTES = 16
_KEY_HASH_LENGTH = 16


@dataclass(frozen=True)
class BrowserSession:
    """Content of the cookie: id and start of the hash of a key (None before signing in), the expiry, and a nonce."""

    key: int | None
    key_hash: str
    until: datetime
    nonce: str


def new_session(now: datetime, key: int | None = None, key_hash: str = "") -> BrowserSession:
    """Return a session that starts now; without a key, one that is good for the sign-in form only."""
    nonce = secrets.token_urlsafe(_NONCE_BYTES)
    return BrowserSession(key, key_hash[:_KEY_HASH_LENGTH], now + SESSION_LIFETIME, nonce)


def read_session(request: Request) -> BrowserSession | None:
    """Return the session in the request's cookie; None if it is missing, invalid or expired."""
    session = read_expired_session(request)
    return session if session and request.app.state.clock.now() < session.until else None


def renewed_session(request: Request, key: int, key_hash: str, now: datetime) -> BrowserSession:
    """Return a new session for ``key``; it keeps the nonce of an expired one, so that open forms stay valid."""
    previous = read_expired_session(request)
    new = new_session(now, key, key_hash)
    if previous is None or previous.key != key:
        return new
    with read_transaction(request.app.state.engine) as session:
        return new if is_ended(session, previous) else replace(new, nonce=previous.nonce)


def read_expired_session(request: Request) -> BrowserSession | None:
    """Return the session in the request's cookie even if it has expired; it is good only for the sign-in form."""
    cookie = request.cookies.get(_name(request))
    if not cookie:
        return None
    try:
        content = _serializer(request).loads(cookie)
        until = datetime.fromtimestamp(content["until"], UTC)
        return BrowserSession(content["key"], content.get("hash", ""), until, content["nonce"])
    except (BadData, KeyError, TypeError, ValueError, OverflowError, OSError):
        return None


def set_session(request: Request, response: Response, session: BrowserSession) -> None:
    """Set the session cookie on the response: not readable by scripts, and not sent from other sites' forms."""
    until = int(session.until.timestamp())
    content = {"key": session.key, "hash": session.key_hash, "until": until, "nonce": session.nonce}
    response.set_cookie(
        _name(request),
        _serializer(request).dumps(content),
        max_age=int(COOKIE_LIFETIME.total_seconds()),
        path="/",
        secure=_is_secure(request),
        httponly=True,
        samesite="lax",
    )


def mark_ended(session: Session, ended: BrowserSession, now: datetime) -> None:
    """Note on the server that a session is ended, so that a copy of its cookie is worth nothing."""
    session.execute(delete(EndedSession).where(col(EndedSession.until) < now))
    if not is_ended(session, ended):
        session.add(EndedSession(nonce_sha256=_digest(ended), until=max(ended.until, now)))


def is_ended(session: Session, browser_session: BrowserSession) -> bool:
    """Return whether a session was ended."""
    return session.get(EndedSession, _digest(browser_session)) is not None


def _digest(browser_session: BrowserSession) -> str:
    return hashlib.sha256(browser_session.nonce.encode()).hexdigest()


def delete_cookie(request: Request, response: Response) -> None:
    """Delete the session cookie."""
    response.delete_cookie(_name(request), path="/", secure=_is_secure(request), httponly=True, samesite="lax")


def _is_secure(request: Request) -> bool:
    address: str = request.app.state.settings.base_url
    return address.startswith("https://")


def _name(request: Request) -> str:
    # Browsers accept a __Host- cookie only over https, from this exact host, for all its paths.
    return "__Host-trackrecord" if _is_secure(request) else "trackrecord"


def _serializer(request: Request) -> URLSafeSerializer:
    options = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeSerializer(request.app.state.secret, salt="trackrecord visit", signer_kwargs=options)
