"""The scheduler: it misses no deadline, reports when it stops, and shares the work with other schedulers."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import apscheduler.schedulers.base
import httpx
import pytest
from sqlalchemy import Engine, func, select, text
from sqlmodel import col

from predictions import ledger
from resolvers.deadline_sweep import SweepResult
from resolvers.notifications.models import ChannelKind, Delivery
from resolvers.notifications.retry_policy import RetryPolicy
from resolvers.notifications.sender import OutgoingMessage, SendResult, SendStatus
from resolvers.prompts.models import Prompt
from service.app import create_app
from service.db.engine import read_transaction, write_transaction
from service.scheduling.crash_points import POINTS, arm
from service.scheduling.scheduler import Scheduler, run_once
from service.settings import Settings
from tests.support.fake_clock import START, FakeClock
from tests.support.http_source_server import RawServer, RunningClock, reply, serving_raw
from tests.support.source_requests import add_channel, all_deliveries, create_question

HOUR = timedelta(hours=1)
TICK = 0.05


class ShiftedClock(RunningClock):
    """The machine's clock, some seconds ahead on the monotonic side."""

    ahead = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead


class Taker:
    """Takes every message."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    def send(self, outgoing: OutgoingMessage) -> SendResult:
        self.taken.append(outgoing.message_id)
        return SendResult(SendStatus.DELIVERED, "", 200)


def until(holds: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for a condition; it fails loudly where the condition never comes true."""
    ends_at = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends_at, "waited in vain"
        time.sleep(0.01)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(_env_file=None, database_url=database_url, state_dir=tmp_path / "state", tick_seconds=TICK)


@pytest.fixture
def receiver() -> Iterator[RawServer]:
    with serving_raw() as server:
        server.routes["/hook"] = reply()
        yield server


@contextmanager
def running(scheduler: Scheduler) -> Iterator[Scheduler]:
    scheduler.start()
    try:
        yield scheduler
    finally:
        scheduler.stop()


def enter(engine: Engine, *slugs: str, deadline: datetime | None = None, target: str = "") -> None:
    """Questions that came due an hour ago, and a channel if there is a target for it."""
    with write_transaction(engine) as session:
        for slug in slugs:
            create_question(session, slug, deadline or RunningClock().now() - HOUR)
        if target:
            add_channel(session, "desk", START, target=target)


def prompted(engine: Engine) -> int:
    with read_transaction(engine) as session:
        return session.execute(select(func.count(col(Prompt.id)))).scalar_one()


def count_ticks(scheduler: Scheduler, ticks: list[int]) -> None:
    """Add an item to `ticks` at each tick of the scheduler."""
    on_tick = scheduler._ticker._on_tick

    def counted() -> None:
        ticks.append(1)
        on_tick()

    scheduler._ticker._on_tick = counted


def delivered(engine: Engine) -> int:
    with read_transaction(engine) as session:
        query = select(func.count(col(Delivery.id))).where(col(Delivery.state) == "delivered")
        return session.execute(query).scalar_one()


def test_what_is_overdue_is_prompted_for_and_delivered_within_moments(
    engine: Engine, settings: Settings, receiver: RawServer
) -> None:
    slugs = [f"q-{number}" for number in range(130)]  # more than a batch
    enter(engine, *slugs, target=f"{receiver.url}/hook")
    settings.allowed_hosts = (receiver.host,)
    settings.tick_seconds = 3600
    with running(Scheduler(engine, settings)) as scheduler:
        until(lambda: delivered(engine) == 130)
        assert scheduler.counts["prompted"] == 130
    assert prompted(engine) == 130
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == len(receiver.requests) == 130
    assert receiver.requests[0].headers["user-agent"].startswith("TrackRecord/")


def test_a_deadline_before_the_next_tick_is_handled_on_time(engine: Engine, settings: Settings) -> None:
    deadline = RunningClock().now() + timedelta(seconds=1.5)
    enter(engine, "soon", deadline=deadline)
    settings.tick_seconds = 3600
    with running(Scheduler(engine, settings)):
        until(lambda: prompted(engine) == 1)
    with read_transaction(engine) as session:
        prompt = session.execute(select(Prompt)).scalar_one()
    assert prompt.created_at >= deadline, "and not early"


def test_a_question_entered_later_is_found_by_the_next_tick(engine: Engine, settings: Settings) -> None:
    with running(Scheduler(engine, settings)):
        enter(engine, "rain")
        until(lambda: prompted(engine) == 1)
        enter(engine, "snow")
        until(lambda: prompted(engine) == 2)


def test_a_tick_sweeps_until_nothing_is_due_and_then_delivers(
    engine: Engine, settings: Settings, clock: FakeClock
) -> None:
    enter(engine, *(f"q-{number}" for number in range(210)), deadline=START, target="https://example.org/hook")
    taker = Taker()
    scheduler = Scheduler(engine, settings, clock, senders={ChannelKind.WEBHOOK: taker})
    counts = scheduler.tick()
    assert (counts["prompted"], counts["delivered"], len(taker.taken)) == (210, 210, 210)
    assert scheduler.tick().total() == 0


