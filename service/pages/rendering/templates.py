"""Template rendering: one Jinja environment and one set of response headers for all pages."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Undefined
from markupsafe import Markup
from sqlmodel import Session

from predictions import ledger
from predictions.safe_text import printable, without_control
from service import __version__
from service.pages.charts import scales
from service.pages.rendering import elements, formatting, labels
from service.security.csrf import holds_form_token
from service.web.etag import accepts_gzip, client_holds, etag_of

PACKAGE = Path(__file__).parents[2]
#: No resources from other hosts, no inline script or style, forms to this site only, no framing.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; script-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {"Content-Security-Policy": POLICY, "Vary": "Accept, Accept-Encoding, Cookie"}
#: For embeds, which other sites may frame.
EMBEDDED_POLICY = POLICY.replace("frame-ancestors 'none'", "frame-ancestors *")
EMBED_MAX_AGE_SECONDS = 300
HTML = "text/html; charset=utf-8"
PNG = "image/png"


def address(path: str, query: dict[str, Any], **changes: Any) -> str:
    """Return ``path`` with the query and its changes, without empty parameters."""
    parameters = {name: value for name, value in (query | changes).items() if value not in (None, "")}
    return f"{path}?{urlencode(parameters)}" if parameters else path


def _new_environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(PACKAGE / "templates"),
        autoescape=True,  # for all file names: Starlette's default excludes .svg and .txt
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # else the files of a page are looked at for each request
    )
    environment.filters.update(formatting.FILTERS | labels.FILTERS | elements.FILTERS)
    environment.globals.update(static=static, address=address, charts=scales, version=__version__)
    environment.globals.update(formatting=formatting, labels=labels)
    return environment


def _shown(value: Any) -> Any:
    """Return what an expression of a template shows: text is made safe, also in the SVG of charts and badges.

    What is markup already may hold marks of direction, which ``isolated`` has put into an element of its own.
    """
    if isinstance(value, Markup):
        # What has no control character, the usual case, is not copied.
        return value if value.isprintable() else Markup(without_control(value))  # noqa: S704 - it only loses characters
    if isinstance(value, str):
        return printable(value)
    # An "if" without "else" that does not hold: to escape it, an error would be raised and caught.
    return "" if type(value) is Undefined else value


@lru_cache
def static(name: str) -> str:
    """Return the address of a file in ``static``, with a hash of its content for long caching."""
    digest = hashlib.sha256((PACKAGE / "static" / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"


environment = _new_environment()


def render(
    request: Request, name: str, *, session: Session | None = None, status: int = 200, **context: Any
) -> Response:
    """Render the template ``name`` as a reply with an ETag; 304 if the client has this version.

    Every template gets ``request``, ``path``, ``settings``, ``now`` and, where a ``session`` is given, ``ledger_head``.
    """
    return page_reply(request, template_bytes(request, name, session=session, **context), HTML, status=status)


def template_bytes(request: Request, name: str, *, session: Session | None = None, **context: Any) -> bytes:
    """Render the template ``name`` to bytes, with the variables that every template gets."""
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


def embed_reply(request: Request, body: bytes, media_type: str) -> Response:
    """Reply with an embed: other sites may frame it, and with public reading shared caches may store it for minutes."""
    reply = page_reply(request, body, media_type, policy=EMBEDDED_POLICY)
    if request.app.state.settings.public_read:
        reply.headers["Cache-Control"] = f"public, max-age={EMBED_MAX_AGE_SECONDS}"
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
    if gzipped is not None and accepts_gzip(request.headers):
        body, headers["Content-Encoding"] = gzipped, "gzip"
    return Response(body, status, headers=headers, media_type=media_type)
