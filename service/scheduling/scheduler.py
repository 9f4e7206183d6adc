"""Watches the deadlines: sweeps what has come due, delivers what the sweep has written, probes for outcomes.

The rows are the schedule.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Engine

from resolvers.clock import Clock
from resolvers.deadline_sweep import BATCH, Swept, sweep_due
from resolvers.notifications.dispatcher import Dispatcher
from resolvers.notifications.models import ChannelKind
from resolvers.notifications.retry_policy import RetryPolicy, full_jitter
from resolvers.notifications.sender import Sender
from resolvers.probing.worker import Prober
from service.clock import SystemClock
from service.db.engine import bookkeeping_transaction, write_transaction
from service.scheduling.crash_points import reach
from service.scheduling.workers import Ticker, Watchdog, Worker, WorkerToken
from service.settings import Settings
from service.wiring.probing import make_prober, prune_snapshots
from service.wiring.senders import make_senders

log = logging.getLogger(__name__)

#: A worker that gets nowhere for so long is replaced; longer than any one step takes, database waits included.
LIMIT_SECONDS = 60.0
SLICE_SECONDS = 1.0
STOP_SECONDS = 5.0
#: Between two full batches, so that other writers get their turn.
PAUSE_SECONDS = 0.02
PRUNE_SECONDS = 24 * 3600.0


class Scheduler:
    """Sweep, outbox and probes on one database, in threads of their own. Any number of processes may run one each.

    ``senders``, ``terms`` and ``prober`` stand for those of the settings. ``start`` and ``stop`` are called once;
    ``tick`` does the work of one tick in the caller's thread instead.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        clock: Clock | None = None,
        *,
        senders: Mapping[ChannelKind, Sender] | None = None,
        terms: RetryPolicy | None = None,
        prober: Prober | None = None,
        limit_seconds: float = LIMIT_SECONDS,
    ) -> None:
        self._engine, self._settings = engine, settings
        self._clock: Clock = clock or SystemClock()
        self._senders = make_senders(settings, self._clock) if senders is None else senders
        self._terms = terms or RetryPolicy(full_jitter)
        self._sweeper = Worker("sweep", lambda: self._sweep, self._clock)
        self._notifier = Worker("outbox", self._make_notifier, self._clock)
        self._prober_worker = Worker("probes", lambda: self._probe, self._clock)
        self._prober = prober or make_prober(engine, settings, self._clock, self._prober_worker.wake)
        self._workers = [self._sweeper, self._notifier, self._prober_worker]
        self._ticker = Ticker(settings.tick_seconds, self._wake, self._clock)
        self._watchdog = Watchdog(self._ticker, self._workers, settings.tick_seconds, limit_seconds)
        self._dispatcher: Dispatcher | None = None
        self._planned: datetime | None = None
        self._prune_at = 0.0
        self._running = False
        self.counts: Counter[str] = Counter()

    def start(self) -> None:
        """Watch the deadlines from now on, and catch up with those that passed."""
        self._running = True
        for worker in self._workers:
            worker.moved()
            worker.start()
        self._ticker.start()
        self._watchdog.start()

    def stop(self) -> None:
        """Stop within a few seconds; answers to messages under way are waited for as long, and booked."""
        self._running = False
        self._watchdog.stop()
        self._ticker.stop()
        for worker in self._workers:
            worker.stop(STOP_SECONDS)
        if self._dispatcher is not None and self._dispatcher.busy:
            self._dispatcher.settle(STOP_SECONDS)
        self._prober.stop(STOP_SECONDS)

    def healthy(self) -> bool:
        """Whether it runs, and each part has succeeded within the last three ticks."""
        patience = 3 * self._settings.tick_seconds + 2
        return self._running and all(worker.seconds_since_progress() <= patience for worker in self._workers)

    def tick(self, seconds: float = LIMIT_SECONDS) -> Counter[str]:
        """Sweep until nothing is due, then probe and deliver, each for so long at most.

        Counts ``prompted``, ``probed`` and ``proposed``, and what was delivered.
        """
        counted: Counter[str] = Counter()
        while (swept := self._sweep_batch()).looked_at:
            counted["prompted"] += swept.prompted
        counted.update(self._prober.run_due(seconds))
        counted.update(self._make_dispatcher().deliver(seconds))
        return counted

    def _wake(self) -> None:
        for worker in self._workers:
            worker.wake()

    def _sweep_batch(self) -> Swept:
        with write_transaction(self._engine) as session:
            swept = sweep_due(session, now=self._clock.now(), base_url=self._settings.base_url)
            if swept.looked_at:
                reach("before_sweep_commit")
        if swept.looked_at:
            reach("after_sweep_commit")
        return swept

    def _sweep(self, token: WorkerToken) -> bool:
        """The sweeper's job: all that is due now, batch by batch."""
        while True:
            swept = self._sweep_batch()
            self.counts["prompted"] += swept.prompted
            if swept.prompted:
                self._notifier.wake()
            if swept.looked_at < BATCH:
                self._plan(swept.next_at)
                return False
            token.beat(PAUSE_SECONDS)

    def _plan(self, next_at: datetime | None) -> None:
        """Ring at the next deadline, if it comes before the next tick."""
        if next_at is None or next_at == self._planned:
            return
        if next_at - self._clock.now() < timedelta(seconds=self._settings.tick_seconds):
            self._planned = next_at
            self._ticker.tick_also_at(next_at)

    def _probe(self, _: WorkerToken) -> bool:
        """The scout's job: remove old bytes once a day, and start the looks that are due.

        They run in threads of their own, and wake it when done.
        """
        if self._clock.monotonic() >= self._prune_at:
            self._prune_at = self._clock.monotonic() + PRUNE_SECONDS
            prune_snapshots(self._engine, self._settings, self._clock.now())
        return self._prober.start_due() > 0

    def _make_dispatcher(self) -> Dispatcher:
        return Dispatcher(
            lambda: bookkeeping_transaction(self._engine), self._senders, self._clock, terms=self._terms, reach=reach
        )

    def _make_notifier(self) -> Callable[[WorkerToken], bool]:
        """The postman's job, with an outbox of its own: deliver a while, go on at once while there is more."""
        dispatcher = self._dispatcher = self._make_dispatcher()

        def deliver(_: WorkerToken) -> bool:
            done = dispatcher.deliver(SLICE_SECONDS)
            self.counts.update(done)
            return dispatcher.busy or bool(done)

        return deliver


def run_once(engine: Engine, settings: Settings, clock: Clock | None = None, *, seconds: float = 600.0) -> Counter[str]:
    """One tick and no more, for ``trackrecord scheduler --once``: sweep, deliver, count."""
    return Scheduler(engine, settings, clock).tick(seconds)
