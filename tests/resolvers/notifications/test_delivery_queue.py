"""The delivery queue: waits, leases, resent dead letters, and the log."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine, select

from predictions.errors import Conflict
from resolvers.notifications.channels import set_enabled
from resolvers.notifications.delivery_log import list_channels, list_deliveries
from resolvers.notifications.delivery_queue import claim_deliveries, record_result, resend
from resolvers.notifications.models import Channel, ChannelKind, DeliveryState
from resolvers.notifications.retry_policy import RetryPolicy, full_jitter
from tests.support.fake_clock import START, FakeClock
from tests.support.senders.sender_stubs import (
    ACCEPTED,
    BUSY,
    NO_JITTER,
    REFUSED,
    SECOND,
    DeliveryHarness,
    RecordingSender,
)
from tests.support.source_requests import add_channel, all_deliveries, resolve_question


@pytest.fixture
def harness(engine: Engine, clock: FakeClock) -> DeliveryHarness:
    return DeliveryHarness(engine, clock, RecordingSender())


def test_jitter_draws_from_the_planned_wait(harness: DeliveryHarness) -> None:
    drawn = []

    def half(seconds: float) -> float:
        drawn.append(seconds)
        return seconds / 2

    policy = RetryPolicy(jitter=half)
    assert [policy.wait(attempt, None) for attempt in (1, 2, 9)] == [2.5 * SECOND, 15 * SECOND, 18000 * SECOND]
    assert drawn == [5, 30, 36000]
    assert policy.wait(10, None) is None
    assert policy.wait(11, None) == 2.5 * SECOND, "a resent dead letter has a round of attempts of its own"


def test_retries_are_spread_over_the_whole_planned_wait() -> None:
    waits = [full_jitter(100.0) for _ in range(200)]
    assert 0 <= min(waits) < 25
    assert 75 < max(waits) <= 100


@pytest.mark.parametrize(("retry_after", "waited"), [(60, 60), (1, 5), (30 * 86400, 86400), (None, 5)])
def test_retry_after_is_obeyed_within_a_day(retry_after: float | None, waited: float) -> None:
    assert NO_JITTER.wait(1, retry_after) == waited * SECOND


def test_a_dead_letter_is_resent_with_the_same_id(harness: DeliveryHarness) -> None:
    harness.create_due("rain")
    harness.sender.answer = lambda _: REFUSED
    dispatcher = harness.dispatcher()
    dispatcher.deliver(5)
    harness.sender.answer = lambda _: ACCEPTED
    with harness.session() as session:
        resend(session, all_deliveries(session)[0], now=harness.clock.now())
    dispatcher.deliver(5)
    row = harness.row()
    assert (row.state, row.attempts, harness.sender.sent) == ("delivered", 2, [row.message_id] * 2)


def test_a_resent_dead_letter_gets_a_new_round_of_attempts(harness: DeliveryHarness) -> None:
    harness.create_due("rain")
    harness.sender.answer = lambda _: BUSY
    dispatcher = harness.dispatcher(RetryPolicy(jitter=lambda _: 0.0, retry_seconds=(0, 1, 1)))
    dispatcher.deliver(5)
    assert (harness.row().state, harness.row().attempts) == ("dead", 3)
    with harness.session() as session:
        resend(session, all_deliveries(session)[0], now=harness.clock.now())
    dispatcher.deliver(5)
    assert (harness.row().state, harness.row().attempts) == ("dead", 6)


def test_only_what_is_finished_can_be_sent_again(harness: DeliveryHarness) -> None:
    harness.create_due("rain")
    with harness.session() as session, pytest.raises(Conflict, match="still to be sent"):
        resend(session, all_deliveries(session)[0], now=START)
    with harness.question("rain") as (session, question):
        resolve_question(session, question, "yes", START)
    harness.dispatcher().deliver(5)
    with harness.session() as session, pytest.raises(Conflict, match="cancelled"):
        resend(session, all_deliveries(session)[0], now=START)


def test_nobody_can_send_again_to_a_disabled_channel(harness: DeliveryHarness) -> None:
    harness.create_due("rain")
    harness.dispatcher().deliver(5)
    with harness.session() as session:
        set_enabled(session.execute(select(Channel)).scalar_one(), enabled=False)
        with pytest.raises(Conflict, match="enable it first"):
            resend(session, all_deliveries(session)[0], now=START)


def test_an_expired_lease_is_taken_over_and_its_former_holder_changes_nothing(harness: DeliveryHarness) -> None:
    harness.create_due("rain")
    with harness.session() as session:
        [sleeper], _ = claim_deliveries(session, session.execute(select(Channel)).scalar_one(), 1, START, NO_JITTER)
    harness.clock.advance(59)
    assert harness.dispatcher().deliver(5)["sent"] == 0, "the lease holds"
    harness.clock.advance(1)
    assert harness.dispatcher().deliver(5)["delivered"] == 1
    before = harness.row()
    with harness.session() as session:
        assert record_result(session, sleeper, REFUSED, harness.clock.now(), NO_JITTER) is None
    after = harness.row()
    assert (after.state, after.attempts, after.last_error, after.finished_at) == (
        before.state,
        before.attempts,
        before.last_error,
        before.finished_at,
    )
    assert [(each.number, each.status_code) for each in harness.attempts()] == [(1, 404), (2, 200)], "the log has both"


def test_the_former_holder_of_a_lease_cannot_record_a_result_for_the_new_one(harness: DeliveryHarness) -> None:
    harness.create_due("rain")
    with harness.session() as session:
        channel = session.execute(select(Channel)).scalar_one()
        [sleeper], _ = claim_deliveries(session, channel, 1, START, NO_JITTER)
        [holder], _ = claim_deliveries(session, channel, 1, START + 60 * SECOND, NO_JITTER)
        assert record_result(session, sleeper, ACCEPTED, START + 61 * SECOND, NO_JITTER) is None
        assert record_result(session, holder, BUSY, START + 62 * SECOND, NO_JITTER) is DeliveryState.PENDING
    assert (harness.row().attempts, harness.row().next_at) == (2, START + 92 * SECOND)


def test_a_last_attempt_that_was_interrupted_is_a_dead_letter_and_not_sent_for_ever(harness: DeliveryHarness) -> None:
    harness.create_due("rain")
    policy = RetryPolicy(jitter=lambda seconds: seconds, retry_seconds=(0, 1))
    for attempt in (1, 2):
        with harness.session() as session:  # claimed, and then the process ends
            [claimed], _ = claim_deliveries(
                session, session.execute(select(Channel)).scalar_one(), 1, harness.clock.now(), policy
            )
            assert claimed.attempt == attempt
        harness.clock.advance(60)
    assert harness.dispatcher(policy).deliver(5)["closed"] == 1
    assert harness.row().state is DeliveryState.DEAD
    assert "interrupted" in harness.row().last_error


def test_the_log_shows_what_was_sent_where_and_the_result(harness: DeliveryHarness) -> None:
    harness.create_due("rain", "snow", channels=("desk", "other"))
    harness.sender.answer = lambda outgoing: ACCEPTED if "desk" in outgoing.target else BUSY
    harness.dispatcher().deliver(5)
    with harness.session() as session:
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


def test_no_secret_of_a_channel_is_shown(harness: DeliveryHarness) -> None:
    with harness.session() as session:
        hook = add_channel(session, "hook", START, target="https://example.org/hook?token=abc123&room=7")
        chat = Channel(name="chat", kind=ChannelKind.CHAT, target="slack://T0KEN/secret", topics=[], created_at=START)
        session.add(chat)
        session.flush()
        shown = {view.name: view for view in list_channels(session)}
        assert "abc123" not in shown["hook"].model_dump_json()
        assert hook.secret not in shown["hook"].model_dump_json()
        assert shown["hook"].target.endswith("room=7")
        assert shown["chat"].target == "slack://…"


def test_a_retry_planned_while_the_clock_ran_ahead_is_not_late_once_it_is_set_right(harness: DeliveryHarness) -> None:
    harness.create_due("rain")
    harness.clock.set(START + 6 * 3600 * SECOND)
    harness.sender.answer = lambda _: BUSY
    dispatcher = harness.dispatcher()
    dispatcher.deliver(5)
    harness.clock.set(START)
    harness.clock.advance(60)
    harness.sender.answer = lambda _: ACCEPTED
    dispatcher.deliver(5)
    assert harness.row().next_at == harness.clock.now() + 5 * SECOND, "the wait that was intended"
    harness.clock.advance(5)
    dispatcher.deliver(5)
    assert (harness.row().state, harness.row().attempts) == ("delivered", 2)


def test_a_message_made_and_claimed_while_the_clock_ran_ahead_is_sent_once_it_is_set_right(
    harness: DeliveryHarness,
) -> None:
    harness.clock.set(START + 6 * 3600 * SECOND)
    harness.create_due("rain", "snow")
    with harness.session() as session:
        claim_deliveries(
            session, session.execute(select(Channel)).scalar_one(), 1, harness.clock.now(), NO_JITTER
        )  # by a process that ended before it sent
    harness.clock.set(START)
    dispatcher = harness.dispatcher()
    dispatcher.deliver(5)
    harness.clock.advance(60)
    dispatcher.deliver(5)
    assert {row.state for row in harness.rows()} == {"delivered"}


def test_waits_that_were_planned_by_the_right_clock_are_left_alone(harness: DeliveryHarness) -> None:
    harness.create_due("rain")
    harness.sender.answer = lambda _: replace(BUSY, retry_after=7200.0)
    dispatcher = harness.dispatcher()
    dispatcher.deliver(5)
    planned = harness.row().next_at
    harness.clock.advance(120)
    dispatcher.deliver(5)
    assert harness.row().next_at == planned
