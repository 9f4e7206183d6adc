"""What looks into the outside for outcomes: the polite client over the database's memory, and the prober."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from sqlalchemy import Engine, select
from sqlmodel import Session, col

from predictions.models import Proposal
from resolvers.probing.attempt import BoundedFetch, Look, look
from resolvers.probing.rate_limited_client import PoliteFetch
from resolvers.probing.snapshots import SnapshotStore
from resolvers.probing.source_state_store import StoredMemory
from resolvers.probing.worker import Prober
from resolvers.sources.interface import QuestionView
from service.clock import Clock
from service.db.engine import delivering, reading, writing
from service.settings import Settings
from service.wiring.senders import make_fetcher

#: A person waits for a dry run: what it has read by then is remembered, and the next one goes on from there.
DRY_RUN_SECONDS = 45.0
UNCITED_LASTS = timedelta(days=30)


class EngineSessions:
    """The sessions of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def reading(self) -> AbstractContextManager[Session]:
        """To read."""
        return reading(self._engine)

    def delivering(self) -> AbstractContextManager[Session]:
        """For bookkeeping beside the record."""
        return delivering(self._engine)

    def writing(self) -> AbstractContextManager[Session]:
        """For a change of the record."""
        return writing(self._engine)


def snapshot_store(settings: Settings) -> SnapshotStore:
    """Where the bytes are that were seen."""
    return SnapshotStore(settings.state_dir / "snapshots")


def prune_snapshots(engine: Engine, settings: Settings, now: datetime) -> int:
    """Remove the bytes that no proposal cites and that are older than ``UNCITED_LASTS``; gives how many.

    They were kept to answer what is asked again and again; a source whose bytes are gone is asked anew.
    """
    with reading(engine) as session:
        evidence = session.execute(select(col(Proposal.evidence))).scalars()
        cited = {item["snapshot"] for items in evidence for item in items if item.get("snapshot")}
    return snapshot_store(settings).prune(cited=cited, before=now - UNCITED_LASTS)


def make_fetch(engine: Engine, settings: Settings, clock: Clock) -> PoliteFetch:
    """The client of resolvers; its manners are shared by all processes on this database."""
    sessions = EngineSessions(engine)
    return PoliteFetch(
        make_fetcher(settings, clock),
        now=clock.now,
        snapshots=snapshot_store(settings),
        environment=os.environ,
        memory=StoredMemory(reading=sessions.reading, writing=sessions.delivering),
    )


def make_prober(engine: Engine, settings: Settings, clock: Clock, done: Callable[[], None]) -> Prober:
    """The prober of a scheduler; ``done`` is called after each look."""
    return Prober(EngineSessions(engine), make_fetch(engine, settings, clock), clock, done=done)


def dry_run(
    engine: Engine, settings: Settings, clock: Clock, question: QuestionView, resolver: str, config: object
) -> Look:
    """Look now, for a person: nothing is proposed, and no snapshot is kept."""
    fetch = BoundedFetch(make_fetch(engine, settings, clock), clock, DRY_RUN_SECONDS, keeping=False)
    return look(question, resolver, config, fetch)
