"""Ticker, worker threads and a watchdog.

The ticker uses APScheduler, which follows the wall clock and stops ticking when that is set back. The watchdog uses a
monotonic clock: it restarts a ticker that is silent, and replaces a worker without progress. The old thread is
abandoned, which is harmless because every batch is claimed again.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import DBAPIError

from resolvers.clock import Clock
from service.errors import Unavailable, database_fault

log = logging.getLogger(__name__)
logging.getLogger("apscheduler").setLevel(logging.WARNING)  # it logs every tick


class Superseded(Exception):
    """Raised in a thread that another thread has replaced."""


class Ticker:
    """Calls ``on_tick`` every ``seconds``, and at one additional time."""

    def __init__(self, seconds: float, on_tick: Callable[[], None], clock: Clock) -> None:
        self._seconds, self._on_tick, self._clock = seconds, on_tick, clock
        self._scheduler: BackgroundScheduler | None = None
        self._ticked_at = clock.monotonic()

    def start(self) -> None:
        """Start ticking, in place of an earlier ticker if there is one, and tick once."""
        self.stop()
        # A missed tick is made up for once, however late.
        job_defaults = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        scheduler = BackgroundScheduler(timezone=UTC, job_defaults=job_defaults)
        scheduler.add_job(self._tick, "interval", seconds=self._seconds, id="tick")
        scheduler.start()
        self._scheduler = scheduler
        self._tick()

    def stop(self) -> None:
        """Stop ticking."""
        if self._scheduler is not None:
            with suppress(Exception):  # in whatever state, it is not used again
                self._scheduler.shutdown(wait=False)
            self._scheduler = None

    def tick_also_at(self, when: datetime) -> None:
        """Tick at this time too; it replaces an earlier additional time."""
        if self._scheduler is not None:
            self._scheduler.add_job(self._tick, "date", run_date=when, id="deadline", replace_existing=True)

    def seconds_since_tick(self) -> float:
        """Return the seconds since the last tick."""
        return self._clock.monotonic() - self._ticked_at

    def _tick(self) -> None:
        self._ticked_at = self._clock.monotonic()
        self._on_tick()


class WorkerToken:
    """Token of one thread of a worker: it reports progress, and says when the thread has been replaced."""

    def __init__(self, worker: "Worker") -> None:
        self._worker = worker
        self.cancelled = threading.Event()

    def report_progress(self, pause_seconds: float = 0.0) -> None:
        """Report progress and pause. Raises ``Superseded`` if the thread has been replaced or stopped."""
        if self.cancelled.wait(pause_seconds):
            raise Superseded
        self._worker.record_progress()


class Worker:
    """A thread that runs a job when it is woken. The job gets a token, and returns whether to run again at once.

    ``make_job`` is called for each thread, so that nothing is shared with a thread that hangs.
    """

    def __init__(self, name: str, make_job: Callable[[], Callable[[WorkerToken], bool]], clock: Clock) -> None:
        self.name = name
        self.failures = 0
        self._make_job, self._clock = make_job, clock
        self._woken = threading.Event()
        self._token: WorkerToken | None = None
        self._thread: threading.Thread | None = None
        self._abandoned: list[threading.Thread] = []
        self._working_since: float | None = None
        self._progress_at = clock.monotonic()

    def start(self) -> None:
        """Start a thread; an earlier one is abandoned."""
        if self._token is not None and self._thread is not None:
            self._token.cancelled.set()
            self._abandoned = [thread for thread in (*self._abandoned, self._thread) if thread.is_alive()]
        self._working_since = None
        self._token = WorkerToken(self)
        self._thread = threading.Thread(target=self._run, args=(self._token,), name=self.name, daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Run the job as soon as possible."""
        self._woken.set()

    def stop(self, seconds: float) -> None:
        """Stop, and wait at most ``seconds`` for the thread and for abandoned threads."""
        if self._token is not None and self._thread is not None:
            self._token.cancelled.set()
            self._woken.set()
            ends_at = self._clock.monotonic() + seconds
            for thread in (self._thread, *self._abandoned):
                thread.join(max(0.0, ends_at - self._clock.monotonic()))

    def record_progress(self) -> None:
        """Record progress of the job."""
        self._progress_at = self._clock.monotonic()

    def seconds_since_progress(self) -> float:
        """Return the seconds since the last progress, which also grow while the worker is never woken."""
        return self._clock.monotonic() - self._progress_at

    def is_stuck(self, seconds: float) -> bool:
        """Return whether the job has made no progress for ``seconds``, or has no thread any more."""
        since = self._working_since
        if self._thread is None or not self._thread.is_alive():
            return True
        return since is not None and self._clock.monotonic() - max(since, self._progress_at) > seconds

    def _run(self, token: WorkerToken) -> None:
        job: Callable[[WorkerToken], bool] | None = None
        while True:
            self._woken.wait()
            self._woken.clear()
            if token.cancelled.is_set():
                return
            self._working_since = self._clock.monotonic()
            try:
                job = job or self._make_job()
                if job(token):
                    self._woken.set()
                token.report_progress()
            except Superseded:
                return
            except (DBAPIError, Unavailable) as error:
                self.failures += 1
                fault = database_fault(error)
                reason = fault.reason if fault else "the database failed"
                cause = error.orig if isinstance(error, DBAPIError) else error
                log.warning("%s: %s (%s); retrying at the next tick", self.name, reason, cause)
            except Exception:
                self.failures += 1
                log.exception("%s failed; retrying at the next tick", self.name)
            if not token.cancelled.is_set():
                self._working_since = None


class Watchdog:
    """Restarts a silent ticker and replaces workers without progress."""

    def __init__(self, ticker: Ticker, workers: list[Worker], tick_seconds: float, stuck_seconds: float) -> None:
        self._ticker, self._workers = ticker, workers
        self._tick_seconds, self._stuck_seconds = tick_seconds, stuck_seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        """Start watching."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._stopping.set()
        self._thread.join(5)

    def check(self) -> None:
        """Check ticker and workers once."""
        if self._ticker.seconds_since_tick() > 2 * self._tick_seconds:
            log.warning(
                "no tick for %.1f s (clock set back?): restarting the ticker", self._ticker.seconds_since_tick()
            )
            self._ticker.start()
        for worker in self._workers:
            if worker.is_stuck(self._stuck_seconds):
                log.error("%s made no progress for %.0f s: replacing its thread", worker.name, self._stuck_seconds)
                worker.start()
                worker.wake()

    def _run(self) -> None:
        while not self._stopping.wait(self._tick_seconds / 2):
            try:
                self.check()
            except Exception:
                log.exception("the watchdog failed; it checks again later")
