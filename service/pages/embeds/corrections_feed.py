"""Atom feed (RFC 4287) of corrections."""

from xml.etree.ElementTree import Element

from fastapi import APIRouter, Request, Response

from predictions.queries.corrections import CorrectionView, list_corrections
from service.pages.embeds.atom_feed import ATOM, ENTRIES, NEVER, add_text, feed_document, feed_title, new_entry
from service.pages.rendering.corrections import differences, heading
from service.pages.rendering.templates import page_reply
from service.security.access import Reader
from service.settings import Settings
from service.web.responses import ReadSession

router = APIRouter()


@router.get("/corrections.atom")
def corrections(request: Request, _: Reader, session: ReadSession) -> Response:
    """Return the newest corrections, newest first."""
    rows, state = list_corrections(session, limit=ENTRIES), request.app.state
    entries = [_entry(row, state.settings) for row in rows]
    title = feed_title("corrections", None, None, demo=state.demo)
    updated = rows[0].at if rows else NEVER
    return page_reply(request, feed_document(entries, state.settings, "/corrections.atom", title, updated), ATOM)


def _entry(row: CorrectionView, settings: Settings) -> Element:
    path = f"/corrections?before={row.id + 1}#c{row.id}"
    entry = new_entry(settings, "correction", row.id, heading(row), row.at, path)
    changes = [
        f"{label}: {before}{' was removed' if after is None else f' became {after}'}."
        for label, before, after in differences(row)
    ]
    reason = [f"Reason: {row.reason}"] if row.reason else []
    add_text(entry, "summary", " ".join([*changes, *reason, f"By {row.by}."]))
    return entry
