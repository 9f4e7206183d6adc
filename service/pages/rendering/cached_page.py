"""Pages that readers share: rendered once for all who are not signed in, until the record changes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from fastapi import Request, Response
from sqlmodel import Session

from predictions import ledger
from predictions.leaderboard.freshness import newest_scoring, next_deadline
from service.cache.leaderboard_cache import CachedEstimates
from service.cache.page_cache import PageBytes
from service.pages.rendering.templates import HTML, page_reply
from service.web.responses import page_address

#: "In 3 days" on a page must not grow old where nothing happens for long.
LONGEST = timedelta(minutes=10)


def shared_page(
    request: Request,
    session: Session,
    estimates: Callable[[], CachedEstimates],
    body: Callable[[CachedEstimates], bytes],
) -> Response:
    """The page at this address: as it was rendered last if nothing has changed since, else rendered by ``body``."""

    def make(now: datetime) -> Made:
        made = estimates()
        return Made(body(made), made.until, made.is_current(newest_scoring(session), now))

    return _kept(request, session, make)


def kept_page(request: Request, session: Session, body: Callable[[], bytes]) -> Response:
    """``shared_page`` without estimates."""
    return _kept(request, session, lambda now: Made(body(), next_deadline(session, now), True))


class Made(NamedTuple):
    """A page, until when it is good if nothing else changes, and whether it may be kept."""

    body: bytes
    until: datetime | None
    good: bool


def _kept(request: Request, session: Session, make: Callable[[datetime], Made]) -> Response:
    boards, now = request.app.state.leaderboard_cache, request.app.state.clock.now()
    wanted, shared = page_address(request), not request.cookies
    head = ledger.head(session).seq
    page = boards.get_page(wanted, head, now) if shared else None
    if page is None:
        made = make(now)
        page = PageBytes(made.body, "", head, min(made.until or now + LONGEST, now + LONGEST))
        if shared and made.good:
            boards.store_page(wanted, page)
    return page_reply(request, page.body, HTML, gzipped=page.gzipped if shared else None)
