"""Leaderboards as readers get them: the estimates are kept, and made anew when scores have changed.

The estimates are never made inside a request, but in a thread of their own. Readers of a small record wait for them, a
fraction of a second; those of a large one are shown the last ones meanwhile, with the event they rest on, or none.
Means and counts are always fresh.
"""

import logging
import threading
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

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
#: Up to this many scored pairs the estimates take a fraction of a second, and readers wait for the newest.
PAIRS_AT_ONCE = 20_000
#: So long a reader waits, who would otherwise get the last estimates of a small record, or none at all.
PATIENCE_SECONDS = 2.0
log = logging.getLogger(__name__)

Key = tuple[Filters, Revisions]
State = Literal["current", "stale", "pending"]


@dataclass(frozen=True)
class CachedEstimates:
    """Estimates, the newest scoring event they rest on, and the instant from which the next deadline changes them."""

    estimates: Estimates
    event: int
    until: datetime | None

    def fresh(self, event: int, now: datetime) -> bool:
        """Whether nothing has changed since they were made."""
        return self.event == event and (self.until is None or now < self.until)

    def state(self, event: int, now: datetime) -> State:
        """Whether they are those of this very moment, the last ones, or none yet."""
        if self.estimates.pending:
            return "pending"
        return "current" if self.fresh(event, now) else "stale"


_NONE_YET = CachedEstimates(no_estimates(), -1, None)


class LeaderboardCache:
    """Keeps the estimates of the boards that were read last."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._kept: OrderedDict[Key, CachedEstimates] = OrderedDict()
        self._pages: OrderedDict[Address, PageBytes] = OrderedDict()
        self._lock = threading.Lock()
        self._behind = BackgroundRunner("estimates")
        #: Those that wait for their turn: whoever asks now joins them. Those at work may miss what the asker has seen.
        self._coming: dict[Key, Future[CachedEstimates]] = {}

    def estimates(self, session: Session, filters: Filters, revisions: Revisions, now: datetime) -> CachedEstimates:
        """The estimates under ``filters``: those of this moment, or the last ones, or none, while new ones are made.

        Raises ``Unavailable`` where too many others are being made.
        """
        key = (filters, revisions)
        event = newest_scoring(session)
        kept = self._kept.get(key)
        if kept is not None and kept.fresh(event, now):
            return kept
        made = self._start(key, now)
        if kept is not None and not _is_small(session):
            return kept
        try:
            return made.result(PATIENCE_SECONDS)
        except TimeoutError:
            return kept or _NONE_YET

    def page(self, address: Address, head: int, now: datetime) -> PageBytes | None:
        """The page sent last from this address, if nothing at all has changed since."""
        page = self._pages.get(address)
        return page if page and page.head == head and (page.until is None or now < page.until) else None

    def has_page(self, address: Address) -> bool:
        """Whether a page was sent from this address, good or not."""
        return address in self._pages

    def store_page(self, address: Address, page: PageBytes) -> None:
        """Remember a page for the next reader."""
        with self._lock:
            self._pages[address] = page
            self._pages.move_to_end(address)
            while len(self._pages) > MAX_KEPT:
                self._pages.popitem(last=False)

    def _start(self, key: Key, now: datetime) -> Future[CachedEstimates]:
        with self._lock:
            if key not in self._coming:
                self._coming[key] = self._behind.start(lambda: self._make(key, now))
            return self._coming[key]

    def _make(self, key: Key, now: datetime) -> CachedEstimates:
        with self._lock:
            del self._coming[key]
        try:
            with read_transaction(self._engine) as session:
                event, known = newest_scoring(session), self._kept.get(key)
                if known is not None and known.fresh(event, now):  # made while these waited for their turn
                    return known
                made = CachedEstimates(estimate(session, *key, now), event, next_deadline(session, now))
        except Exception:
            log.exception("the estimates of a leaderboard could not be made")
            raise
        with self._lock:
            self._kept[key] = made
            self._kept.move_to_end(key)
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        return made


def _is_small(session: Session) -> bool:
    few = select(col(Score.question_id)).limit(PAIRS_AT_ONCE + 1).subquery()
    return (session.execute(select(func.count()).select_from(few)).scalar() or 0) <= PAIRS_AT_ONCE
