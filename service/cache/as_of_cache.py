"""Cache in memory the most recently used records as of past instants, with their estimates."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple, TypeVar

from cachetools import LRUCache
from sqlalchemy import Engine, func, select
from sqlmodel import Session, col

from predictions.audit.as_of import head_at, rebuild
from predictions.errors import InvalidInput, time_text
from predictions.leaderboard.estimates import Estimates, estimate
from predictions.leaderboard.filters import Filters, Revisions
from predictions.ledger import Head
from predictions.models import LedgerEvent, Prediction
from service.cache.background import BackgroundRunner, get_or_start
from service.db.engine import read_transaction
from service.errors import Unavailable

MAX_KEPT = 4
#: Some 350 MB in total; the most recently used record stays cached whatever its size.
MAX_PREDICTIONS = 1_000_000
MAX_BOARDS = 64
#: How long a request waits for a large record to be rebuilt, and again for its estimates, before it is refused.
REQUEST_WAIT_SECONDS = 10.0
#: How long the estimates wait for the requests that share the one connection of a rebuilt record.
ESTIMATE_WAIT_SECONDS = 600.0
Board = tuple[Filters, Revisions]
T = TypeVar("T")


class AsOfRecord(NamedTuple):
    """A session on a past record, the newest event of its ledger, and the estimates of one of its boards."""

    session: Session
    head: Head
    estimates: Estimates


class AsOfKey(NamedTuple):
    """Cache key of a past record: the instant, its newest ledger event and the newest rename.

    The newest event changes when a transaction that read the clock earlier commits later, and past records show
    current names."""

    when: datetime
    events: int
    renamed: int


class RebuiltRecord:
    """A past record in memory. It has one connection, hence one session at a time."""

    def __init__(self, engine: Engine, when: datetime, head: Head) -> None:
        self.when, self.head = when, head
        with Session(engine) as session:
            self.predictions = session.execute(select(func.count()).select_from(Prediction)).scalar() or 0
        self.boards: LRUCache[Board, Future[Estimates]] = LRUCache(MAX_BOARDS)
        self._engine, self._in_use, self._dropped = engine, threading.Lock(), False

    @contextmanager
    def open_session(self, wait_seconds: float) -> Iterator[Session]:
        """Open a session when the previous one has ended. Raises ``Unavailable`` after the wait or if dropped."""
        if not self._in_use.acquire(timeout=wait_seconds):
            raise _being_rebuilt(self.when)
        try:
            if self._dropped:
                raise _being_rebuilt(self.when)
            with Session(self._engine) as session:
                yield session
        finally:
            self._in_use.release()
            self._dispose_if_dropped()

    def drop(self) -> None:
        """Free the memory, now or when the current session ends."""
        self._dropped = True
        self._dispose_if_dropped()

    def _dispose_if_dropped(self) -> None:
        if self._dropped and self._in_use.acquire(blocking=False):
            self._engine.dispose()
            self._in_use.release()


class _RebuiltRecords(LRUCache[AsOfKey, Future[RebuiltRecord]]):
    """Cache of past records that frees the memory of an evicted one."""

    def popitem(self) -> tuple[AsOfKey, Future[RebuiltRecord]]:
        """Evict the least recently used record."""
        key, future = super().popitem()
        future.add_done_callback(_drop)
        return key, future

    def predictions(self) -> int:
        """Return the number of predictions in all records that are rebuilt."""
        return sum(each.result().predictions for each in self.values() if _is_ready(each))


class AsOfCache:
    """Rebuilds past records and computes their estimates one at a time in the background, and caches a few."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._cached = _RebuiltRecords(MAX_KEPT)
        self._lock = threading.Lock()
        self._runner = BackgroundRunner("past")

    @contextmanager
    def open(
        self, session: Session, when: datetime, filters: Filters, revisions: Revisions, *, now: datetime
    ) -> Iterator[AsOfRecord]:
        """Open the record as of ``when``, with the estimates under ``filters``.

        Raises ``InvalidInput`` for an instant in the future, ``Unavailable`` while a large record is being rebuilt or
        its estimates are being computed.
        """
        refuse_future(when, now)
        key = AsOfKey(when, head_at(session, when).seq, _newest_rename(session))
        rebuilt = _result_or_unavailable(self._rebuilt(key), when)
        self._evict_large()
        estimates = _result_or_unavailable(self._estimates(rebuilt, (filters, revisions)), when)
        with rebuilt.open_session(REQUEST_WAIT_SECONDS) as past:
            yield AsOfRecord(past, rebuilt.head, estimates)

    def close(self) -> None:
        """Drop all cached records."""
        with self._lock:
            while self._cached:
                self._cached.popitem()

    def _rebuilt(self, key: AsOfKey) -> Future[RebuiltRecord]:
        with self._lock:
            return get_or_start(self._cached, key, lambda: self._runner.start(lambda: _rebuild(self._engine, key.when)))

    def _evict_large(self) -> None:
        with self._lock:
            while len(self._cached) > 1 and self._cached.predictions() > MAX_PREDICTIONS:
                self._cached.popitem()

    def _estimates(self, rebuilt: RebuiltRecord, board: Board) -> Future[Estimates]:
        with self._lock:
            return get_or_start(rebuilt.boards, board, lambda: self._runner.start(lambda: _estimate(rebuilt, board)))


def refuse_future(when: datetime, now: datetime) -> None:
    """Raise ``InvalidInput`` for an instant that is not past."""
    if when > now:
        raise InvalidInput.at("/query/as_of", f"lies in the future: omit it, or give a time up to {time_text(now)}")


def _rebuild(engine: Engine, when: datetime) -> RebuiltRecord:
    with read_transaction(engine) as session:
        head = head_at(session, when)
        return RebuiltRecord(rebuild(session, when), when, head)


def _estimate(rebuilt: RebuiltRecord, board: Board) -> Estimates:
    with rebuilt.open_session(ESTIMATE_WAIT_SECONDS) as past:
        return estimate(past, *board, rebuilt.when)


def _result_or_unavailable(future: Future[T], when: datetime) -> T:
    try:
        return future.result(REQUEST_WAIT_SECONDS)
    except TimeoutError:
        raise _being_rebuilt(when) from None


def _being_rebuilt(when: datetime) -> Unavailable:
    return Unavailable(f"The record as of {when.isoformat()} is being rebuilt. Retry shortly.")


def _is_ready(future: Future[RebuiltRecord]) -> bool:
    return future.done() and future.exception() is None


def _drop(done: Future[RebuiltRecord]) -> None:
    if _is_ready(done):
        done.result().drop()


def _newest_rename(session: Session) -> int:
    """Return the newest event that changed a name, which past records take from the current one."""
    changed = col(LedgerEvent.action).in_(("commentator.changed", "source.changed", "question.changed"))
    return session.execute(select(func.max(col(LedgerEvent.seq))).where(changed)).scalar() or 0
