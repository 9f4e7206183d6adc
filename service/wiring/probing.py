"""Build the prober, the rate-limited client and the snapshot store from the settings."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import Engine
from sqlmodel import Session

from resolvers.clock import Clock
from resolvers.probing.rate_limited_client import RateLimitedFetch
from resolvers.probing.snapshots import SnapshotStore
from resolvers.probing.source_state_store import DatabaseSourceState
from resolvers.probing.worker import Prober
from service.db.engine import bookkeeping_transaction, read_transaction, write_transaction
from service.settings import Settings
from service.wiring.senders import make_client


class EngineSessions:
    """The sessions of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read_transaction(self) -> AbstractContextManager[Session]:
        """Open a session for reading."""
        return read_transaction(self._engine)

    def bookkeeping_transaction(self) -> AbstractContextManager[Session]:
        """Open a session for a change of leases, deliveries or source state."""
        return bookkeeping_transaction(self._engine)

    def write_transaction(self) -> AbstractContextManager[Session]:
        """Open a session for a change of the record."""
        return write_transaction(self._engine)


def snapshot_store(settings: Settings) -> SnapshotStore:
    """Return the store of snapshots."""
    return SnapshotStore(settings.state_dir / "snapshots")


def make_fetch(engine: Engine, settings: Settings, clock: Clock) -> RateLimitedFetch:
    """Build the client of resolvers; its rate limit is shared by all processes on this database."""
    sessions = EngineSessions(engine)
    return RateLimitedFetch(
        make_client(settings, clock),
        now=clock.now,
        snapshots=snapshot_store(settings),
        environment=os.environ,
        source_state=DatabaseSourceState(
            read_transaction=sessions.read_transaction, write_transaction=sessions.bookkeeping_transaction
        ),
    )


def make_prober(engine: Engine, settings: Settings, clock: Clock, on_finished: Callable[[], None]) -> Prober:
    """Build the prober of a scheduler; ``on_finished`` is called after each probe."""
    return Prober(EngineSessions(engine), make_fetch(engine, settings, clock), clock, on_finished=on_finished)
