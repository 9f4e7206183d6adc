"""The bookkeeping of deliveries: waits, leases, dead letters sent again, and the log."""

import pytest
from sqlalchemy import Engine, select

from predictions.errors import Conflict
from resolvers.notifications.channels import set_enabled
from resolvers.notifications.delivery_log import list_channels, list_deliveries
from resolvers.notifications.delivery_queue import claim_deliveries, record_result, resend
from resolvers.notifications.models import Channel, ChannelKind, DeliveryState
from resolvers.notifications.retry_policy import RetryPolicy
from tests.support.fake_clock import START, FakeClock
from tests.support.sender_stubs import LATER, NEVER, SECOND, TAKEN, WHOLE, House, Postman
from tests.support.source_requests import add_channel, all_deliveries, resolve_question


@pytest.fixture
def house(engine: Engine, clock: FakeClock) -> House:
    return House(engine, clock, Postman())


def test_jitter_draws_from_the_planned_wait(house: House) -> None:
    drawn = []

    def half(seconds: float) -> float:
        drawn.append(seconds)
        return seconds / 2

    policy = RetryPolicy(jitter=half)
    assert [policy.wait(attempt, None) for attempt in (1, 2, 9)] == [2.5 * SECOND, 15 * SECOND, 18000 * SECOND]
    assert drawn == [5, 30, 36000]
    assert policy.wait(10, None) is None
    assert policy.wait(11, None) == 2.5 * SECOND, "a letter that was sent again has a round of its own"


@pytest.mark.parametrize(("asked", "waited"), [(60, 60), (1, 5), (30 * 86400, 86400), (None, 5)])
def test_retry_after_is_obeyed_within_a_day(asked: float | None, waited: float) -> None:
    assert WHOLE.wait(1, asked) == waited * SECOND


def test_a_dead_letter_is_sent_again_with_the_same_id(house: House) -> None:
    house.come_due("rain")
    house.postman.answer = lambda _: NEVER
    outbox = house.outbox()
    outbox.deliver(5)
    house.postman.answer = lambda _: TAKEN
    with house.session() as session:
        resend(session, all_deliveries(session)[0], now=house.clock.now())
    outbox.deliver(5)
    row = house.row()
    assert (row.state, row.attempts, house.postman.carried) == ("delivered", 2, [row.message_id] * 2)


def test_a_letter_that_died_after_the_last_attempt_gets_a_whole_new_round(house: House) -> None:
    house.come_due("rain")
    house.postman.answer = lambda _: LATER
    outbox = house.outbox(RetryPolicy(jitter=lambda _: 0.0, retry_seconds=(0, 1, 1)))
    outbox.deliver(5)
    assert (house.row().state, house.row().attempts) == ("dead", 3)
    with house.session() as session:
        resend(session, all_deliveries(session)[0], now=house.clock.now())
    outbox.deliver(5)
    assert (house.row().state, house.row().attempts) == ("dead", 6)


def test_only_what_is_finished_can_be_sent_again(house: House) -> None:
    house.come_due("rain")
    with house.session() as session, pytest.raises(Conflict, match="still to be sent"):
        resend(session, all_deliveries(session)[0], now=START)
    with house.question("rain") as (session, question):
        resolve_question(session, question, "yes", START)
    house.outbox().deliver(5)
    with house.session() as session, pytest.raises(Conflict, match="cancelled"):
        resend(session, all_deliveries(session)[0], now=START)


def test_nobody_can_send_again_to_a_disabled_channel(house: House) -> None:
    house.come_due("rain")
    house.outbox().deliver(5)
    with house.session() as session:
        set_enabled(session.execute(select(Channel)).scalar_one(), enabled=False)
        with pytest.raises(Conflict, match="enable it first"):
            resend(session, all_deliveries(session)[0], now=START)


