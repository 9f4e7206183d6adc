"""Engines, and the transactions of the edge: the only place that commits.

Writers come one at a time on either database (SQLite: BEGIN IMMEDIATE; PostgreSQL: an advisory lock), so that the
ledger is one chain and sums are never lost. Readers are not held up by writers.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Pool, create_engine, event, text
from sqlmodel import Session

#: An arbitrary number that all writers of the record agree on.
WRITERS_LOCK = 7_240_318_001
BUSY_TIMEOUT_SECONDS = 5


def make_engine(url: str) -> Engine:
    """An engine for SQLite or PostgreSQL, set up so that acknowledged writes are durable."""
    if url.startswith("postgres"):
        options = f"-c lock_timeout={BUSY_TIMEOUT_SECONDS}s -c timezone=UTC"
        connect = {"options": options, "connect_timeout": 5, "application_name": "trackrecord"}
        return create_engine(url, connect_args=connect, pool_size=20, max_overflow=30, pool_pre_ping=True)
    engine = create_engine(
        url, connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False}, pool_size=20, max_overflow=30
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy's BEGIN below is the only one
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",
        "cache_size=-65536",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Any) -> None:
    read_transaction = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if read_transaction else "BEGIN IMMEDIATE")


class _WriterQueue:
    """The order in which the threads of this process write to SQLite: whoever came first.

    SQLite lets waiters poll, so that a busy API would starve the sweep for as long as the load lasts.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Event] = deque()

    @contextmanager
    def turn(self) -> Iterator[None]:
        mine = threading.Event()
        with self._mutex:
            self._waiting.append(mine)
            self._waiting[0].set()
        mine.wait(BUSY_TIMEOUT_SECONDS)  # then SQLite's own lock decides, and says that the database is locked
        try:
            yield
        finally:
            with self._mutex:
                self._waiting.remove(mine)
                if self._waiting:
                    self._waiting[0].set()


_turns: WeakKeyDictionary[Pool, _WriterQueue] = WeakKeyDictionary()


def _turn(engine: Engine) -> AbstractContextManager[None]:
    if engine.dialect.name != "sqlite":
        return nullcontext()
    return _turns.setdefault(engine.pool, _WriterQueue()).turn()


@contextmanager
def read_transaction(engine: Engine) -> Iterator[Session]:
    """A session that sees one state of the database and writes nothing."""
    options: dict[str, object] = {"reading": True}
    if engine.dialect.name == "postgresql":  # its default would show each statement a state of its own
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with Session(engine.execution_options(**options)) as session:
        yield session


@contextmanager
def write_transaction(engine: Engine) -> Iterator[Session]:
    """A session for a change of the record: alone among the writers, committed at the end, rolled back on an error."""
    with _turn(engine), Session(engine) as session, session.begin():
        lock_writers(session)
        yield session


@contextmanager
def bookkeeping_transaction(engine: Engine) -> Iterator[Session]:
    """A session for bookkeeping beside the record (deliveries, keys): committed at the end, not alone on PostgreSQL."""
    with _turn(engine), Session(engine) as session, session.begin():
        yield session


def lock_writers(session: Session) -> None:
    """Wait until no other writer of the record is at work; SQLite does so at BEGIN."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITERS_LOCK})


def ping(engine: Engine) -> None:
    """Ask the database for an answer. Raises what the driver raises where there is none."""
    with engine.connect().execution_options(reading=True) as connection:
        connection.execute(text("SELECT 1"))
