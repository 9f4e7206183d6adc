"""Probe due questions, each in a thread of its own, so that a slow source delays no other probe."""

import logging
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from predictions.errors import TrackRecordError
from resolvers.clock import Clock
from resolvers.probing.attempt import PROBE_SECONDS, BoundedFetch, ProbeResult, run_probe
from resolvers.probing.models import ProbeStatus
from resolvers.probing.queue import (
    LEASE_SECONDS,
    ClaimedProbe,
    claim_probes,
    due_probes_query,
    record_probe,
    release_probe,
)
from resolvers.sources.interface import Fetch

log = logging.getLogger(__name__)

MAX_PROBES = 4


class Sessions(Protocol):
    """Opens sessions; all but ``read_transaction`` commit at the end unless an error was raised."""

    def read_transaction(self) -> AbstractContextManager[Session]:
        """Open a session for reading."""

    def bookkeeping_transaction(self) -> AbstractContextManager[Session]:
        """Open a session for a change of leases, deliveries or source state."""

    def write_transaction(self) -> AbstractContextManager[Session]:
        """Open a session for a change of the record."""


class Prober:
    """Claims due probes, runs at most ``max_probes`` at a time, and records their results.

    ``lease_seconds`` is longer than ``probe_seconds``, the time limit of a probe. ``on_finished`` is called after each.
    """

    def __init__(
        self,
        sessions: Sessions,
        fetch: Fetch,
        clock: Clock,
        *,
        max_probes: int = MAX_PROBES,
        probe_seconds: float = PROBE_SECONDS,
        lease_seconds: float = LEASE_SECONDS,
        on_finished: Callable[[], None] = lambda: None,
    ) -> None:
        self._sessions, self._fetch, self._clock = sessions, fetch, clock
        self._max_probes, self._probe_seconds, self._lease_seconds = max_probes, probe_seconds, lease_seconds
        self._on_finished = on_finished
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()
        self.counts: Counter[str] = Counter()

    @property
    def busy(self) -> int:
        """Return the number of running probes."""
        with self._lock:
            self._threads = {thread for thread in self._threads if thread.is_alive()}
            return len(self._threads)

    def start_due(self) -> int:
        """Start probes of due questions up to the limit, without waiting for them; return how many were started."""
        free, now = self._max_probes - self.busy, self._clock.now()
        if free <= 0 or self._stopping.is_set():
            return 0
        with self._sessions.read_transaction() as session:  # usually nothing is due: do not block a writer for that
            if session.execute(due_probes_query(now).limit(1)).first() is None:
                return 0
        with self._sessions.bookkeeping_transaction() as session:
            claimed = claim_probes(session, now=now, limit=free, lease_seconds=self._lease_seconds)
        for each in claimed:
            self._start(each)
        return len(claimed)

    def run_due(self, seconds: float) -> Counter[str]:
        """Run all due probes, for at most ``seconds``, and count their results."""
        before, ends_at = self.counts.copy(), self._clock.monotonic() + seconds
        while (self.start_due() or self.busy) and self._clock.monotonic() < ends_at:
            self.wait(1.0)
        return self.counts - before

    def wait(self, seconds: float) -> None:
        """Wait at most ``seconds`` for the running probes."""
        with self._lock:
            threads = list(self._threads)
        ends_at = self._clock.monotonic() + seconds
        for thread in threads:
            thread.join(max(0.0, ends_at - self._clock.monotonic()))

    def stop(self, seconds: float) -> None:
        """Start no more probes and wait at most ``seconds``; a probe still running is repeated after its lease."""
        self._stopping.set()
        self.wait(seconds)

    def _start(self, claimed: ClaimedProbe) -> None:
        name = f"probe of {claimed.question.slug}"
        thread = threading.Thread(target=self._run, args=(claimed,), name=name, daemon=True)
        with self._lock:
            self._threads.add(thread)
        thread.start()

    def _run(self, claimed: ClaimedProbe) -> None:
        fetch = BoundedFetch(self._fetch, self._clock, self._probe_seconds, stopping=self._stopping)
        try:
            result = run_probe(claimed.question, claimed.resolver, claimed.config, fetch)
            if self._stopping.is_set() and not result.succeeded:
                self._release(claimed)  # interrupted by the stop, which says nothing about the source
                return
            recorded = self._record(claimed, result)
        except (DBAPIError, TrackRecordError) as error:
            reason = error.orig if isinstance(error, DBAPIError) else error
            log.warning("the probe of %s is lost: the database failed (%s)", claimed.question.slug, reason)
            return
        if recorded:
            with self._lock:
                self.counts.update(["probed", *(["proposed"] if result.state is ProbeStatus.PROPOSED else [])])
        else:
            log.warning("the result of the probe of %s is discarded: its lease had expired", claimed.question.slug)
        self._on_finished()

    def _release(self, claimed: ClaimedProbe) -> None:
        with self._sessions.bookkeeping_transaction() as session:
            release_probe(session, claimed)

    def _record(self, claimed: ClaimedProbe, result: ProbeResult) -> bool:
        open_session = (
            self._sessions.write_transaction if result.changes_record else self._sessions.bookkeeping_transaction
        )
        with open_session() as session:
            return record_probe(session, claimed, result, now=self._clock.now())
