"""Leaderboards as readers get them: the estimates are kept, and made anew when scores have changed.

The estimates of a record with many scored pairs take seconds. They are made in a thread of their own then, and the
last ones are shown meanwhile, with the event they rest on; means and counts are always fresh.
"""

import logging
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, func, select
from sqlmodel import Session, col

from predictions.estimates import Estimates, estimate
from predictions.models import LedgerEvent, Score
from predictions.scored import Filters, Revisions
from service.database import reading

MAX_KEPT = 64
#: Up to this many scored pairs the estimates take a fraction of a second and are made while the reader waits.
PAIRS_AT_ONCE = 20_000
log = logging.getLogger(__name__)

Key = tuple[Filters, Revisions]
#: Path and query of a page.
Address = tuple[str, bytes]


@dataclass(frozen=True)
class PageBytes:
    """A page of a board as it was sent, good until the ledger's next event or the next deadline."""

    body: bytes
    tag: str
    head: int
    until: datetime | None


@dataclass(frozen=True)
class Kept:
    """Estimates, the newest scoring event they rest on, and the instant from which the next deadline changes them."""

    estimates: Estimates
    event: int
    until: datetime | None

    def fresh(self, event: int, now: datetime) -> bool:
        """Whether nothing has changed since they were made."""
        return self.event == event and (self.until is None or now < self.until)


class Boards:
    """Keeps the estimates of the boards that were read last."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._pages: OrderedDict[Address, PageBytes] = OrderedDict()
        self._lock = threading.Lock()
        self._at_work: set[Key] = set()

    def estimates(self, session: Session, filters: Filters, revisions: Revisions, now: datetime) -> Kept:
        """The estimates under ``filters``; for a large record the last ones, while new ones are made behind."""
        key = (filters, revisions)
        event = newest_scoring(session)
        kept = self._kept.get(key)
        if kept is not None and kept.fresh(event, now):
            return kept
        if kept is None or _is_small(session):
            return self._make(session, key, now)
        self._make_behind(key, now)
        return kept

    def page(self, address: Address, head: int, now: datetime) -> PageBytes | None:
        """The page sent last from this address, if nothing at all has changed since."""
        page = self._pages.get(address)
        return page if page and page.head == head and (page.until is None or now < page.until) else None

    def has_page(self, address: Address) -> bool:
        """Whether a page was sent from this address, good or not."""
        return address in self._pages

    def keep_page(self, address: Address, page: PageBytes) -> None:
        """Remember a page for the next reader."""
        with self._lock:
            self._pages[address] = page
            self._pages.move_to_end(address)
            while len(self._pages) > MAX_KEPT:
                self._pages.popitem(last=False)

    def _make(self, session: Session, key: Key, now: datetime) -> Kept:
        filters, revisions = key
        made = Kept(estimate(session, filters, revisions, now), newest_scoring(session), _next_deadline(session, now))
        with self._lock:
            self._kept[key] = made
            self._kept.move_to_end(key)
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        return made

    def _make_behind(self, key: Key, now: datetime) -> None:
        with self._lock:
            if key in self._at_work:
                return
            self._at_work.add(key)
        threading.Thread(target=self._work, args=(key, now), name="estimates", daemon=True).start()

    def _work(self, key: Key, now: datetime) -> None:
        try:
            with reading(self._engine) as session:
                self._make(session, key, now)
        except Exception:
            log.exception("the estimates of a leaderboard could not be made; the last ones are shown")
        finally:
            with self._lock:
                self._at_work.discard(key)


def newest_scoring(session: Session) -> int:
    """The number of the newest ledger event that changed scores; 0 where there is none."""
    changing = col(LedgerEvent.action).in_(("question.scored", "record.rescored"))
    return session.execute(select(func.max(col(LedgerEvent.seq))).where(changing)).scalar() or 0


def _is_small(session: Session) -> bool:
    few = select(col(Score.question_id)).limit(PAIRS_AT_ONCE + 1).subquery()
    return (session.execute(select(func.count()).select_from(few)).scalar() or 0) <= PAIRS_AT_ONCE


def _next_deadline(session: Session, now: datetime) -> datetime | None:
    return session.execute(select(func.min(col(Score.deadline))).where(col(Score.deadline) > now)).scalar()
