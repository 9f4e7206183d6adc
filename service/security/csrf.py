"""Protect against cross-site requests: form tokens and the origin that browsers send."""

import hashlib
import hmac
from urllib.parse import urlsplit

from fastapi import Request

from service.security.browser_session import BrowserSession


def form_token(request: Request, session: BrowserSession) -> str:
    """Return the CSRF token of a session, which only this service's pages in that session contain."""
    request.state.holds_form_token = True
    return hmac.new(request.app.state.secret, b"form token\n" + session.nonce.encode(), hashlib.sha256).hexdigest()


def holds_form_token(request: Request) -> bool:
    """Return whether a form token was made for the reply to this request."""
    return getattr(request.state, "holds_form_token", False)


def has_form_token(request: Request, session: BrowserSession | None, given: str) -> bool:
    """Return whether a form was sent with the CSRF token of its session."""
    return session is not None and hmac.compare_digest(form_token(request, session).encode(), given.encode())


def is_cross_site(request: Request) -> bool:
    """Return whether a browser reports that the request comes from a page of another origin.

    Browsers send Sec-Fetch-Site; older ones at least Origin, which must then be this host. Other clients send
    neither, and hold no cookie of another user.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is None:
        return False
    public = urlsplit(request.app.state.settings.base_url).netloc
    return (urlsplit(origin).netloc or "null") not in {request.headers.get("host", ""), public}
