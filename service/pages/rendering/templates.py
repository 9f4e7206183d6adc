"""From a template and what it shows to the bytes of a page: one environment, one set of headers for all pages."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlmodel import Session

from predictions import ledger
from service import __version__
from service.pages.charts import scales
from service.pages.rendering import formatting
from service.security.csrf import holds_form_token
from service.web.etag import accepts_gzip, client_holds, etag_of

PACKAGE = Path(__file__).parents[2]
#: Nothing from other hosts, no inline script or style; forms go only to this service; nobody frames a page.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; script-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Vary": "Accept, Accept-Encoding, Cookie",
}
#: Of what is made to be shown in pages of others.
EMBEDDED_POLICY = POLICY.replace("frame-ancestors 'none'", "frame-ancestors *")
KEPT_ELSEWHERE_SECONDS = 300
HTML = "text/html; charset=utf-8"
PNG = "image/png"


def address(path: str, query: dict[str, Any], **changes: Any) -> str:
    """``path`` with the query of a page, some of it changed; what is None or empty is left out."""
    kept = {name: value for name, value in (query | changes).items() if value not in (None, "")}
    return f"{path}?{urlencode(kept)}" if kept else path


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(PACKAGE / "templates"),
        autoescape=True,  # whatever the file is called: Starlette's own choice leaves .svg and .txt alone
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(formatting.FILTERS)
    made.globals.update(static=static, address=address, charts=scales, version=__version__, words=formatting)
    return made


@lru_cache
def static(name: str) -> str:
    """The address of a file that ships in ``static``, changed with its content so that it may be kept for long."""
    digest = hashlib.sha256((PACKAGE / "static" / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"


environment = _environment()


def render(
    request: Request, name: str, *, session: Session | None = None, status: int = 200, **context: Any
) -> Response:
    """A page from the template ``name``, tagged; 304 without a body where the reader has it already.

    Every template gets ``request``, ``path``, ``settings``, ``now`` and, where a ``session`` is given, ``ledger_head``.
    """
    return page_reply(request, template_bytes(request, name, session=session, **context), HTML, status=status)


def template_bytes(request: Request, name: str, *, session: Session | None = None, **context: Any) -> bytes:
    """What ``render`` sends, before it is compressed."""
    state = request.app.state
    shared = {
        "request": request,
        "path": request.url.path,
        "settings": state.settings,
        "now": state.clock.now(),
        "demo": state.demo,
        "ledger_head": ledger.head(session) if session is not None else None,
    }
    return environment.get_template(name).render(shared | context).encode()


def shown_elsewhere(request: Request, body: bytes, media_type: str) -> Response:
    """``page_reply`` of what pages of others show: they may frame it, and where everybody may read, anyone in between
    may keep it for some minutes, as many readers of one article ask for the same."""
    reply = page_reply(request, body, media_type, policy=EMBEDDED_POLICY)
    if request.app.state.settings.public_read:
        reply.headers["Cache-Control"] = f"public, max-age={KEPT_ELSEWHERE_SECONDS}"
        reply.headers["Vary"] = "Accept-Encoding"
    return reply


def page_reply(
    request: Request,
    body: bytes,
    media_type: str,
    *,
    status: int = 200,
    policy: str = POLICY,
    gzipped: bytes | None = None,
) -> Response:
    """Return ``body`` with the headers of a page, or ``gzipped`` if it was compressed before and the client takes it.

    A page with a form token is not compressed (see ``Compression``).
    """
    headers = HEADERS | {"Content-Security-Policy": policy, "Cache-Control": "private, no-cache"}
    if holds_form_token(request):
        headers["Cache-Control"] += ", no-transform"
    if status == 200:
        headers["ETag"] = tag = etag_of(body)
        if client_holds(request, tag):
            return Response(status_code=304, headers=headers)
    if gzipped is not None and accepts_gzip(request):
        body, headers["Content-Encoding"] = gzipped, "gzip"
    return Response(body, status, headers=headers, media_type=media_type)
