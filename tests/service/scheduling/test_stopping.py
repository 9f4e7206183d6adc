"""A scheduler that stops records the results that arrive within seconds, and does not wait for a broken database."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text
from sqlmodel import col

from resolvers.notifications.models import ChannelKind, Delivery
from resolvers.notifications.sender import OutgoingMessage, SendResult, SendStatus
from service.db.engine import read_transaction, write_transaction
from service.scheduling.scheduler import DELIVER_SECONDS, Scheduler
from service.settings import Settings
from tests.support.fake_clock import START
from tests.support.http_source_server import RunningClock
from tests.support.source_requests import add_channel, create_question


class Slow:
    """Takes a message only when it is released."""

    def __init__(self) -> None:
        self.sending, self.release = threading.Event(), threading.Event()

    def send(self, outgoing: OutgoingMessage) -> SendResult:
        self.sending.set()
        self.release.wait(60)
        return SendResult(SendStatus.DELIVERED, "", 200)


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def scheduler(engine: Engine, database_url: str, tmp_path: Path, slow: Slow) -> Scheduler:
    """A scheduler in the middle of a send that takes longer than its worker waits for."""
    with write_transaction(engine) as session:
        create_question(session, "rain", RunningClock().now())
        add_channel(session, "desk", START, target="https://example.org/hook")
    settings = Settings(_env_file=None, database_url=database_url, state_dir=tmp_path / "state", tick_seconds=0.05)
    scheduler = Scheduler(engine, settings, senders={ChannelKind.WEBHOOK: slow})
    scheduler.start()
    assert slow.sending.wait(20)
    return scheduler


def test_a_send_that_outlasts_its_worker_is_recorded_if_it_ends_within_seconds(
    engine: Engine, scheduler: Scheduler, slow: Slow
) -> None:
    threading.Timer(2 * DELIVER_SECONDS, slow.release.set).start()
    scheduler.stop()
    with read_transaction(engine) as session:
        assert session.execute(select(col(Delivery.state))).scalars().all() == ["delivered"]


def test_a_database_that_fails_during_the_stop_costs_a_line_in_the_log(
    engine: Engine, scheduler: Scheduler, slow: Slow, caplog: pytest.LogCaptureFixture
) -> None:
    def break_database() -> None:
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE delivery RENAME TO hidden"))
        slow.release.set()

    threading.Timer(2 * DELIVER_SECONDS, break_database).start()
    scheduler.stop()
    assert "results of messages under way are not recorded" in caplog.text
