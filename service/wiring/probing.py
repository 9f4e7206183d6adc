"""Build the prober, the rate-limited client and the snapshot store from the settings."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from sqlalchemy import Engine, select
from sqlmodel import Session, col

from predictions.models import Proposal
from resolvers.clock import Clock
from resolvers.probing.attempt import BoundedFetch, ProbeResult, run_probe
from resolvers.probing.rate_limited_client import RateLimitedFetch
from resolvers.probing.snapshots import SnapshotStore
from resolvers.probing.source_state_store import DatabaseSourceState
from resolvers.probing.worker import Prober
from resolvers.sources.interface import ProbedQuestion
from service.db.engine import bookkeeping_transaction, read_transaction, write_transaction
from service.settings import Settings
from service.wiring.senders import make_client

#: A person waits for a dry run. Pages read by then are stored, and the next dry run continues from there.
DRY_RUN_SECONDS = 45.0
UNCITED_RETENTION = timedelta(days=30)


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


def prune_snapshots(engine: Engine, settings: Settings, now: datetime) -> int:
    """Remove snapshots that no proposal cites and that are older than ``UNCITED_RETENTION``; return their number.

    They serve conditional requests only; an address without a snapshot is requested again in full.
    """
    with read_transaction(engine) as session:
        evidence = session.execute(select(col(Proposal.evidence))).scalars()
        cited = {item["snapshot"] for items in evidence for item in items if item.get("snapshot")}
    return snapshot_store(settings).prune(cited=cited, before=now - UNCITED_RETENTION)


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


def dry_run(
    engine: Engine, settings: Settings, clock: Clock, question: ProbedQuestion, resolver: str, config: object
) -> ProbeResult:
    """Probe now, for a person: nothing is proposed, and no snapshot is stored."""
    fetch = BoundedFetch(make_fetch(engine, settings, clock), clock, DRY_RUN_SECONDS, store_snapshots=False)
    return run_probe(question, resolver, config, fetch)
