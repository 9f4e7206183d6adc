"""Headers of every reply: security, caching, and redirects that do not repeat the Host of the request."""

from urllib.parse import urlsplit, urlunsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.settings import Settings
from service.web.cors import is_preflight, preflight_reply, public_read_headers

#: For data: a browser that shows it as a document runs, loads and frames nothing.
DATA_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
#: One year, of this host only: other hosts of the domain are not this service's to decide on.
HSTS = "max-age=31536000"
#: What a policy says that lets other sites frame a page.
FRAMES_ALLOWED = "frame-ancestors *"
PUBLIC_FILES = ("/static/", "/static-offline-docs/")
COOKIE = b"trackrecord="


def security_headers(policy: str = DATA_POLICY, *, https: bool = False) -> dict[str, str]:
    """Return the security headers of a reply with this Content-Security-Policy."""
    headers = SECURITY_HEADERS | {"Content-Security-Policy": policy}
    if FRAMES_ALLOWED not in policy:
        headers["X-Frame-Options"] = "DENY"
    return headers | {"Strict-Transport-Security": HSTS} if https else headers


class ReplyHeaders:
    """Outermost middleware. It adds what a reply lacks, also to one that an inner middleware or the router sends."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        settings: Settings = scope["app"].state.settings

        async def send_amended(message: Message) -> None:
            if message["type"] == "http.response.start":
                _amend(MutableHeaders(scope=message), message["status"], scope, settings)
            await send(message)

        if is_preflight(scope, settings):
            await preflight_reply()(scope, receive, send_amended)
        else:
            await self._app(scope, receive, send_amended)


def _amend(headers: MutableHeaders, status: int, scope: Scope, settings: Settings) -> None:
    policy = headers.get("content-security-policy", DATA_POLICY)
    for name, value in security_headers(policy, https=_is_https(scope, settings)).items():
        headers.setdefault(name, value)
    for name, value in public_read_headers(scope, settings).items():
        headers[name] = value
    if status >= 400 or not scope["path"].startswith(PUBLIC_FILES):
        headers["Cache-Control"] = _cache_control(headers, status, scope, settings)
    if "location" in headers:
        headers["Location"] = _path_only(headers["location"])


def _is_https(scope: Scope, settings: Settings) -> bool:
    return scope["scheme"] == "https" or settings.base_url.startswith("https://")


def is_keyed(scope: Scope) -> bool:
    """Return whether the reply may depend on a key or session."""
    return any(name == b"authorization" or (name == b"cookie" and COOKIE in value) for name, value in scope["headers"])


def _cache_control(headers: MutableHeaders, status: int, scope: Scope, settings: Settings) -> str:
    """Return the reply's own directives, unless they let a cache give it to somebody whose key it has not seen."""
    given = headers.get("cache-control", "")
    personal = not settings.public_read or is_keyed(scope)
    if not given:
        safe = scope["method"] in ("GET", "HEAD") and status < 400
        return "no-cache" if safe and not personal else "no-store"
    if not personal or "no-store" in given or (settings.public_read and "public" in given):
        return given
    return "private, no-cache" + (", no-transform" if "no-transform" in given else "")


def _path_only(location: str) -> str:
    """Return the path of a redirect: all lead to this site, and the framework would repeat any Host it was sent."""
    parts = urlsplit(location)
    return urlunsplit(("", "", "/" + parts.path.lstrip("/"), parts.query, parts.fragment))
