"""Add up what the processes of one service have counted, once a second, outside any request.

On PostgreSQL through a table of the database; on SQLite, whose one writer belongs to the record, through a small file
in the state directory. Until the next exchange a client may use its quota in each process.
"""

import hashlib
import hmac
import logging
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Engine, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col

from service.db.engine import make_engine
from service.db.models import RequestCount
from service.limits.rate_limit import RateLimiter
from service.settings import Settings

INTERVAL_SECONDS = 1.0
#: Clients that have used less than this in a minute are not worth a row.
LEAST_USED = 50
#: Clients whose counts are exchanged, those that use most first.
MOST_CLIENTS = 5000
log = logging.getLogger(__name__)


class RateExchange:
    """A thread that writes what this process has counted, and reads what the others have."""

    def __init__(self, rates: RateLimiter, settings: Settings, engine: Engine) -> None:
        self._rates, self._settings, self._secret = rates, settings, settings.secret()
        self._engine = engine if engine.dialect.name == "postgresql" else None
        self._own_engine: Engine | None = None
        self._process = uuid4().hex
        self._stop = threading.Event()
        self._failed = False
        self._thread = threading.Thread(target=self._run, name="rate-exchange", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread after its current exchange."""
        self._stop.set()
        self._thread.join(INTERVAL_SECONDS)
        if self._own_engine is not None:
            self._own_engine.dispose()

    def _run(self) -> None:
        while not self._stop.wait(INTERVAL_SECONDS):
            try:
                self.exchange()
                self._failed = False
            except SQLAlchemyError as error:
                if not self._failed:
                    log.warning("request counts of other processes are unknown for now: %s", error)
                self._failed = True

    def exchange(self) -> None:
        """Write the counts of clients that use much, and read what other processes have counted of all clients here."""
        minute, counted = self._rates.counted()
        here = {self._hidden(client): client for client, _ in Counter(counted).most_common(MOST_CLIENTS)}
        rows = [
            {"client": hidden, "minute": minute, "process": self._process, "used": counted[client]}
            for hidden, client in here.items()
            if counted[client] >= LEAST_USED
        ]
        if not here or (self._engine is None and not rows and not self._path.exists()):
            return
        engine = self._engine or self._file()
        insert = (postgresql if engine is self._engine else sqlite).insert(RequestCount)
        merge = insert.on_conflict_do_update(
            index_elements=["client", "minute", "process"], set_={"used": insert.excluded.used}
        )
        others, client, at = (
            col(RequestCount.process) != self._process,
            col(RequestCount.client),
            col(RequestCount.minute),
        )
        query = select(client, func.sum(RequestCount.used)).where(at == minute, others).group_by(client)
        with engine.begin() as connection:
            if rows:
                connection.execute(delete(RequestCount).where(at < minute))
                connection.execute(merge, rows)
            elsewhere = connection.execute(query.limit(MOST_CLIENTS)).all()
        used = {here[hidden]: int(number) for hidden, number in elsewhere if hidden in here}
        self._rates.add_elsewhere(minute, used)

    @property
    def _path(self) -> Path:
        return self._settings.state_dir / "request-counts.db"

    def _file(self) -> Engine:
        if self._own_engine is None:
            with suppress(OSError):  # opening it will say why
                self._path.touch(0o600)
            counts = make_engine(f"sqlite:///{self._path}")
            RequestCount.__table__.create(counts, checkfirst=True)  # type: ignore[attr-defined]
            self._own_engine = counts
        return self._own_engine

    def _hidden(self, client: str) -> str:
        """Return a name for a client that does not reveal its address, the same in all processes."""
        return hmac.new(self._secret, b"client\n" + client.encode(), hashlib.sha256).hexdigest()[:32]
