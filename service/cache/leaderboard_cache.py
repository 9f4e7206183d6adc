"""Cache the estimates of leaderboards, and recompute them when scores have changed.

A background job computes the estimates, never the request itself. On a small record the request waits for them, a
fraction of a second; on a large one it gets the previous estimates, with the event they are based on, or none.
Means and counts are always current.
"""

import logging
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cachetools import LRUCache
from sqlalchemy import Engine, func, select
from sqlmodel import Session, col

from predictions.leaderboard.estimates import Estimates, estimate, no_estimates
from predictions.leaderboard.filters import Filters, Revisions
from predictions.leaderboard.freshness import newest_scoring, next_deadline
from predictions.models import Score
from service.cache.background import BackgroundRunner
from service.cache.page_cache import Address, PageBytes
from service.db.engine import read_transaction

MAX_KEPT = 64
#: Up to this many scored pairs the estimates take a fraction of a second, and requests wait for the newest.
MAX_PAIRS_TO_WAIT_FOR = 20_000
#: How long a request waits for new estimates before it gets the previous ones, or none.
REQUEST_WAIT_SECONDS = 2.0
log = logging.getLogger(__name__)

Key = tuple[Filters, Revisions]
State = Literal["current", "stale", "pending"]


@dataclass(frozen=True)
class CachedEstimates:
    """Estimates, the newest scoring event that they include, and the next deadline, from which they are outdated."""

    estimates: Estimates
    event: int
    until: datetime | None

    def is_current(self, event: int, now: datetime) -> bool:
        """Return whether nothing has changed since they were computed."""
        return self.event == event and (self.until is None or now < self.until)

    def state(self, event: int, now: datetime) -> State:
        """Return whether they are current, stale (the previous ones), or pending (not computed yet)."""
        if self.estimates.pending:
            return "pending"
        return "current" if self.is_current(event, now) else "stale"


_NONE_YET = CachedEstimates(no_estimates(), -1, None)


class LeaderboardCache:
    """Caches the estimates and pages of the most recently used boards."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._cached: LRUCache[Key, CachedEstimates] = LRUCache(MAX_KEPT)
        self._pages: LRUCache[Address, PageBytes] = LRUCache(MAX_KEPT)
        self._lock = threading.Lock()
        self._runner = BackgroundRunner("estimates")
        #: Jobs that have not started: requests for the same board share one. A running job may miss the newest scores.
        self._waiting: dict[Key, Future[CachedEstimates]] = {}

    def get_estimates(self, session: Session, filters: Filters, revisions: Revisions, now: datetime) -> CachedEstimates:
        """Return the current estimates under ``filters``, or the previous ones or none while new ones are computed.

        Raises ``Unavailable`` if too many others are being computed.
        """
        key = (filters, revisions)
        event = newest_scoring(session)
        cached = self._get(key)
        if cached is not None and cached.is_current(event, now):
            return cached
        computed = self._start(key, now)
        if cached is not None and not _is_small(session):
            return cached
        try:
            return computed.result(REQUEST_WAIT_SECONDS)
        except TimeoutError:
            return cached or _NONE_YET

    def get_page(self, address: Address, head: int, now: datetime) -> PageBytes | None:
        """Return the cached page of this address if nothing has changed since it was rendered."""
        with self._lock:  # a read marks it as used most recently
            page = self._pages.get(address)
        return page if page and page.head == head and (page.until is None or now < page.until) else None

    def has_page(self, address: Address) -> bool:
        """Return whether a page of this address is cached, current or not."""
        return address in self._pages

    def store_page(self, address: Address, page: PageBytes) -> None:
        """Cache a page."""
        with self._lock:
            self._pages[address] = page

    def _get(self, key: Key) -> CachedEstimates | None:
        with self._lock:
            return self._cached.get(key)

    def _start(self, key: Key, now: datetime) -> Future[CachedEstimates]:
        with self._lock:
            if key not in self._waiting:
                self._waiting[key] = self._runner.start(lambda: self._compute(key, now))
            return self._waiting[key]

    def _compute(self, key: Key, now: datetime) -> CachedEstimates:
        with self._lock:
            del self._waiting[key]
        try:
            with read_transaction(self._engine) as session:
                event, cached = newest_scoring(session), self._get(key)
                if cached is not None and cached.is_current(event, now):  # computed while this job waited
                    return cached
                computed = CachedEstimates(estimate(session, *key, now), event, next_deadline(session, now))
        except Exception:
            log.exception("could not compute the estimates of a leaderboard")
            raise
        with self._lock:
            self._cached[key] = computed
        return computed


def _is_small(session: Session) -> bool:
    few = select(col(Score.question_id)).limit(MAX_PAIRS_TO_WAIT_FOR + 1).subquery()
    return (session.execute(select(func.count()).select_from(few)).scalar() or 0) <= MAX_PAIRS_TO_WAIT_FOR
