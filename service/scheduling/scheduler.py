"""The scheduler: sweep due questions and contests, send deliveries, probe sources, take over lost imports, prune,
make checkpoints of the ledger, and stop what belongs to persons whose keys have expired.

The schedule is stored in the rows, so nothing is lost when a process ends.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from predictions.ledger import SYSTEM
from resolvers.clock import Clock
from resolvers.contest_sweep import contests_due, sweep_contests
from resolvers.deadline_sweep import BATCH_SIZE, SweepResult, sweep_due
from resolvers.notifications.dispatcher import Dispatcher
from resolvers.notifications.models import ChannelKind
from resolvers.notifications.retry_policy import RetryPolicy, full_jitter
from resolvers.notifications.sender import Sender
from resolvers.probing.snapshots import cited_snapshots
from resolvers.probing.worker import Prober
from service.channel_changes import Changer, disabled_without_event
from service.clock import SystemClock
from service.db.engine import bookkeeping_transaction, read_transaction, write_transaction
from service.db.service_state import SCHEDULER, remember
from service.errors import Unavailable
from service.imports import take_over_imports
from service.scheduling.checkpoint_keeper import CheckpointKeeper
from service.scheduling.crash_points import crash_if_armed
from service.scheduling.pruning import prune_replies, prune_senders
from service.scheduling.workers import Ticker, Watchdog, Worker, WorkerToken
from service.security.api_keys import expired_persons, stop_expired
from service.settings import Settings
from service.time_limit import TimeLimit, within
from service.wiring.probing import make_prober, snapshot_store
from service.wiring.senders import make_senders

log = logging.getLogger(__name__)

#: A worker without progress for this long is replaced; longer than any single step, database waits included.
STUCK_SECONDS = 60.0
DELIVER_SECONDS = 1.0
STOP_SECONDS = 5.0
#: Pause between two full batches, so that other writers can run.
PAUSE_SECONDS = 0.02
PRUNE_SECONDS = 24 * 3600.0
#: A scheduler records that it is at work so often, and is given up by others when it is late by the second.
BEAT_SECONDS, LATE_SECONDS = 10.0, 60.0
#: When to expect the next tick of those that tick only once.
ONCE_SECONDS = 3600.0
PRUNE_REPLIES_SECONDS = 3600.0


class Scheduler:
    """Sweep, deliveries, probes and lost imports on one database, in threads. Each process may run one scheduler.

    ``senders``, ``policy`` and ``prober`` replace those from the settings. Call ``start`` and ``stop`` once; ``tick``
    does the work of one tick in the thread of the caller instead.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        clock: Clock | None = None,
        *,
        senders: Mapping[ChannelKind, Sender] | None = None,
        policy: RetryPolicy | None = None,
        prober: Prober | None = None,
        stuck_seconds: float = STUCK_SECONDS,
    ) -> None:
        self._engine, self._settings = engine, settings
        self._clock: Clock = clock or SystemClock()
        self._senders = make_senders(settings, self._clock) if senders is None else senders
        self._policy = policy or RetryPolicy(full_jitter)
        self._sweeper = Worker("sweep", lambda: self._sweep, self._clock)
        self._notifier = Worker("deliveries", self._make_notifier, self._clock)
        self._prober_worker = Worker("probes", lambda: self._probe, self._clock)
        self._prober = prober or make_prober(engine, settings, self._clock, self._prober_worker.wake)
        self._importer = Worker("imports", lambda: self._take_over_imports, self._clock)
        self._key_watcher = Worker("keys", lambda: self._watch_keys_and_channels, self._clock)
        self._checkpoints = CheckpointKeeper(engine, settings, self._clock)
        self._checkpointer = Worker("checkpoints", lambda: self._keep_checkpoints, self._clock)
        self._workers = [self._sweeper, self._notifier, self._prober_worker, self._importer, self._key_watcher]
        self._workers.append(self._checkpointer)
        self._ticker = Ticker(settings.tick_seconds, self._wake, self._clock)
        self._watchdog = Watchdog(self._ticker, self._workers, settings.tick_seconds, stuck_seconds)
        self._dispatcher: Dispatcher | None = None
        self._planned_tick: datetime | None = None
        self._prune_at = self._prune_replies_at = self._beat_at = 0.0
        self._running = False
        self.counts: Counter[str] = Counter()

    def start(self) -> None:
        """Start the threads; deadlines that have passed are handled at once."""
        self._running = True
        for worker in self._workers:
            worker.record_progress()
            worker.start()
        self._ticker.start()
        self._watchdog.start()

    def stop(self) -> None:
        """Stop within a few seconds; record the results of deliveries and probes that arrive in that time."""
        self._running = False
        self._watchdog.stop()
        self._ticker.stop()
        for worker in self._workers:
            worker.stop(STOP_SECONDS)
        if self._dispatcher is not None and self._dispatcher.busy:
            self._finish_in_flight(self._dispatcher)
        self._prober.stop(STOP_SECONDS)

    @staticmethod
    def _finish_in_flight(dispatcher: Dispatcher) -> None:
        try:
            with within(TimeLimit(STOP_SECONDS)):
                dispatcher.finish_in_flight(STOP_SECONDS)
        except (DBAPIError, Unavailable) as error:
            log.warning("results of messages under way are not recorded (%s): they are sent again", error)

    def healthy(self) -> bool:
        """Return whether it runs and every worker has succeeded within the last three ticks."""
        return self._running and self.seconds_since_progress() <= 3 * self._settings.tick_seconds + 2

    def seconds_since_progress(self) -> float:
        """Return for how long the worker without progress for the longest time has made none."""
        return max(worker.seconds_since_progress() for worker in self._workers)

    def tick(self, seconds: float = STUCK_SECONDS) -> Counter[str]:
        """Sweep until nothing is due, then probe and deliver, each for at most ``seconds``.

        Returns counts of ``prompted``, ``probed``, ``proposed`` and of the states of deliveries.
        """
        counted: Counter[str] = Counter()
        while (swept := self._sweep_batch()).examined:
            counted["prompted"] += swept.prompted
        counted["prompted"] += self._sweep_contests()
        take_over_imports(self._engine, self._clock)
        self._watch_keys_and_channels()
        prune_replies(self._engine, self._clock.now())
        self._prune_senders()
        self._checkpoints.run()
        counted.update(self._prober.run_due(seconds))
        counted.update(self._make_dispatcher().deliver(seconds))
        self._beat(ONCE_SECONDS)
        return counted

    def _wake(self) -> None:
        for worker in self._workers:
            worker.wake()

    def _sweep_batch(self) -> SweepResult:
        with write_transaction(self._engine) as session:
            swept = sweep_due(session, now=self._clock.now(), base_url=self._settings.base_url)
            if swept.examined:
                crash_if_armed("before_sweep_commit")
        if swept.examined:
            crash_if_armed("after_sweep_commit")
        return swept

    def _sweep_contests(self) -> int:
        """Prompt for contests that wait for an answer, and return their number."""
        with read_transaction(self._engine) as session:
            if not contests_due(session, self._clock.now()):
                return 0
        with write_transaction(self._engine) as session:
            return sweep_contests(session, now=self._clock.now(), base_url=self._settings.base_url)

    def _sweep(self, token: WorkerToken) -> bool:
        """Sweep all that is due, batch by batch."""
        while True:
            swept = self._sweep_batch()
            self.counts["prompted"] += swept.prompted
            if swept.prompted:
                self._notifier.wake()
            if swept.examined < BATCH_SIZE:
                if self._sweep_contests():
                    self._notifier.wake()
                self._plan_tick(swept.next_at)
                if self.healthy() and self._clock.monotonic() >= self._beat_at:
                    self._beat(3 * self._settings.tick_seconds + BEAT_SECONDS)
                    self._beat_at = self._clock.monotonic() + BEAT_SECONDS
                return False
            token.report_progress(PAUSE_SECONDS)

    def _beat(self, next_within: float) -> None:
        """Record for other processes that a scheduler is at work, and when it will say so again."""
        now = self._clock.now()
        late_at = now + timedelta(seconds=next_within + LATE_SECONDS)
        with bookkeeping_transaction(self._engine) as session:
            remember(session, SCHEDULER, late_at.isoformat(), now=now)

    def _plan_tick(self, next_at: datetime | None) -> None:
        """Tick at the next deadline if it comes before the next regular tick."""
        if next_at is None or next_at == self._planned_tick:
            return
        if next_at - self._clock.now() < timedelta(seconds=self._settings.tick_seconds):
            self._planned_tick = next_at
            self._ticker.tick_also_at(next_at)

    def _probe(self, _: WorkerToken) -> bool:
        """Prune snapshots once a day, and start the probes that are due.

        Probes run in threads of their own, and wake this worker when they end.
        """
        if self._clock.monotonic() >= self._prune_at:
            self._prune_at = self._clock.monotonic() + PRUNE_SECONDS
            with read_transaction(self._engine) as session:
                cited = cited_snapshots(session)
            snapshot_store(self._settings).prune(cited=cited, now=self._clock.now())
        return self._prober.start_due() > 0

    def _watch_keys_and_channels(self, _: WorkerToken | None = None) -> bool:
        """Stop what belongs to persons whose last keys expired, and log which channels their receivers disabled."""
        with read_transaction(self._engine) as session:
            if not expired_persons(session, now=self._clock.now()) and not disabled_without_event(session):
                return False
        with write_transaction(self._engine) as session:
            changer = Changer(SYSTEM, self._clock.now(), self._settings.secret())
            stop_expired(session, changer)
            changer.log_disabled(session)
        return False

    def _keep_checkpoints(self, token: WorkerToken) -> bool:
        """Extend the tree of the ledger, and make a checkpoint of each day."""
        self._checkpoints.run(lambda: token.report_progress(PAUSE_SECONDS))
        return False

    def _take_over_imports(self, token: WorkerToken) -> bool:
        """Drop or finish the imports whose process was lost, and prune stored replies once an hour."""
        take_over_imports(self._engine, self._clock, token.report_progress)
        if self._clock.monotonic() >= self._prune_replies_at:
            self._prune_replies_at = self._clock.monotonic() + PRUNE_REPLIES_SECONDS
            prune_replies(self._engine, self._clock.now(), lambda: token.report_progress(PAUSE_SECONDS))
            self._prune_senders()
        return False

    def _prune_senders(self) -> None:
        with bookkeeping_transaction(self._engine) as session:
            prune_senders(session, self._clock.now())

    def _make_dispatcher(self) -> Dispatcher:
        return Dispatcher(
            lambda: bookkeeping_transaction(self._engine),
            self._senders,
            self._clock,
            policy=self._policy,
            checkpoint=crash_if_armed,
        )

    def _make_notifier(self) -> Callable[[WorkerToken], bool]:
        """Return the job of the notifier, with a dispatcher of its own: deliver, and repeat while there is more."""
        dispatcher = self._dispatcher = self._make_dispatcher()

        def deliver(_: WorkerToken) -> bool:
            done = dispatcher.deliver(DELIVER_SECONDS)
            self.counts.update(done)
            return dispatcher.busy or bool(done)

        return deliver


def run_once(engine: Engine, settings: Settings, clock: Clock | None = None, *, seconds: float = 600.0) -> Counter[str]:
    """Run one tick, for ``trackrecord scheduler --once``, and return its counts."""
    return Scheduler(engine, settings, clock).tick(seconds)