def test_a_lease_that_ran_out_is_taken_over_and_the_sleeper_changes_nothing(house: House) -> None:
    house.come_due("rain")
    with house.session() as session:
        [sleeper], _ = claim_deliveries(session, session.execute(select(Channel)).scalar_one(), 1, START, WHOLE)
    house.clock.advance(59)
    assert house.outbox().deliver(5)["sent"] == 0, "the lease holds"
    house.clock.advance(1)
    assert house.outbox().deliver(5)["delivered"] == 1
    before = house.row()
    with house.session() as session:
        assert record_result(session, sleeper, NEVER, house.clock.now(), WHOLE) is None
    after = house.row()
    assert (after.state, after.attempts, after.last_error, after.finished_at) == (
        before.state,
        before.attempts,
        before.last_error,
        before.finished_at,
    )
    assert [(each.number, each.status_code) for each in house.attempts()] == [(1, 404), (2, 200)], "the log has both"


def test_a_sleeper_cannot_finish_what_another_is_sending(house: House) -> None:
    house.come_due("rain")
    with house.session() as session:
        channel = session.execute(select(Channel)).scalar_one()
        [sleeper], _ = claim_deliveries(session, channel, 1, START, WHOLE)
        [holder], _ = claim_deliveries(session, channel, 1, START + 60 * SECOND, WHOLE)
        assert record_result(session, sleeper, TAKEN, START + 61 * SECOND, WHOLE) is None
        assert record_result(session, holder, LATER, START + 62 * SECOND, WHOLE) is DeliveryState.PENDING
    assert (house.row().attempts, house.row().next_at) == (2, START + 92 * SECOND)


def test_a_last_attempt_that_was_interrupted_is_a_dead_letter_and_not_sent_for_ever(house: House) -> None:
    house.come_due("rain")
    policy = RetryPolicy(jitter=lambda seconds: seconds, retry_seconds=(0, 1))
    for attempt in (1, 2):
        with house.session() as session:  # claimed, and then the process ends
            [mine], _ = claim_deliveries(
                session, session.execute(select(Channel)).scalar_one(), 1, house.clock.now(), policy
            )
            assert mine.attempt == attempt
        house.clock.advance(60)
    assert house.outbox(policy).deliver(5)["closed"] == 1
    assert house.row().state is DeliveryState.DEAD
    assert "interrupted" in house.row().last_error


def test_the_log_tells_what_was_sent_where_and_what_came_back(house: House) -> None:
    house.come_due("rain", "snow", channels=("desk", "other"))
    house.postman.answer = lambda outgoing: TAKEN if "desk" in outgoing.target else LATER
    house.outbox().deliver(5)
    with house.session() as session:
        log = list_deliveries(session)
        assert [(row.channel, row.stage, row.state) for row in log] == [
            ("desk", "due", "delivered"),
            ("other", "due", "pending"),
        ] * 2
        assert [(each.number, each.status_code, each.error) for each in log[1].attempts] == [(1, 503, "busy")]
        assert (log[0].next_at, log[1].next_at) == (None, START + 5 * SECOND)
        assert list_deliveries(session, state=DeliveryState.PENDING) == [log[1], log[3]]
        assert list_deliveries(session, channel=1) == [log[0], log[2]]
        assert list_deliveries(session, question=log[2].question) == log[2:]
        assert list_deliveries(session, after=log[0].id, limit=2) == log[1:3]


def test_no_secret_of_a_channel_is_shown(house: House) -> None:
    with house.session() as session:
        hook = add_channel(session, "hook", START, target="https://example.org/hook?token=abc123&room=7")
        chat = Channel(name="chat", kind=ChannelKind.CHAT, target="slack://T0KEN/secret", topics=[], created_at=START)
        session.add(chat)
        session.flush()
        shown = {view.name: view for view in list_channels(session)}
        assert "abc123" not in shown["hook"].model_dump_json()
        assert hook.secret not in shown["hook"].model_dump_json()
        assert shown["hook"].target.endswith("room=7")
        assert shown["chat"].target == "slack://…"
