"""A worker outlives the errors of its job, and the watchdog outlives its own."""

import threading
from collections.abc import Callable, Iterator

import pytest

from service.scheduling.workers import Ticker, Watchdog, Worker, WorkerToken
from tests.support.http_source_server import RunningClock
from tests.support.probing_helpers import wait_until


@pytest.fixture
def start() -> Iterator[Callable[[Worker], Worker]]:
    """A function that starts a worker, which is stopped at the end."""
    started: list[Worker] = []

    def start(worker: Worker) -> Worker:
        worker.start()
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.stop(5)


def test_a_job_that_fails_is_logged_and_runs_again_at_the_next_tick(
    start: Callable[[Worker], Worker], caplog: pytest.LogCaptureFixture
) -> None:
    runs: list[int] = []

    def job(_: WorkerToken) -> bool:
        runs.append(1)
        if len(runs) == 1:
            raise ZeroDivisionError
        return False

    worker = start(Worker("sums", lambda: job, RunningClock()))
    worker.wake()
    wait_until(lambda: worker.failures == 1)
    assert not worker.is_stuck(60)
    worker.wake()
    wait_until(lambda: len(runs) == 2)
    assert "sums failed; retrying at the next tick" in caplog.text
    assert worker.failures == 1


def test_an_error_of_the_watchdog_itself_does_not_end_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ticks = threading.Event()
    ticker = Ticker(60, ticks.set, RunningClock())
    ages = iter([None])

    def seconds_since_tick() -> float:
        if next(ages, 1.0) is None:
            raise ZeroDivisionError
        return 1.0

    monkeypatch.setattr(ticker, "seconds_since_tick", seconds_since_tick)
    watchdog = Watchdog(ticker, [], tick_seconds=0.1, stuck_seconds=60)
    watchdog.start()
    assert ticks.wait(20), "the ticker, silent for a second, is restarted by the check after the one that failed"
    watchdog.stop()
    ticker.stop()
    assert "the watchdog failed; it checks again later" in caplog.text
