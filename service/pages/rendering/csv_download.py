"""CSV downloads."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

from fastapi import Request, Response
from sqlmodel import Session

from predictions import ledger
from predictions.leaderboard.freshness import newest_scoring
from predictions.safe_text import without_control
from service.cache.leaderboard_cache import CachedEstimates
from service.cache.page_cache import PageBytes
from service.files.csv_injection import guard
from service.pages.rendering.templates import page_reply
from service.web.strict_requests import page_key

CSV = "text/csv; charset=utf-8"
MAX_AGE = timedelta(days=1)


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return a CSV file in UTF-8 with a header line."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def cached_csv(
    request: Request, session: Session, name: str, estimates: CachedEstimates, make: Callable[[], bytes]
) -> Response:
    """Reply with a CSV file of that name. All readers share it for a day, or until the record changes.

    ``estimates`` are those that ``make`` shows; a file with previous ones is not cached.
    """
    state = request.app.state
    now, head, key = state.clock.now(), ledger.head(session).seq, page_key(request)
    page = state.leaderboard_cache.get_page(key, head, now)
    if page is None:
        until = min(estimates.until or now + MAX_AGE, now + MAX_AGE)
        page = PageBytes(make(), "", head, until)
        if estimates.is_current(newest_scoring(session), now):
            state.leaderboard_cache.store_page(key, page)
    reply = page_reply(request, page.body, CSV, gzipped=page.gzipped)
    reply.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return reply


def csv_reply(request: Request, name: str, body: bytes) -> Response:
    """Reply with a CSV file of that name, without caching it."""
    reply = page_reply(request, body, CSV)
    reply.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return reply


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return guard(without_control(value))
    return value.isoformat() if hasattr(value, "isoformat") else value
