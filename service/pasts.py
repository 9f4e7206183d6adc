"""The record as it stood at past instants: the ones read last are kept in memory."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session

from predictions.errors import InvalidInput
from predictions.past import rebuild
from service.problems import Unavailable

MAX_KEPT = 4
#: A write takes its time from the clock before it is committed: the last moments may still gain rows.
SETTLED_AFTER = timedelta(minutes=1)
#: So long a reader waits for a large record to be rebuilt, before being told to ask again.
PATIENCE_SECONDS = 20.0


class Pasts:
    """Rebuilds past records, one at a time and not inside requests, and keeps a few. ``patient`` readers wait until a
    record is rebuilt, however long that takes."""

    def __init__(self, *, patient: bool = False) -> None:
        self._patient = patient
        self._kept: OrderedDict[datetime, Future[Engine]] = OrderedDict()
        self._lock, self._rebuilding, self._in_use = threading.Lock(), threading.Lock(), threading.Lock()

    @contextmanager
    def at(self, session: Session, when: datetime, *, now: datetime) -> Iterator[Session]:
        """A session on the record as it stood then.

        Raises ``InvalidInput`` for an instant in the future, ``Unavailable`` while a large record is being rebuilt.
        """
        if when > now:
            raise InvalidInput.at("/query/as_of", f"lies in the future (it is {now.isoformat()}): leave it out for now")
        if now - when < SETTLED_AFTER:
            engine = rebuild(session, when)
            try:
                with Session(engine) as past:
                    yield past
            finally:
                engine.dispose()
            return
        while True:
            rebuilt = self._rebuilt(session.get_bind(), when)
            try:
                engine = rebuilt.result(None if self._patient else PATIENCE_SECONDS)
            except TimeoutError:
                raise Unavailable(f"the record of {when.isoformat()} is being rebuilt: ask again in a moment") from None
            # One reader at a time: what is in memory has one connection. It may have been dropped while waiting.
            with self._in_use:
                if self._kept.get(when) is rebuilt:
                    with Session(engine) as past:
                        yield past
                    return

    def close(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._drop(0)

    def _rebuilt(self, bind: Any, when: datetime) -> Future[Engine]:
        with self._lock:
            known = self._kept.get(when)
            if known is None or (known.done() and known.exception() is not None):
                known = self._kept[when] = Future()
                threading.Thread(target=self._work, args=(bind, when, known), name="past", daemon=True).start()
            self._kept.move_to_end(when)
            self._drop(MAX_KEPT)
            return known

    def _work(self, bind: Any, when: datetime, found: Future[Engine]) -> None:
        try:
            with self._rebuilding, Session(bind) as session:
                found.set_result(rebuild(session, when))
        except Exception as error:  # noqa: BLE001 - it belongs to whoever waits for the record
            found.set_exception(error)

    def _drop(self, keep: int) -> None:
        for when in list(self._kept)[: max(len(self._kept) - keep, 0)]:
            old = self._kept.pop(when)
            old.add_done_callback(self._dispose)

    def _dispose(self, old: Future[Engine]) -> None:
        if old.exception() is None:
            with self._in_use:
                old.result().dispose()
