"""What looks into the outside for outcomes: the polite client over the database's memory, and the prober."""

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
from service.wiring.senders import make_fetcher

#: A person waits for a dry run: what it has read by then is remembered, and the next one goes on from there.
DRY_RUN_SECONDS = 45.0
UNCITED_LASTS = timedelta(days=30)


class EngineSessions:
    """The sessions of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read_transaction(self) -> AbstractContextManager[Session]:
        """To read."""
        return read_transaction(self._engine)

    def bookkeeping_transaction(self) -> AbstractContextManager[Session]:
        """For bookkeeping beside the record."""
        return bookkeeping_transaction(self._engine)

    def write_transaction(self) -> AbstractContextManager[Session]:
        """For a change of the record."""
        return write_transaction(self._engine)


def snapshot_store(settings: Settings) -> SnapshotStore:
    """Where the bytes are that were seen."""
    return SnapshotStore(settings.state_dir / "snapshots")


def prune_snapshots(engine: Engine, settings: Settings, now: datetime) -> int:
    """Remove the bytes that no proposal cites and that are older than ``UNCITED_LASTS``; gives how many.

    They were kept to answer what is asked again and again; a source whose bytes are gone is asked anew.
    """
    with read_transaction(engine) as session:
        evidence = session.execute(select(col(Proposal.evidence))).scalars()
        cited = {item["snapshot"] for items in evidence for item in items if item.get("snapshot")}
    return snapshot_store(settings).prune(cited=cited, before=now - UNCITED_LASTS)


def make_fetch(engine: Engine, settings: Settings, clock: Clock) -> RateLimitedFetch:
    """The client of resolvers; its manners are shared by all processes on this database."""
    sessions = EngineSessions(engine)
    return RateLimitedFetch(
        make_fetcher(settings, clock),
        now=clock.now,
        snapshots=snapshot_store(settings),
        environment=os.environ,
        memory=DatabaseSourceState(reading=sessions.read_transaction, writing=sessions.bookkeeping_transaction),
    )


def make_prober(engine: Engine, settings: Settings, clock: Clock, done: Callable[[], None]) -> Prober:
    """The prober of a scheduler; ``done`` is called after each look."""
    return Prober(EngineSessions(engine), make_fetch(engine, settings, clock), clock, done=done)


def dry_run(
    engine: Engine, settings: Settings, clock: Clock, question: ProbedQuestion, resolver: str, config: object
) -> ProbeResult:
    """Look now, for a person: nothing is proposed, and no snapshot is kept."""
    fetch = BoundedFetch(make_fetch(engine, settings, clock), clock, DRY_RUN_SECONDS, keeping=False)
    return run_probe(question, resolver, config, fetch)
