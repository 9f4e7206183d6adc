"""The record as it stood at past instants: the ones read last are kept in memory."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session

from predictions.errors import InvalidInput
from predictions.past import rebuild

MAX_KEPT = 4
#: A write takes its time from the clock before it is committed: the last moments may still gain rows.
SETTLED_AFTER = timedelta(minutes=1)


class Pasts:
    """Rebuilds past records, one at a time, and keeps a few."""

    def __init__(self) -> None:
        self._kept: OrderedDict[datetime, Engine] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def at(self, session: Session, when: datetime, *, now: datetime) -> Iterator[Session]:
        """A session on the record as it stood then. Raises ``InvalidInput`` for an instant in the future."""
        if when > now:
            raise InvalidInput.at("/query/as_of", f"lies in the future (it is {now.isoformat()}): leave it out for now")
        with self._lock:
            engine = self._kept.pop(when, None) or rebuild(session, when)
            try:
                with Session(engine) as past:
                    yield past
            finally:
                if now - when >= SETTLED_AFTER:
                    self._kept[when] = engine
                    self._drop(MAX_KEPT)
                else:
                    engine.dispose()

    def close(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._drop(0)

    def _drop(self, keep: int) -> None:
        while len(self._kept) > keep:
            _, engine = self._kept.popitem(last=False)
            engine.dispose()
