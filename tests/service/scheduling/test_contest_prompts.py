"""The scheduler asks for the answer to a contest, and forgets who sent it."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select
from sqlmodel import col

from predictions.contests.inputs import ContestIn
from predictions.contests.receive import receive
from resolvers.notifications.delivery_log import list_deliveries
from resolvers.notifications.models import ChannelKind
from service.db.engine import read_transaction, write_transaction
from service.db.models import ContestSender
from service.scheduling.pruning import SENDER_LIFETIME
from service.scheduling.scheduler import Scheduler
from service.settings import Settings
from tests.service.scheduling.test_scheduler import Taker, enter, running, until
from tests.support.fake_clock import START, FakeClock

DAY = timedelta(days=1)


@pytest.fixture
def received(engine: Engine, settings: Settings) -> Engine:
    enter(engine, "rain", deadline=START + 100 * DAY, target="https://example.org/hook")
    data = ContestIn.model_validate({"question": "rain", "name": "Ann", "text": "Wrong."})
    with write_transaction(engine) as session:
        receive(session, data, days=settings.contest_days, secret=b"secret", now=START)
        session.add(ContestSender(client="a" * 32, at=START))
        session.add(ContestSender(client="b" * 32, at=START + 8 * DAY))
    return engine


def senders(engine: Engine) -> list[str]:
    with read_transaction(engine) as session:
        return list(session.execute(select(col(ContestSender.client))).scalars())


def test_a_tick_delivers_a_message_about_contests_that_are_due(
    received: Engine, settings: Settings, clock: FakeClock
) -> None:
    taker = Taker()
    scheduler = Scheduler(received, settings, clock, senders={ChannelKind.WEBHOOK: taker})
    assert scheduler.tick().total() == 0
    clock.set(START + 8 * DAY)
    assert scheduler.tick()["delivered"] == 1
    assert len(taker.taken) == 1
    with read_transaction(received) as session:
        assert [each.type for each in list_deliveries(session)] == ["contests.due"]
    assert senders(received) == ["b" * 32]


def test_so_does_the_running_scheduler(received: Engine, settings: Settings, clock: FakeClock) -> None:
    clock.set(START + 8 * DAY + SENDER_LIFETIME)
    taker = Taker()
    with running(Scheduler(received, settings, clock, senders={ChannelKind.WEBHOOK: taker})):
        until(lambda: len(taker.taken) == 1)
        until(lambda: senders(received) == [])
