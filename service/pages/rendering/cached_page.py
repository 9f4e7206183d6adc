"""Cached pages: rendered once for all readers without a browser session, until the record changes."""

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
from service.security.browser_session import read_expired_session
from service.web.strict_requests import page_key

#: Limit of a cached page's age, so that texts such as "in 3 days" stay correct.
MAX_AGE = timedelta(minutes=10)


def estimates_page(
    request: Request,
    session: Session,
    estimates: Callable[[], CachedEstimates],
    body: Callable[[CachedEstimates], bytes],
) -> Response:
    """Reply with the cached page of this address if it is still valid, else render it with ``body``."""

    def render(now: datetime) -> RenderedPage:
        cached = estimates()
        return RenderedPage(body(cached), cached.until, cached.is_current(newest_scoring(session), now))

    return _cached(request, session, render)


def cached_page(request: Request, session: Session, body: Callable[[], bytes]) -> Response:
    """Reply like ``estimates_page``, for a page that shows no estimates."""
    return _cached(request, session, lambda now: RenderedPage(body(), next_deadline(session, now), True))


class RenderedPage(NamedTuple):
    """A rendered page, its expiry (None: no deadline ahead), and whether it may be cached."""

    body: bytes
    until: datetime | None
    cacheable: bool


def _cached(request: Request, session: Session, render: Callable[[datetime], RenderedPage]) -> Response:
    boards, now = request.app.state.leaderboard_cache, request.app.state.clock.now()
    key, shared = page_key(request), read_expired_session(request) is None
    head = ledger.head(session).seq
    page = boards.get_page(key, head, now) if shared else None
    if page is None:
        rendered = render(now)
        page = PageBytes(rendered.body, "", head, min(rendered.until or now + MAX_AGE, now + MAX_AGE))
        if shared and rendered.cacheable:
            boards.store_page(key, page)
    return page_reply(request, page.body, HTML, gzipped=page.gzipped if shared else None)
