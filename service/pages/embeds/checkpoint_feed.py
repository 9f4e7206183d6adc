"""Atom feed (RFC 4287) of signed checkpoints: a feed reader keeps them where the operator cannot change them."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement

from fastapi import APIRouter, Request, Response

from predictions.checkpoints.models import Checkpoint
from predictions.checkpoints.stored import list_checkpoints
from service.pages.embeds.atom_feed import ATOM, ENTRIES, NEVER, feed_document, feed_title, new_entry
from service.pages.rendering.templates import page_reply
from service.security.access import Reader
from service.settings import Settings
from service.web.responses import ReadSession

router = APIRouter()


@router.get("/ledger/checkpoints.atom")
def checkpoints(request: Request, _: Reader, session: ReadSession) -> Response:
    """Return the newest checkpoints of the ledger, newest first, each with its whole note."""
    rows = list_checkpoints(session, before=None, limit=ENTRIES)
    title = feed_title("checkpoints of the ledger", None, None, demo=request.app.state.demo)
    return page_reply(request, _feed(rows, request.app.state.settings, title), ATOM)


def _feed(rows: Sequence[Checkpoint], settings: Settings, title: str) -> bytes:
    updated = rows[0].made_at if rows else NEVER
    return feed_document([_entry(row, settings) for row in rows], settings, "/ledger/checkpoints.atom", title, updated)


def _entry(row: Checkpoint, settings: Settings) -> Element:
    title, note = f"Checkpoint {row.id}: {row.size:,} events", f"/api/ledger/checkpoints/{row.id}/note"
    entry = new_entry(settings, "checkpoint", row.id, title, row.made_at, note)
    SubElement(entry, "content", {"type": "text"}).text = row.note
    return entry
