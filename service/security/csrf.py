"""Protection against cross-site requests: form tokens, and the origin that a browser names."""

import hashlib
import hmac
from urllib.parse import urlsplit

from fastapi import Request

from service.security.browser_session import BrowserSession


def form_token(request: Request, visit: BrowserSession) -> str:
    """What each form of a visit carries: only pages of this service, shown in this visit, can know it."""
    request.state.holds_form_token = True
    return hmac.new(request.app.state.secret, b"form token\n" + visit.nonce.encode(), hashlib.sha256).hexdigest()


def holds_form_token(request: Request) -> bool:
    """Return whether a form token was made for the reply to this request."""
    return getattr(request.state, "holds_form_token", False)


def has_form_token(request: Request, visit: BrowserSession | None, given: str) -> bool:
    """Whether a form carried the token of its visit."""
    return visit is not None and hmac.compare_digest(form_token(request, visit).encode(), given.encode())


def is_cross_site(request: Request) -> bool:
    """Whether a browser says that the request comes from a page of another origin.

    Browsers send Sec-Fetch-Site; older ones at least Origin, which must then be this host. What is no browser sends
    neither, and holds no cookie of anybody else.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is None:
        return False
    public = urlsplit(request.app.state.settings.base_url).netloc
    return (urlsplit(origin).netloc or "null") not in {request.headers.get("host", ""), public}
