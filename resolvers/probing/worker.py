"""Looks into due questions, each in a thread of its own, so that a slow source holds up nobody but itself."""

import logging
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from resolvers.clock import Clock
from resolvers.probing.attempt import PROBE_SECONDS, BoundedFetch, ProbeResult, run_probe
from resolvers.probing.models import ProbeStatus
from resolvers.probing.queue import LEASE_SECONDS, ClaimedProbe, claim_probes, due_probes, record_probe, release_probe
from resolvers.sources.interface import Fetch

log = logging.getLogger(__name__)

AT_ONCE = 4


class Sessions(Protocol):
    """How the edge opens sessions; each but ``reading`` is committed when it is left without an error."""

    def read_transaction(self) -> AbstractContextManager[Session]:
        """To read."""

    def bookkeeping_transaction(self) -> AbstractContextManager[Session]:
        """For bookkeeping beside the record."""

    def write_transaction(self) -> AbstractContextManager[Session]:
        """For a change of the record."""


class Prober:
    """Claims due probes, at most ``at_once`` of them under way, and books what came of each.

    ``lease_seconds`` is longer than ``look_seconds``, the limit of one look.
    """

    def __init__(
        self,
        sessions: Sessions,
        fetch: Fetch,
        clock: Clock,
        *,
        at_once: int = AT_ONCE,
        look_seconds: float = PROBE_SECONDS,
        lease_seconds: float = LEASE_SECONDS,
        done: Callable[[], None] = lambda: None,
    ) -> None:
        self._sessions, self._fetch, self._clock = sessions, fetch, clock
        self._at_once, self._look_seconds, self._lease_seconds = at_once, look_seconds, lease_seconds
        self._done = done
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()
        self.counts: Counter[str] = Counter()

    @property
    def busy(self) -> int:
        """Looks that are under way."""
        with self._lock:
            self._threads = {thread for thread in self._threads if thread.is_alive()}
            return len(self._threads)

    def start_due(self) -> int:
        """Start a look into each due question for which there is room; gives how many. Waits for none of them."""
        room, now = self._at_once - self.busy, self._clock.now()
        if room <= 0 or self._over.is_set():
            return 0
        with self._sessions.read_transaction() as session:  # most ticks find nothing, and need not hold up a writer
            if session.execute(due_probes(now).limit(1)).first() is None:
                return 0
        with self._sessions.bookkeeping_transaction() as session:
            claimed = claim_probes(session, now=now, limit=room, lease_seconds=self._lease_seconds)
        for each in claimed:
            self._start(each)
        return len(claimed)

    def run_due(self, seconds: float) -> Counter[str]:
        """Look into all that is due now, for so long at most, and count how the looks went."""
        before, ends_at = self.counts.copy(), self._clock.monotonic() + seconds
        while (self.start_due() or self.busy) and self._clock.monotonic() < ends_at:
            self.settle(1.0)
        return self.counts - before

    def settle(self, seconds: float) -> None:
        """Wait so long at most for the looks under way."""
        with self._lock:
            threads = list(self._threads)
        ends_at = self._clock.monotonic() + seconds
        for thread in threads:
            thread.join(max(0.0, ends_at - self._clock.monotonic()))

    def stop(self, seconds: float) -> None:
        """Start nothing more, and wait so long at most; what is under way still is done again after its lease."""
        self._over.set()
        self.settle(seconds)

    def _start(self, claimed: ClaimedProbe) -> None:
        name = f"probe of {claimed.question.slug}"
        thread = threading.Thread(target=self._look, args=(claimed,), name=name, daemon=True)
        with self._lock:
            self._threads.add(thread)
        thread.start()

    def _look(self, claimed: ClaimedProbe) -> None:
        fetch = BoundedFetch(self._fetch, self._clock, self._look_seconds, over=self._over)
        try:
            seen = run_probe(claimed.question, claimed.resolver, claimed.config, fetch)
            if self._over.is_set() and not seen.good:
                self._give_back(claimed)  # the stop broke it off, which says nothing of the source
                return
            booked = self._book(claimed, seen)
        except DBAPIError as error:
            log.warning("the look into %s is lost: the database failed (%s)", claimed.question.slug, error.orig)
            return
        if booked:
            with self._lock:
                self.counts.update(["probed", *(["proposed"] if seen.state is ProbeStatus.PROPOSED else [])])
        else:
            log.warning("the look into %s came too late: its lease was over", claimed.question.slug)
        self._done()

    def _give_back(self, claimed: ClaimedProbe) -> None:
        with self._sessions.bookkeeping_transaction() as session:
            release_probe(session, claimed)

    def _book(self, claimed: ClaimedProbe, seen: ProbeResult) -> bool:
        open_session = (
            self._sessions.write_transaction if seen.proposal is not None else self._sessions.bookkeeping_transaction
        )
        with open_session() as session:
            return record_probe(session, claimed, seen, now=self._clock.now())
