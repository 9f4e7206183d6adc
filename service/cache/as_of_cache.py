"""The record as it stood at past instants: the ones read last are kept in memory, with the estimates asked for."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple, TypeVar

from cachetools import LRUCache
from sqlalchemy import Engine, func, select
from sqlmodel import Session, col

from predictions.audit.as_of import head_at, rebuild
from predictions.errors import InvalidInput
from predictions.leaderboard.estimates import Estimates, estimate
from predictions.leaderboard.filters import Filters, Revisions
from predictions.ledger import Head
from predictions.models import LedgerEvent, Prediction
from service.cache.background import BackgroundRunner
from service.db.engine import read_transaction
from service.errors import Unavailable

MAX_KEPT = 4
#: Together, some 350 MB; the one read last is kept whatever its size.
MAX_PREDICTIONS = 1_000_000
MAX_BOARDS = 64
#: So long a reader waits for a large record to be rebuilt, and again for its estimates, before being told to ask again.
PATIENCE_SECONDS = 10.0
#: So long the estimates wait for readers, who take the one connection in turn.
TURN_SECONDS = 600.0
Board = tuple[Filters, Revisions]
K = TypeVar("K")
T = TypeVar("T")


class AsOfRecord(NamedTuple):
    """A session on the record as it stood, the newest event of its ledger, and the estimates of one of its boards."""

    session: Session
    head: Head
    estimates: Estimates


class AsOfKey(NamedTuple):
    """What a past record depends on: the instant; the ledger up to it, which may still gain what took its time from
    the clock and was committed later; and the newest change of a name, as names are today's."""

    when: datetime
    events: int
    renamed: int


class RebuiltRecord:
    """A past record in memory. It has one connection, hence one reader at a time."""

    def __init__(self, engine: Engine, when: datetime, head: Head) -> None:
        self.when, self.head = when, head
        with Session(engine) as session:
            self.predictions = session.execute(select(func.count()).select_from(Prediction)).scalar() or 0
        self.boards: LRUCache[Board, Future[Estimates]] = LRUCache(MAX_BOARDS)
        self._engine, self._in_use, self._dropped = engine, threading.Lock(), False

    @contextmanager
    def open_session(self, patience_seconds: float) -> Iterator[Session]:
        """A session on it, once the reader before is done. Raises ``Unavailable``, also where it has been dropped."""
        if not self._in_use.acquire(timeout=patience_seconds):
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
        """Free the memory, now or when the last reader is done."""
        self._dropped = True
        self._dispose_if_dropped()

    def _dispose_if_dropped(self) -> None:
        if self._dropped and self._in_use.acquire(blocking=False):
            self._engine.dispose()
            self._in_use.release()


class _RebuiltRecords(LRUCache[AsOfKey, Future[RebuiltRecord]]):
    """Past records; the memory of one that is evicted is freed."""

    def popitem(self) -> tuple[AsOfKey, Future[RebuiltRecord]]:
        """Evict the record that was read longest ago."""
        key, future = super().popitem()
        future.add_done_callback(_drop)
        return key, future

    def predictions(self) -> int:
        """Return the number of predictions in all records that are rebuilt."""
        return sum(each.result().predictions for each in self.values() if _is_there(each))


class AsOfCache:
    """Rebuilds past records and makes their estimates, one at a time and never inside a request, and keeps a few."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._kept = _RebuiltRecords(MAX_KEPT)
        self._lock = threading.Lock()
        self._behind = BackgroundRunner("past")

    @contextmanager
    def at(
        self, session: Session, when: datetime, filters: Filters, revisions: Revisions, *, now: datetime
    ) -> Iterator[AsOfRecord]:
        """The record as it stood then, with the estimates under ``filters``.

        Raises ``InvalidInput`` for an instant in the future, ``Unavailable`` while a large record is being rebuilt or
        its estimates are being made.
        """
        refuse_future(when, now)
        moment = AsOfKey(when, head_at(session, when).seq, _newest_name(session))
        rebuilt = _result_or_unavailable(self._rebuilt(moment), when)
        self._make_room()
        estimates = _result_or_unavailable(self._estimates(rebuilt, (filters, revisions)), when)
        with rebuilt.open_session(PATIENCE_SECONDS) as past:
            yield AsOfRecord(past, rebuilt.head, estimates)

    def close(self) -> None:
        """Forget all of them."""
        with self._lock:
            while self._kept:
                self._kept.popitem()

    def _rebuilt(self, moment: AsOfKey) -> Future[RebuiltRecord]:
        with self._lock:
            return _begun(self._kept, moment, lambda: self._behind.start(lambda: _rebuild(self._engine, moment.when)))

    def _make_room(self) -> None:
        with self._lock:
            while len(self._kept) > 1 and self._kept.predictions() > MAX_PREDICTIONS:
                self._kept.popitem()

    def _estimates(self, rebuilt: RebuiltRecord, board: Board) -> Future[Estimates]:
        with self._lock:
            return _begun(rebuilt.boards, board, lambda: self._behind.start(lambda: _estimate(rebuilt, board)))


def refuse_future(when: datetime, now: datetime) -> None:
    """Raise ``InvalidInput`` for an instant that is not past."""
    if when > now:
        raise InvalidInput.at("/query/as_of", f"lies in the future (it is {now.isoformat()}): leave it out for now")


def _rebuild(engine: Engine, when: datetime) -> RebuiltRecord:
    with read_transaction(engine) as session:
        head = head_at(session, when)
        return RebuiltRecord(rebuild(session, when), when, head)


def _estimate(rebuilt: RebuiltRecord, board: Board) -> Estimates:
    with rebuilt.open_session(TURN_SECONDS) as past:
        return estimate(past, *board, rebuilt.when)


def _result_or_unavailable(future: Future[T], when: datetime) -> T:
    try:
        return future.result(PATIENCE_SECONDS)
    except TimeoutError:
        raise _being_rebuilt(when) from None


def _being_rebuilt(when: datetime) -> Unavailable:
    return Unavailable(f"the record of {when.isoformat()} is being rebuilt: ask again in a moment")


def _is_there(future: Future[RebuiltRecord]) -> bool:
    return future.done() and future.exception() is None


def _drop(done: Future[RebuiltRecord]) -> None:
    if _is_there(done):
        done.result().drop()


def _newest_name(session: Session) -> int:
    """The newest event that changed what a past record takes from today."""
    changed = col(LedgerEvent.action).in_(("commentator.changed", "source.changed", "question.changed"))
    return session.execute(select(func.max(col(LedgerEvent.seq))).where(changed)).scalar() or 0


def _begun(kept: LRUCache[K, Future[T]], key: K, start: Callable[[], Future[T]]) -> Future[T]:
    """The future kept under this key, begun anew where there is none or it failed."""
    known = kept.get(key)
    if known is None or (known.done() and known.exception() is not None):
        known = kept[key] = start()
    return known
