"""Files that programs look for at fixed addresses: robots.txt (RFC 9309) and security.txt (RFC 9116)."""

from datetime import timedelta

from fastapi import APIRouter, Request, Response

from predictions.errors import NotFound
from service.pages.rendering.formatting import contact_link
from service.settings import Settings

router = APIRouter()
TEXT = "text/plain; charset=utf-8"
#: A reader of security.txt discards it after that; RFC 9116 recommends less than a year.
VALID_FOR = timedelta(days=180)
#: Addresses of no use in a search engine: searches and comparisons, data, forms.
NOT_FOR_ROBOTS = ("/api/", "/search", "/compare", "/sign-in", "/sign-out", "/due", "/record", "/channels", "/metrics")
NO_CONTACT = (
    "this service names no contact for reports of vulnerabilities: its operator sets TRACKRECORD_CONTACT to a mail "
    "or web address"
)


@router.get("/robots.txt")
def robots(request: Request) -> Response:
    """Return which addresses search engines may read: pages; nothing while reading is closed."""
    settings: Settings = request.app.state.settings
    closed = NOT_FOR_ROBOTS if settings.public_read else ("/",)
    return Response("".join(["User-agent: *\n", *(f"Disallow: {path}\n" for path in closed)]), media_type=TEXT)


@router.get("/.well-known/security.txt")
def security(request: Request) -> Response:
    """Return where to report a vulnerability. Raises ``NotFound`` if the operator has set no contact."""
    settings: Settings = request.app.state.settings
    contact = contact_link(settings.contact.strip(), "")
    if not contact.isprintable() or not contact:
        raise NotFound(NO_CONTACT)
    expires = (request.app.state.clock.now() + VALID_FOR).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = (
        f"Contact: {contact}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en",
        f"Canonical: {settings.base_url}/.well-known/security.txt",
    )
    return Response("\n".join(lines) + "\n", media_type=TEXT)
