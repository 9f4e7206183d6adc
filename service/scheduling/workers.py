"""What keeps time for the scheduler: a bell that rings, workers that wake at it, and a watchdog over both.

APScheduler is the bell and nothing more: it goes by the wall clock, so when that is set back it falls silent. The
watchdog goes by a clock that is never set, hangs a new bell when the old one is silent, and gives up on a worker that
no longer moves: its thread is left behind, harmless, as every batch is claimed anew.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import DBAPIError

from resolvers.clock import Clock

log = logging.getLogger(__name__)
logging.getLogger("apscheduler").setLevel(logging.WARNING)  # it tells of every single ring


class Superseded(Exception):
    """Another thread has taken this one's work over."""


class Ticker:
    """Rings every so many seconds, and at one chosen time."""

    def __init__(self, seconds: float, ring: Callable[[], None], clock: Clock) -> None:
        self._seconds, self._ring, self._clock = seconds, ring, clock
        self._scheduler: BackgroundScheduler | None = None
        self._rung_at = clock.monotonic()

    def start(self) -> None:
        """Hang a new bell, in place of the old one if there is any, and ring it."""
        self.stop()
        # Late is better than never, and once is enough, however many times were missed.
        manner = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        scheduler = BackgroundScheduler(timezone=UTC, job_defaults=manner)
        scheduler.add_job(self._tick, "interval", seconds=self._seconds, id="tick")
        scheduler.start()
        self._scheduler = scheduler
        self._tick()

    def stop(self) -> None:
        """Ring no more."""
        if self._scheduler is not None:
            with suppress(Exception):  # whatever state it is in: it is not used any more
                self._scheduler.shutdown(wait=False)
            self._scheduler = None

    def tick_also_at(self, when: datetime) -> None:
        """Ring at this time too; an earlier wish of this sort is forgotten."""
        if self._scheduler is not None:
            self._scheduler.add_job(self._tick, "date", run_date=when, id="deadline", replace_existing=True)

    def seconds_since_tick(self) -> float:
        """Seconds since it rang last."""
        return self._clock.monotonic() - self._rung_at

    def _tick(self) -> None:
        self._rung_at = self._clock.monotonic()
        self._ring()


class WorkerToken:
    """One thread's time at a job: how it stays known to be alive, and how it learns that it is over."""

    def __init__(self, worker: "Worker") -> None:
        self._worker = worker
        self.over = threading.Event()

    def beat(self, pause_seconds: float = 0.0) -> None:
        """Something was accomplished. Raises ``Replaced`` where the shift is over; pauses for others if told to."""
        if self.over.wait(pause_seconds):
            raise Superseded
        self._worker.moved()


class Worker:
    """A thread that does a job whenever it is woken. The job gets its shift, and says whether to go on at once.

    ``make_job`` is called anew for each thread, so that nothing is shared with one that hangs.
    """

    def __init__(self, name: str, make_job: Callable[[], Callable[[WorkerToken], bool]], clock: Clock) -> None:
        self.name = name
        self.failures = 0
        self._make_job, self._clock = make_job, clock
        self._awake = threading.Event()
        self._token: WorkerToken | None = None
        self._thread: threading.Thread | None = None
        self._left_behind: list[threading.Thread] = []
        self._working_since: float | None = None
        self._moved_at = clock.monotonic()

    def start(self) -> None:
        """Start a thread; one that was there before is left to itself."""
        if self._token is not None and self._thread is not None:
            self._token.over.set()
            self._left_behind = [thread for thread in (*self._left_behind, self._thread) if thread.is_alive()]
        self._working_since = None
        self._token = WorkerToken(self)
        self._thread = threading.Thread(target=self._run, args=(self._token,), name=self.name, daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Let it work as soon as it can."""
        self._awake.set()

    def stop(self, seconds: float) -> None:
        """Let it end, and wait so long for that; also for threads left behind, which may have come to."""
        if self._token is not None and self._thread is not None:
            self._token.over.set()
            self._awake.set()
            ends_at = self._clock.monotonic() + seconds
            for thread in (self._thread, *self._left_behind):
                thread.join(max(0.0, ends_at - self._clock.monotonic()))

    def moved(self) -> None:
        """The job has got somewhere."""
        self._moved_at = self._clock.monotonic()

    def seconds_since_progress(self) -> float:
        """Seconds since it accomplished something; an idle one that is never woken grows still, too."""
        return self._clock.monotonic() - self._moved_at

    def hangs(self, seconds: float) -> bool:
        """Whether it is at work, and has got nowhere for so long; or has no thread any more."""
        since = self._working_since
        if self._thread is None or not self._thread.is_alive():
            return True
        return since is not None and self._clock.monotonic() - max(since, self._moved_at) > seconds

    def _run(self, token: WorkerToken) -> None:
        job: Callable[[WorkerToken], bool] | None = None
        while True:
            self._awake.wait()
            self._awake.clear()
            if token.over.is_set():
                return
            self._working_since = self._clock.monotonic()
            try:
                job = job or self._make_job()
                if job(token):
                    self._awake.set()
                token.beat()
            except Superseded:
                return
            except DBAPIError as error:
                self.failures += 1
                log.warning("%s: the database failed (%s); the next tick tries again", self.name, error.orig)
            except Exception:
                self.failures += 1
                log.exception("%s failed; the next tick tries again", self.name)
            if not token.over.is_set():
                self._working_since = None


class Watchdog:
    """Looks, from time to time, whether bell and workers are alive, and replaces what is not."""

    def __init__(self, ticker: Ticker, workers: list[Worker], tick_seconds: float, limit_seconds: float) -> None:
        self._ticker, self._workers = ticker, workers
        self._tick_seconds, self._limit_seconds = tick_seconds, limit_seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        """Watch from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Watch no more."""
        self._over.set()
        self._thread.join(5)

    def look(self) -> None:
        """Look once."""
        if self._ticker.seconds_since_tick() > 2 * self._tick_seconds:
            log.warning("no tick for %.1f s (was the clock set back?): ticking anew", self._ticker.seconds_since_tick())
            self._ticker.start()
        for worker in self._workers:
            if worker.hangs(self._limit_seconds):
                log.error("%s got nowhere for %.0f s: its work goes to a new thread", worker.name, self._limit_seconds)
                worker.start()
                worker.wake()

    def _run(self) -> None:
        while not self._over.wait(self._tick_seconds / 2):
            try:
                self.look()
            except Exception:
                log.exception("the watchdog stumbled; it looks again")
