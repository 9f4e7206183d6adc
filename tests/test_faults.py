"""Processes are killed, suspended and denied resources; every deadline still ends with one prompt, delivered."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from benchmarks.http_load import free_port
from predictions import ledger
from resolvers.notifications.models import Delivery, DeliveryAttempt, DeliveryState
from service.db.engine import make_engine, read_transaction
from service.scheduling.crash_points import POINTS
from service.scheduling.scheduler import Scheduler
from service.settings import Settings
from tests.conftest import TEMPLATE, migrate
from tests.support.fault_injection import ROOT, TICK_SECONDS, FaultHarness, fault_harness, wait_until
from tests.support.postgres_server import PostgresServer
from tests.support.silent_proxy import SilentProxy


@pytest.fixture
def harness(database_url: str) -> Iterator[FaultHarness]:
    """A house whose receiver fails now and then."""
    with fault_harness(database_url) as built:
        yield built


@pytest.mark.parametrize("point", POINTS)
def test_a_process_killed_at_this_point_loses_nothing_and_repeats_nothing_on_record(
    harness: FaultHarness, point: str
) -> None:
    harness.come_due(12)
    first = harness.start(kill_at=point)
    first.join(20)
    assert first.exitcode == -signal.SIGKILL, "it reached the point, and died there"
    harness.processes.remove(first)
    harness.start()
    harness.start()
    wait_until(lambda: harness.finished(12))
    assert harness.count(DeliveryState.DELIVERED) == 12
    harness.check(12)


@pytest.mark.parametrize("kills", [5, pytest.param(500, marks=[pytest.mark.long, pytest.mark.timeout(3600)])])
def test_random_kills_of_two_processes_lose_nothing(harness: FaultHarness, kills: int) -> None:
    deadlines = 15 * kills
    harness.come_due(deadlines, over_seconds=0.3 * kills)
    for _ in range(2):
        harness.start()
    for _ in range(kills):
        time.sleep(random.uniform(0.05, 0.5))
        harness.kill(random.choice(harness.processes))
        harness.start()
    wait_until(lambda: harness.finished(deadlines), 40 + 2 * kills)
    harness.check(deadlines)


@pytest.mark.parametrize("times", [1, pytest.param(400, marks=[pytest.mark.long, pytest.mark.timeout(7200)])])
def test_a_process_suspended_past_its_lease_changes_nothing_when_resumed(harness: FaultHarness, times: int) -> None:
    harness.receiver.faults = False
    for _ in range(times):
        sleep_past_the_lease(harness)
    harness.check(times)


def sleep_past_the_lease(harness: FaultHarness) -> None:
    harness.receiver.hanging = True
    harness.come_due(1)
    sleeper = harness.start()
    wait_until(lambda: bool(harness.receiver.unanswered))
    harness.suspend(sleeper, lambda: bool(harness.receiver.unanswered) and attempt(harness).finished_at is None)
    lost = attempt(harness)
    harness.receiver.hanging = False
    other = harness.start()
    wait_until(lambda: harness.finished(harness.created))
    harness.kill(other)
    before = newest_delivery(harness)
    assert before.state is DeliveryState.DELIVERED
    assert before.attempts > lost.number

    os.kill(sleeper.pid or 0, signal.SIGCONT)
    wait_until(lambda: attempt(harness, lost.id).finished_at is not None)  # it woke and recorded its own attempt
    assert attempt(harness, lost.id).status_code is None
    assert newest_delivery(harness).model_dump() == before.model_dump()
    harness.kill(sleeper)


def newest_delivery(harness: FaultHarness) -> Delivery:
    with read_transaction(harness.engine) as session:
        row = session.execute(select(Delivery).order_by(col(Delivery.id).desc()).limit(1)).scalar_one()
        session.expunge(row)
        return row


def attempt(harness: FaultHarness, number: int | None = None) -> DeliveryAttempt:
    """The attempt with this id, else the newest of all."""
    chosen = select(DeliveryAttempt).order_by(col(DeliveryAttempt.id).desc()).limit(1)
    if number is not None:
        chosen = chosen.where(col(DeliveryAttempt.id) == number)
    with read_transaction(harness.engine) as session:
        row = session.execute(chosen).scalar_one()
        session.expunge(row)
        return row


def test_the_environment_names_the_point(database_url: str) -> None:
    """The real way in: the variable, read when the process starts."""
    with fault_harness(database_url) as built:
        built.come_due(3)
        code = (
            "from service.db.engine import make_engine; from service.scheduling.scheduler import run_once; "
            "from service.settings import Settings; "
            f"run_once(make_engine({database_url!r}), Settings(_env_file=None, database_url={database_url!r}))"
        )
        env = os.environ | {"TRACKRECORD_KILL_AT": "before_sweep_commit"}
        done = subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, check=False)
        assert done.returncode == -signal.SIGKILL
        with read_transaction(built.engine) as session:
            assert session.execute(text("SELECT count(*) FROM prompt")).scalar() == 0, "before the commit: nothing"


def scheduler(url: str, engine: Engine, folder: Path) -> Scheduler:
    settings = Settings(_env_file=None, database_url=url, state_dir=folder, tick_seconds=TICK_SECONDS)
    return Scheduler(engine, settings, senders={})


def came_due(engine: Engine) -> int:
    with read_transaction(engine) as session:
        return int(session.execute(text("SELECT count(*) FROM prompt")).scalar_one())


def test_a_database_server_that_crashes_and_comes_back_is_caught_up_with(tmp_path: Path) -> None:
    with PostgresServer(durable=True) as server:
        url = server.create_database(TEMPLATE)
        migrate(url)
        with fault_harness(url) as built:
            running = scheduler(url, built.engine, tmp_path)
            running.start()
            try:
                wait_until(running.healthy)
                server.kill()
                wait_until(lambda: running._sweeper.failures > 0)
                server.start()
                built.come_due(5)
                wait_until(lambda: came_due(built.engine) == 5)
                wait_until(running.healthy)
            finally:
                running.stop()
            with read_transaction(built.engine) as session:
                assert list(ledger.chain_errors(session)) == []


def test_a_network_that_swallows_everything_holds_the_scheduler_up_only_while_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.db.postgres_connection.LONGEST_WAIT_SECONDS", 1)
    with PostgresServer(port=free_port()) as server, SilentProxy(server.port) as proxy:
        url = server.create_database(TEMPLATE)
        migrate(url)
        engine = make_engine(proxy.url(url), service=True)
        with fault_harness(url) as built:
            running = scheduler(url, engine, tmp_path)
            running.start()
            try:
                wait_until(running.healthy)
                proxy.silence()
                wait_until(lambda: min(worker.failures for worker in running._workers) > 0)
                proxy.speak()
                built.come_due(5)
                wait_until(lambda: came_due(built.engine) == 5)
                wait_until(running.healthy)
            finally:
                running.stop()
                engine.dispose()


def test_a_full_disk_leaves_no_partial_prompt_and_all_is_caught_up_with_once_there_is_space(
    sqlite_url: str, tmp_path: Path
) -> None:
    with fault_harness(sqlite_url) as built:
        built.come_due(300)
        engine = make_engine(sqlite_url)
        room = [0]

        def limit(connection: Any, _: object) -> None:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count={pages + room[0]}")

        event.listen(engine, "connect", limit)
        running = scheduler(sqlite_url, engine, tmp_path)
        with pytest.raises(DBAPIError, match="full"):
            running.tick()
        with read_transaction(built.engine) as session:
            half = "SELECT count(*) FROM question WHERE status = 'due' AND id NOT IN (SELECT question_id FROM prompt)"
            assert session.execute(text(half)).scalar() == 0
            assert session.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        room[0] = 100_000
        engine.dispose()
        running.tick()
        engine.dispose()
        assert came_due(built.engine) == 300


def test_a_database_that_another_program_has_locked_is_waited_for(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.db.engine.BUSY_TIMEOUT_SECONDS", 0.1)
    with fault_harness(sqlite_url) as built:
        built.come_due(3)
        engine = make_engine(sqlite_url)
        running = scheduler(sqlite_url, engine, tmp_path)
        with built.engine.connect() as locking:
            locking.execute(text("SELECT 1"))  # BEGIN IMMEDIATE: the write lock is this connection's
            running.start()
            wait_until(lambda: running._sweeper.failures >= 2)
            assert came_due(built.engine) == 0
        wait_until(lambda: came_due(built.engine) == 3)
        running.stop()
        engine.dispose()


def test_the_harness_notices_a_message_that_is_not_on_record(harness: FaultHarness) -> None:
    harness.receiver.faults = False
    harness.come_due(1)
    harness.start()
    wait_until(lambda: harness.finished(1))
    harness.check(1)
    harness.receiver.server.requests *= 2
    with pytest.raises(AssertionError, match="not on record"):
        harness.check(1)
