"""Connections to PostgreSQL on which no wait is without end, even if the network swallows every packet.

The kernel notices a silent network (keepalives, ``tcp_user_timeout``), the server a lock or a statement that takes
too long. Neither notices a server that is stopped while its kernel still acknowledges: so each wait for a reply ends
on this side too, with the time limit of the request.
"""

from typing import Any

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import Engine, create_engine, make_url

from service.time_limit import refuse_if_over, seconds_left

CONNECT_SECONDS = 5
POOL_SECONDS = 5
LOCK_SECONDS = 5
#: A connection that has not replied for so long is given up, and the request still has time for another.
PING_SECONDS = 2
#: The longest wait for one reply in the service; below the time after which the scheduler replaces a thread.
LONGEST_WAIT_SECONDS = 50
#: A writer of the service that says nothing for so long (its process is stopped, its network gone) loses its lock.
IDLE_WRITER_SECONDS = 20
NO_LIMIT = 10**9
TCP = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 5000,
}


class BoundedConnection(psycopg.Connection[Any]):
    """Connection that is closed when the server does not reply in time; then the error is that of a lost connection."""

    @property
    def longest_wait(self) -> float:
        """Return the seconds that one reply may take where no request waits for it."""
        return NO_LIMIT

    def wait(self, gen: PQGen[Any], interval: float = 0.1, timeout: float | None = None) -> Any:
        """Run a dialogue with the server. Raises ``OperationalError`` if it takes too long."""
        seconds = seconds_left(self.longest_wait)
        if timeout is not None and timeout < seconds:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, seconds)
        except psycopg.errors._WaitTimeout as error:
            self.pgconn.finish()  # the reply may come yet, and would be taken for that to the next statement
            raise psycopg.OperationalError("the server did not reply in time") from error


class ServiceConnection(BoundedConnection):
    """Connection of the service, where no single reply takes minutes, as it may in an import or a migration."""

    @property
    def longest_wait(self) -> float:
        """Return the seconds that one reply may take; only the pool's test of a connection sets ``autocommit``."""
        return PING_SECONDS if self.autocommit else LONGEST_WAIT_SECONDS


def make_postgres_engine(url: str, *, service: bool) -> Engine:
    """Return an engine; for the ``service`` each statement has a time limit also where no request waits for it."""
    options = f"-c lock_timeout={LOCK_SECONDS}s -c timezone=UTC"
    if service:
        options += f" -c statement_timeout={LONGEST_WAIT_SECONDS}s"
    kind = ServiceConnection if service else BoundedConnection
    address = make_url(url)
    positional, given = address.get_dialect()().create_connect_args(address)
    named = {**given, "options": options, "application_name": "trackrecord", **TCP}

    def connect() -> psycopg.Connection[Any]:
        refuse_if_over()
        named["connect_timeout"] = max(1, int(seconds_left(CONNECT_SECONDS)))
        return kind.connect(*positional, **named)

    engine = create_engine(
        url, creator=connect, pool_size=20, max_overflow=30, pool_pre_ping=True, pool_timeout=POOL_SECONDS
    )
    engine.update_execution_options(idle_writer_seconds=IDLE_WRITER_SECONDS if service else 0)
    return engine
