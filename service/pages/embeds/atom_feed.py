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
    base = settings.base_url
    self_url = base + address("/resolutions.atom", query)
    feed = Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": "en"})
    _text(feed, "id", self_url)
    _text(feed, "title", title)
    _text(feed, "updated", (rows[0][0].resolved_at if rows else NEVER).isoformat())
    SubElement(feed, "link", {"rel": "self", "type": "application/atom+xml", "href": self_url})
    SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": base + "/"})
    _text(SubElement(feed, "author"), "name", "Track Record")
    for resolution, question in rows:
        feed.append(_entry(resolution, question, settings))
    body: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return body


def host_of(settings: Settings) -> str:
    """Return the public host, for stable ids."""
    return urlsplit(settings.base_url).hostname or "localhost"


def _entry(resolution: Resolution, question: Question, settings: Settings) -> Element:
    outcome = "retracted" if resolution.outcome is None else resolution.outcome
    corrected = ", corrected" if resolution.supersedes_id and resolution.outcome else ""
    entry = Element("entry")
    _text(entry, "id", f"tag:{host_of(settings)},2025:resolution:{row_id(resolution)}")
    _text(entry, "title", f"{question.text} – {outcome}{corrected}")
    _text(entry, "updated", resolution.resolved_at.isoformat())
    _text(entry, "published", resolution.resolved_at.isoformat())
    page = f"{settings.base_url}/questions/{question.slug}#resolution"
    SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": page})
    for each in resolution.evidence:
        SubElement(entry, "link", {"rel": "related", "href": printable(str(each["url"]))})
    known = f"Known on {resolution.known_at:%-d %B %Y}. " if resolution.known_at else ""
    notes = [resolution.note, *(str(each.get("note") or "") for each in resolution.evidence)]
    _text(entry, "summary", known + " ".join(filter(None, notes)))
    return entry


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = printable(text)
