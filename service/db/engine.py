"""Create engines and transactions; no other module commits.

Writers run one at a time on both databases (SQLite: BEGIN IMMEDIATE; PostgreSQL: an advisory lock), so that the
ledger is one chain and no update of a sum is lost. Writers do not block readers.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Pool, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from service.db.postgres_connection import make_postgres_engine
from service.errors import OutcomeUnknown, is_locked
from service.time_limit import TimeLimit, is_over, refuse_if_over, seconds_left

#: Key of the PostgreSQL advisory lock that all writers of the record take; the number is arbitrary.
WRITERS_LOCK = 7_240_318_001
BUSY_TIMEOUT_SECONDS = 5
START_SECONDS = 60
Result = TypeVar("Result")
_LOCK = text("SELECT set_config('idle_in_transaction_session_timeout', :idle, true), pg_advisory_xact_lock(:lock)")


#: Steps of SQLite's virtual machine between two looks at the time: a few milliseconds.
STEPS_PER_LOOK = 100_000


def make_engine(url: str, *, service: bool = False) -> Engine:
    """Return an engine for SQLite or PostgreSQL with durable commits.

    In the ``service`` no wait for the database lasts longer than a minute; imports, migrations and the like may.
    """
    if url.startswith("postgres"):
        return make_postgres_engine(url, service=service)
    connect = {"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False}
    engine = create_engine(url, connect_args=connect, pool_size=20, max_overflow=30, pool_timeout=BUSY_TIMEOUT_SECONDS)
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
    connection.set_progress_handler(is_over, STEPS_PER_LOOK)  # interrupts the statement once the time is over


def _begin_sqlite(connection: Any) -> None:
    read_transaction = connection.get_execution_options().get("reading", False)
    if read_transaction:
        connection.exec_driver_sql("BEGIN")
        return
    milliseconds = int(1000 * seconds_left(BUSY_TIMEOUT_SECONDS))
    connection.connection.driver_connection.execute(f"PRAGMA busy_timeout={milliseconds}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


class _WriterQueue:
    """First-come, first-served order of the threads of this process that write to SQLite.

    SQLite's own lock is polled without an order, so that a busy API would starve the scheduler's sweep.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Event] = deque()

    @contextmanager
    def turn(self) -> Iterator[None]:
        ticket = threading.Event()
        with self._mutex:
            self._waiting.append(ticket)
            self._waiting[0].set()
        ticket.wait(
            seconds_left(BUSY_TIMEOUT_SECONDS)
        )  # after that SQLite's own lock decides, and may report "database is locked"
        try:
            yield
        finally:
            with self._mutex:
                self._waiting.remove(ticket)
                if self._waiting:
                    self._waiting[0].set()


_turns: WeakKeyDictionary[Pool, _WriterQueue] = WeakKeyDictionary()


def _turn(engine: Engine) -> AbstractContextManager[None]:
    if engine.dialect.name != "sqlite":
        return nullcontext()
    return _turns.setdefault(engine.pool, _WriterQueue()).turn()


@contextmanager
def read_transaction(engine: Engine) -> Iterator[Session]:
    """Open a read-only session on a consistent snapshot of the database."""
    refuse_if_over()
    options: dict[str, object] = {"reading": True}
    if engine.dialect.name == "postgresql":  # by default each statement would see a different state
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with Session(engine.execution_options(**options)) as session:
        yield session


@contextmanager
def write_transaction(engine: Engine) -> Iterator[Session]:
    """Open a session for a change of the record, exclusive among writers; commit at the end, roll back on an error.

    Raises ``OutcomeUnknown`` if the connection is lost while the commit is under way.
    """
    with Session(engine) as session, exclusive(engine, session):
        yield session


@contextmanager
def exclusive(engine: Engine, session: Session) -> Iterator[None]:
    """Do the same with a session that goes on after the commit."""
    with _turn(engine), _committed(session):
        refuse_if_over()
        lock_writers(session)
        yield


@contextmanager
def bookkeeping_transaction(engine: Engine) -> Iterator[Session]:
    """Open a session for deliveries, probes and keys; commit at the end. On PostgreSQL it is not exclusive."""
    with _turn(engine), Session(engine) as session, _committed(session):
        refuse_if_over()
        yield session


@contextmanager
def _committed(session: Session) -> Iterator[None]:
    flushed = False
    try:
        with session.begin():
            yield
            session.flush()
            flushed = True  # a fault until here is certain to leave nothing behind
    except DBAPIError as error:
        if flushed and error.connection_invalidated:
            raise OutcomeUnknown from error
        raise


def when_unlocked(change: Callable[[], Result]) -> Result:
    """Run a change that a process needs to start, again and again while another process holds the lock.

    Others may start at the same moment, migrate and enter a record, which takes longer than a lock is waited for.
    """
    limit = TimeLimit(START_SECONDS)
    while True:
        try:
            return change()
        except DBAPIError as error:
            if not is_locked(error) or limit.seconds_left() <= 0:
                raise


def lock_writers(session: Session) -> None:
    """Wait for the lock of the record's writers; SQLite takes its lock at BEGIN."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        idle = f"{connection.get_execution_options().get('idle_writer_seconds', 0)}s"
        connection.execute(_LOCK, {"lock": WRITERS_LOCK, "idle": idle})
