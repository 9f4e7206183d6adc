"""What looks into the outside for outcomes: the polite client over the database's memory, and the prober."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import Engine
from sqlmodel import Session

from resolvers.base import QuestionView
from resolvers.looking import BoundedFetch, Look, look
from resolvers.politeness import PoliteFetch
from resolvers.prober import Prober
from resolvers.remembering import StoredMemory
from resolvers.snapshots import SnapshotStore
from service.clock import Clock
from service.database import delivering, reading, writing
from service.senders import make_fetcher
from service.settings import Settings

#: A person waits for a dry run: what it has read by then is remembered, and the next one goes on from there.
DRY_RUN_SECONDS = 45.0


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