def test_the_command_line_can_run_a_single_tick(engine: Engine, settings: Settings, receiver: RawServer) -> None:
    enter(engine, "rain", target=f"{receiver.url}/hook")
    settings.allowed_hosts = (receiver.host,)
    counts = run_once(engine, settings)
    assert (counts["prompted"], counts["delivered"]) == (1, 1)
    assert run_once(engine, settings).total() == 0


def test_several_schedulers_on_one_database_prompt_and_deliver_once(engine: Engine, settings: Settings) -> None:
    enter(engine, *(f"q-{number}" for number in range(250)), target="https://example.org/hook")
    taker = Taker()
    several = [Scheduler(engine, settings, senders={ChannelKind.WEBHOOK: taker}) for _ in range(3)]
    for scheduler in several:
        scheduler.start()
    until(lambda: delivered(engine) == 250)
    for scheduler in several:
        scheduler.stop()
    assert prompted(engine) == 250
    assert sum(scheduler.counts["prompted"] for scheduler in several) == 250
    assert len(taker.taken) == len(set(taker.taken)) == 250
    with read_transaction(engine) as session:
        assert list(ledger.chain_errors(session)) == []


def test_a_database_error_is_survived_by_the_next_tick(
    engine: Engine, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE question RENAME COLUMN next_prompt_at TO hidden"))
    with running(Scheduler(engine, settings)) as scheduler:
        until(lambda: "the database failed" in caplog.text)
        until(lambda: scheduler._sweeper.failures >= 2)
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE question RENAME COLUMN hidden TO next_prompt_at"))
        enter(engine, "rain")
        until(lambda: prompted(engine) == 1)
        until(scheduler.healthy)


def test_a_sweep_that_hangs_is_abandoned_and_another_takes_over(
    engine: Engine, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    enter(engine, "rain")
    hung, release = threading.Event(), threading.Event()
    scheduler = Scheduler(engine, settings, stuck_seconds=0.5)
    sweep = scheduler._sweep_batch

    def hang_once() -> SweepResult:
        if not hung.is_set():
            hung.set()
            release.wait(60)
        return sweep()

    scheduler._sweep_batch = hang_once  # type: ignore[method-assign]
    with running(scheduler):
        assert hung.wait(20)
        until(lambda: prompted(engine) == 1)
        assert "replacing its thread" in caplog.text
        release.set()
    assert prompted(engine) == 1, "the one left behind did no harm when it came to"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # that one is the test's own
def test_a_worker_that_died_is_replaced(engine: Engine, settings: Settings) -> None:
    enter(engine, "rain")
    died = threading.Event()
    scheduler = Scheduler(engine, settings)
    sweep = scheduler._sweep_batch

    def die_once() -> SweepResult:
        if not died.is_set():
            died.set()
            raise SystemExit  # not an Exception: it ends the thread
        return sweep()

    scheduler._sweep_batch = die_once  # type: ignore[method-assign]
    with running(scheduler):
        until(lambda: prompted(engine) == 1)
    assert died.is_set()


@pytest.mark.parametrize("shift", [-HOUR, 3 * HOUR], ids=["back an hour", "ahead three hours"])
def test_setting_the_wall_clock_does_not_stop_the_ticks(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch, shift: timedelta
) -> None:
    """It is APScheduler's own clock that is set here, while it runs."""
    offset = [timedelta(0)]

    class Wall(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + offset[0]

    monkeypatch.setattr(apscheduler.schedulers.base, "datetime", Wall)
    ticks: list[int] = []
    scheduler = Scheduler(engine, settings)
    count_ticks(scheduler, ticks)
    with running(scheduler):
        until(lambda: len(ticks) >= 3)
        offset[0] = shift
        before = len(ticks)
        until(lambda: len(ticks) >= before + 5)
        enter(engine, "rain")
        until(lambda: prompted(engine) == 1)
        assert scheduler.healthy()


def test_without_the_watchdog_a_clock_set_back_would_stop_the_ticks(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shows that the test above tests something; and that the silence is seen from outside."""
    offset = [timedelta(0)]

    class Wall(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + offset[0]

    monkeypatch.setattr(apscheduler.schedulers.base, "datetime", Wall)
    clock = ShiftedClock()
    scheduler = Scheduler(engine, settings, clock)
    with running(scheduler):
        until(scheduler.healthy)
        scheduler._watchdog.stop()
        offset[0] = -HOUR
        until(lambda: scheduler._ticker.seconds_since_tick() > 20 * TICK)
        clock.ahead = 5.0
        assert not scheduler.healthy(), "five seconds without a tick"
        scheduler._watchdog.check()
        until(scheduler.healthy)


def test_it_is_not_healthy_before_it_starts_nor_after_it_stops(engine: Engine, settings: Settings) -> None:
    scheduler = Scheduler(engine, settings)
    assert not scheduler.healthy()
    with running(scheduler):
        assert scheduler.healthy()
    assert not scheduler.healthy()


def test_a_sweep_that_fails_for_good_is_not_healthy(engine: Engine, settings: Settings) -> None:
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE question RENAME COLUMN next_prompt_at TO hidden"))
    clock = ShiftedClock()
    with running(Scheduler(engine, settings, clock)) as scheduler:
        until(lambda: scheduler._sweeper.failures >= 2)
        clock.ahead = 5.0
        until(lambda: scheduler._sweeper.failures >= 4)
        assert not scheduler.healthy()


def test_stopping_ends_its_threads_and_records_the_results_of_running_sends(engine: Engine, settings: Settings) -> None:
    enter(engine, "rain", target="https://example.org/hook")
    sending, release = threading.Event(), threading.Event()

    class Slow(Taker):
        def send(self, outgoing: OutgoingMessage) -> SendResult:
            sending.set()
            release.wait(60)
            return super().send(outgoing)

    scheduler = Scheduler(engine, settings, senders={ChannelKind.WEBHOOK: Slow()})
    scheduler.start()
    assert sending.wait(20)
    threading.Timer(0.3, release.set).start()
    scheduler.stop()
    assert delivered(engine) == 1
    mine = [scheduler._sweeper._thread, scheduler._notifier._thread, scheduler._watchdog._thread]
    assert [thread.is_alive() for thread in mine if thread is not None] == [False] * 3


def test_a_channel_at_its_limit_does_not_delay_the_sweep(engine: Engine, settings: Settings) -> None:
    release = threading.Event()

    class Stuck(Taker):
        def send(self, outgoing: OutgoingMessage) -> SendResult:
            release.wait(60)
            return super().send(outgoing)

    enter(engine, *(f"q-{number}" for number in range(20)), target="https://example.org/hook")
    policy = RetryPolicy(jitter=lambda seconds: seconds)
    with running(Scheduler(engine, settings, senders={ChannelKind.WEBHOOK: Stuck()}, policy=policy)) as scheduler:
        until(lambda: prompted(engine) == 20)
        enter(engine, "late")
        until(lambda: prompted(engine) == 21)
        assert scheduler.healthy()
        release.set()
        until(lambda: delivered(engine) == 21)


def test_the_service_runs_a_scheduler_and_reports_when_its_ticks_stop(
    engine: Engine, settings: Settings, serve: Callable[[object], str], receiver: RawServer
) -> None:
    enter(engine, "rain", target=f"{receiver.url}/hook")
    settings.allowed_hosts = (receiver.host,)
    clock = ShiftedClock()
    app = create_app(settings, clock=clock, scheduler=True)
    url = serve(app)
    until(lambda: delivered(engine) == 1)
    assert httpx.get(f"{url}/readyz").status_code == 200
    app.state.scheduler._watchdog.stop()
    app.state.scheduler._ticker.stop()
    clock.ahead = 5.0
    until(lambda: httpx.get(f"{url}/readyz").status_code == 503)


def test_on_another_clock_it_neither_spins_nor_prompts_early(
    engine: Engine, settings: Settings, clock: FakeClock
) -> None:
    enter(engine, "rain", deadline=START + timedelta(seconds=TICK / 2))
    ticks: list[int] = []
    scheduler = Scheduler(engine, settings, clock)
    count_ticks(scheduler, ticks)
    with running(scheduler):
        began = time.monotonic()
        until(lambda: len(ticks) >= 10)
        assert time.monotonic() - began > 6 * TICK, "it waits from tick to tick"
        assert prompted(engine) == 0
        clock.advance(1)
        until(lambda: prompted(engine) == 1)


@pytest.mark.parametrize("point", ["after_lunch", "after_send:x", "nowhere:2"])
def test_a_kill_point_that_does_not_exist_is_refused(point: str) -> None:
    with pytest.raises(ValueError, match=r"choose one of|invalid literal"):
        arm(point)
    arm("")


def test_the_kill_points_are_those_of_sweep_claim_send_and_finish() -> None:
    assert {point.partition("_")[2] for point in POINTS} == {"sweep_commit", "claim_commit", "send", "finish_commit"}


def test_deliveries_of_a_scheduler_are_seen_by_another_session(engine: Engine, settings: Settings) -> None:
    enter(engine, "rain", target="https://example.org/hook")
    Scheduler(engine, settings, senders={ChannelKind.WEBHOOK: Taker()}).tick()
    with read_transaction(engine) as session:
        assert [row.state.value for row in all_deliveries(session)] == ["delivered"]
