"""Atom feed (RFC 4287) of resolutions: all, of a topic, or of a commentator's questions."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, SubElement, tostring

from fastapi import APIRouter, Query, Request, Response

from predictions.models import Commentator, Question, Resolution, row_id
from predictions.queries.feeds import newest_resolutions
from predictions.safe_text import printable
from service.lookup import commentator_of
from service.pages.rendering.templates import address, page_reply
from service.security.access import Reader
from service.settings import Settings
from service.web.responses import ReadSession

router = APIRouter()
ENTRIES = 100
ATOM = "application/atom+xml; charset=utf-8"
#: Last change of a feed without entries.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
Topic = Annotated[str | None, Query(max_length=60)]
CommentatorParam = Annotated[str | None, Query(max_length=120, description="the id or the slug of a commentator")]


@router.get("/resolutions.atom")
def resolutions(
    request: Request, _: Reader, session: ReadSession, topic: Topic = None, commentator: CommentatorParam = None
) -> Response:
    """Return the newest resolutions and their corrections, newest first, by topic or commentator."""
    person = commentator_of(session, commentator) if commentator else None
    rows = newest_resolutions(session, ENTRIES, topic=topic, commentator=person)
    settings: Settings = request.app.state.settings
    here = {"topic": topic, "commentator": person.slug if person else None}
    return page_reply(
        request, atom(rows, settings, here, feed_title("resolutions", topic, person, demo=request.app.state.demo)), ATOM
    )


def feed_title(what: str, topic: str | None, person: Commentator | None, *, demo: bool) -> str:
    """Return the title of a feed, with its filters."""
    return " · ".join(
        [
            f"Track Record{' demo (invented)' if demo else ''}: {what}",
            *([topic] if topic else []),
            *([person.name] if person else []),
        ]
    )


def atom(rows: Sequence[tuple[Resolution, Question]], settings: Settings, query: dict[str, Any], title: str) -> bytes:
    """Return the feed document; entry ids do not depend on the filters."""
    updated = rows[0][0].resolved_at if rows else NEVER
    entries = [_entry(resolution, question, settings) for resolution, question in rows]
    return feed_document(entries, settings, address("/resolutions.atom", query), title, updated)


def feed_document(entries: Sequence[Element], settings: Settings, path: str, title: str, updated: datetime) -> bytes:
    """Return a feed with these entries, whose own address ends with ``path``."""
    base = settings.base_url
    feed = Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": "en"})
    add_text(feed, "id", base + path)
    add_text(feed, "title", title)
    add_text(feed, "updated", updated.isoformat())
    SubElement(feed, "link", {"rel": "self", "type": "application/atom+xml", "href": base + path})
    SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": base + "/"})
    add_text(SubElement(feed, "author"), "name", "Track Record")
    feed.extend(entries)
    body: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return body


def new_entry(settings: Settings, kind: str, number: int, title: str, at: datetime, path: str) -> Element:
    """Return an entry with a stable id, a title, its time, and the address of its page."""
    entry = Element("entry")
    add_text(entry, "id", f"tag:{host_of(settings)},2025:{kind}:{number}")
    add_text(entry, "title", title)
    add_text(entry, "updated", at.isoformat())
    add_text(entry, "published", at.isoformat())
    SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": settings.base_url + path})
    return entry


def host_of(settings: Settings) -> str:
    """Return the public host, for stable ids."""
    return urlsplit(settings.base_url).hostname or "localhost"


def _entry(resolution: Resolution, question: Question, settings: Settings) -> Element:
    outcome = "retracted" if resolution.outcome is None else resolution.outcome
    corrected = ", corrected" if resolution.supersedes_id and resolution.outcome else ""
    title = f"{question.text} – {outcome}{corrected}"
    path = f"/questions/{question.slug}#resolution"
    entry = new_entry(settings, "resolution", row_id(resolution), title, resolution.resolved_at, path)
    for each in resolution.evidence:
        SubElement(entry, "link", {"rel": "related", "href": printable(str(each["url"]))})
    known = f"Known on {resolution.known_at:%-d %B %Y}. " if resolution.known_at else ""
    notes = [resolution.note, *(str(each.get("note") or "") for each in resolution.evidence)]
    add_text(entry, "summary", known + " ".join(filter(None, notes)))
    return entry


def add_text(parent: Element, name: str, text: str) -> None:
    """Add an element with a text that is safe in XML."""
    SubElement(parent, name).text = printable(text)
