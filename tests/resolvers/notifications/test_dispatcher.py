"""The dispatcher: no message is lost or sent without a record, and no receiver delays the others."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, select
from sqlmodel import Session, col

from predictions.questions.lifecycle import postpone
from predictions.questions.triage import snooze_question
from resolvers.deadline_sweep import sweep_due
from resolvers.notifications.channels import set_enabled
from resolvers.notifications.dispatcher import Dispatcher
from resolvers.notifications.models import Channel, ChannelKind, Delivery, DeliveryState
from resolvers.notifications.retry_policy import RETRY_SECONDS
from resolvers.notifications.sender import OutgoingMessage, SendResult, SendStatus
from resolvers.notifications.senders.webhook import WebhookSender
from resolvers.outbound.client import OutboundClient
from service.db.engine import bookkeeping_transaction, write_transaction
from tests.support.fake_clock import START, FakeClock
from tests.support.http_source_server import RunningClock, hang, reply, serving_raw
from tests.support.senders.sender_stubs import (
    ACCEPTED,
    BUSY,
    NO_JITTER,
    REFUSED,
    SECOND,
    DeliveryHarness,
    RecordingSender,
)
from tests.support.source_requests import BASE_URL, add_channel, create_question, resolve_question


@pytest.fixture
def harness(engine: Engine, clock: FakeClock) -> DeliveryHarness:
    return DeliveryHarness(engine, clock, RecordingSender())


def test_what_is_due_is_delivered_once(harness: DeliveryHarness) -> None:
    harness.create_due("rain", "snow")
    dispatcher = harness.dispatcher()
    assert dispatcher.deliver(5)["delivered"] == 2
    assert sorted(harness.sender.sent) == sorted(row.message_id for row in harness.rows())
    for row in harness.rows():
        assert (row.state, row.attempts, row.lease_token, row.finished_at) == ("delivered", 1, None, START)
    assert [(each.number, each.status_code, each.finished_at) for each in harness.attempts()] == [(1, 200, START)] * 2
    assert dispatcher.deliver(5).total() == 0, "and not again"


def test_nothing_is_sent_that_is_not_on_record_as_an_attempt(harness: DeliveryHarness) -> None:
    harness.create_due("rain")
    states = []

    def record_state(outgoing: OutgoingMessage) -> SendResult:
        row = harness.row()
        states.append(
            (row.attempts, row.lease_token is not None, len(harness.attempts()), harness.attempts()[0].finished_at)
        )
        return ACCEPTED

    harness.sender.answer = record_state
    harness.dispatcher().deliver(5)
    assert states == [(1, True, 1, None)], "while sending, the claim is committed"


def test_a_temporary_failure_is_retried_on_the_schedule_and_ends_as_a_dead_letter(harness: DeliveryHarness) -> None:
    harness.create_due("rain")
    harness.sender.answer = lambda _: BUSY
    dispatcher = harness.dispatcher()
    waits: list[float] = []
    for _ in RETRY_SECONDS:
        before = harness.row()
        harness.clock.set(before.next_at - SECOND) if waits else None
        assert not waits or dispatcher.deliver(5).total() == 0, "not before its time"
        harness.clock.set(before.next_at)
        dispatcher.deliver(5)
        waits.append((harness.row().next_at - harness.clock.now()).total_seconds())
    assert waits[:-1] == list(RETRY_SECONDS[1:])
    row = harness.row()
    assert (row.state, row.attempts, row.last_error, row.finished_at) == ("dead", 10, "busy", harness.clock.now())
    assert [each.number for each in harness.attempts()] == list(range(1, 11))
    assert set(harness.sender.sent) == {row.message_id}, "the id never changes"


def test_retry_after_of_a_receiver_holds_for_all_its_messages(harness: DeliveryHarness) -> None:
    harness.create_due("rain", "snow", "hail", "fog", "wind")
    harness.sender.answer = lambda _: SendResult(SendStatus.TEMPORARY, "busy", 429, retry_after=60)
    dispatcher = harness.dispatcher(per_channel=1)
    dispatcher.deliver(5)
    assert len(harness.sender.sent) == 1
    harness.clock.advance(61)
    harness.sender.answer = lambda _: ACCEPTED
    assert dispatcher.deliver(5)["delivered"] == 5


def test_a_permanent_failure_is_a_dead_letter_at_once(harness: DeliveryHarness) -> None:
    harness.create_due("rain")
    harness.sender.answer = lambda _: REFUSED
    assert harness.dispatcher().deliver(5)["dead"] == 1
    assert (harness.row().state, harness.row().attempts, harness.row().last_error) == ("dead", 1, "unknown")


def test_a_receiver_that_is_gone_disables_its_channel_and_no_other(harness: DeliveryHarness) -> None:
    harness.create_due("rain", channels=("desk", "other"))
    harness.sender.answer = lambda outgoing: (
        SendResult(SendStatus.GONE, "410", 410) if "desk" in outgoing.target else ACCEPTED
    )
    dispatcher = harness.dispatcher()
    dispatcher.deliver(5)
    harness.create_due("snow")
    dispatcher.deliver(5)
    with harness.session() as session:
        channels = {row.name: (row.enabled, row.disabled_reason) for row in session.execute(select(Channel)).scalars()}
    assert channels == {"desk": (False, "410"), "other": (True, "")}
    assert sorted(row.state.value for row in harness.rows()) == ["dead", "delivered", "delivered"], (
        "no new one for desk"
    )


def test_pending_deliveries_of_a_disabled_channel_become_dead_letters_with_the_reason(harness: DeliveryHarness) -> None:
    harness.create_due("rain", "snow")
    with harness.session() as session:
        set_enabled(session.execute(select(Channel)).scalar_one(), enabled=False, reason="the desk has moved")
    assert harness.dispatcher().deliver(5)["closed"] == 2
    assert harness.sender.sent == []
    assert {(row.state, row.last_error) for row in harness.rows()} == {
        (DeliveryState.DEAD, "the channel is disabled: the desk has moved")
    }


@pytest.mark.parametrize("change", ["resolved", "postponed"])
def test_the_delivery_of_a_question_no_longer_due_is_cancelled(harness: DeliveryHarness, change: str) -> None:
    harness.create_due("rain", "snow")
    with harness.question("rain") as (session, question):
        if change == "resolved":
            resolve_question(session, question, "yes", START)
        else:
            postpone(session, question, START + 9 * SECOND, "Moved.", now=START, actor="tester")
    tally = harness.dispatcher().deliver(5)
    assert (tally["closed"], tally["delivered"]) == (1, 1)
    assert [row.state.value for row in harness.rows()] == ["cancelled", "delivered"]
    assert harness.rows()[0].attempts == 0


def test_the_delivery_of_a_snoozed_question_is_cancelled_until_the_snooze_ends(harness: DeliveryHarness) -> None:
    harness.create_due("rain")
    with harness.question("rain") as (session, question):
        snooze_question(session, question, START + 30 * SECOND, now=START, actor="ann")
    dispatcher = harness.dispatcher()
    assert dispatcher.deliver(5)["closed"] == 1
    assert (harness.row().state, harness.sender.sent) == (DeliveryState.CANCELLED, [])
    assert "snoozed" in harness.row().last_error
    harness.clock.advance(30)
    harness.create_due()
    assert dispatcher.deliver(5)["delivered"] == 1


def test_many_cancelled_deliveries_do_not_delay_a_valid_one(harness: DeliveryHarness) -> None:
    slugs = [f"q-{number}" for number in range(30)]
    harness.create_due(*slugs)
    for slug in slugs[:-1]:
        with harness.question(slug) as (session, question):
            resolve_question(session, question, "yes", START)
    tally = harness.dispatcher().deliver(5)
    assert (tally["closed"], tally["delivered"]) == (29, 1)


def test_a_sender_that_raises_is_a_temporary_failure(harness: DeliveryHarness) -> None:
    harness.create_due("rain")

    def fail(_: OutgoingMessage) -> SendResult:
        raise ValueError("with a secret in its text")

    harness.sender.answer = fail
    harness.dispatcher().deliver(5)
    assert (harness.row().state, harness.row().last_error) == ("pending", "the sender failed with ValueError")


def test_a_kind_of_channel_that_is_not_set_up_is_a_permanent_failure(harness: DeliveryHarness) -> None:
    with write_transaction(harness.engine) as session:
        add_channel(session, "mail", START, kind="email", target="desk@example.org")
    harness.create_due("rain", channels=())
    harness.dispatcher().deliver(5)
    assert harness.row().state is DeliveryState.DEAD
    assert "not set up" in harness.row().last_error


def test_two_dispatchers_share_the_work_and_send_nothing_twice(harness: DeliveryHarness) -> None:
    harness.create_due(*(f"q-{number}" for number in range(40)))
    both = [harness.dispatcher(per_channel=3), harness.dispatcher(per_channel=3)]
    threads = [threading.Thread(target=dispatcher.deliver, args=(20,)) for dispatcher in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(harness.sender.sent) == len(set(harness.sender.sent)) == 40
    assert {(row.state.value, row.attempts) for row in harness.rows()} == {("delivered", 1)}


def test_a_slow_receiver_delays_no_other(harness: DeliveryHarness) -> None:
    slow = tuple(f"slow-{number}" for number in range(3))
    release = threading.Event()
    harness.create_due(*(f"q-{number}" for number in range(30)), channels=(*slow, "quick"))

    def wait_if_slow(outgoing: OutgoingMessage) -> SendResult:
        return ACCEPTED if "quick" in outgoing.target or release.wait(60) else BUSY

    harness.sender.answer = wait_if_slow
    dispatcher = harness.dispatcher()
    delivered = 0
    while delivered < 30:
        delivered += dispatcher.deliver(0)["delivered"]
    assert dispatcher.busy
    states: dict[str, set[tuple[str, int]]] = {name: set() for name in (*slow, "quick")}
    with harness.session() as session:
        for row in session.execute(select(Delivery, col(Channel.name)).join(Channel)):
            states[row.name].add((row.Delivery.state.value, row.Delivery.attempts))
    assert states["quick"] == {("delivered", 1)}
    assert states["slow-0"] == {("pending", 1), ("pending", 0)}, "of the slow, four places each are taken"
    release.set()
    assert dispatcher.deliver(20)["delivered"] == 90


def test_a_result_is_not_lost_when_the_database_fails_while_it_is_recorded(harness: DeliveryHarness) -> None:
    harness.create_due("rain")
    fail = threading.Event()

    @contextmanager
    def transaction() -> Iterator[Session]:
        with harness.session() as session:
            yield session
            if fail.is_set():
                raise ConnectionError("the database went away")

    def answer_and_fail(_: OutgoingMessage) -> SendResult:
        fail.set()
        return ACCEPTED

    harness.sender.answer = answer_and_fail
    dispatcher = Dispatcher(transaction, {ChannelKind.WEBHOOK: harness.sender}, harness.clock, policy=NO_JITTER)
    with pytest.raises(ConnectionError):
        dispatcher.deliver(5)
    assert harness.row().state is DeliveryState.PENDING
    fail.clear()
    assert dispatcher.deliver(5)["delivered"] == 1
    assert len(harness.sender.sent) == 1, "booked late, not sent twice"


def test_a_send_that_never_returns_frees_its_place_when_its_lease_ends(harness: DeliveryHarness) -> None:
    release = threading.Event()
    harness.create_due("rain")
    harness.sender.answer = lambda _: ACCEPTED if release.wait(60) else BUSY
    dispatcher = harness.dispatcher(sends=1, per_channel=1)
    dispatcher.deliver(0)
    harness.create_due("snow", channels=("other",))
    assert dispatcher.deliver(0)["sent"] == 0, "the one place is taken"
    harness.clock.advance(61)
    assert dispatcher.deliver(0)["sent"] >= 1, "and is free once the lease has run out"
    release.set()
    while dispatcher.busy:
        dispatcher.deliver(1)
    assert {row.state.value for row in harness.rows()} == {"delivered"}


def test_finishing_records_running_sends_and_starts_none(harness: DeliveryHarness) -> None:
    harness.create_due("rain", "snow")
    dispatcher = harness.dispatcher(per_channel=1)
    dispatcher.deliver(0)
    tally = dispatcher.finish_in_flight(5)
    assert (tally["delivered"], tally["sent"]) == (1, 0)
    assert sorted(row.state.value for row in harness.rows()) == ["delivered", "pending"]


def test_a_thread_that_waits_for_the_database_does_not_hold_up_the_stop(harness: DeliveryHarness) -> None:
    waiting, release = threading.Event(), threading.Event()

    @contextmanager
    def transaction() -> Iterator[Session]:
        waiting.set()
        release.wait(60)
        with harness.session() as session:
            yield session

    dispatcher = Dispatcher(transaction, {ChannelKind.WEBHOOK: harness.sender}, harness.clock, policy=NO_JITTER)
    stuck = threading.Thread(target=dispatcher.deliver, args=(5,), daemon=True)
    stuck.start()
    assert waiting.wait(20)
    assert dispatcher.finish_in_flight(0.1).total() == 0
    release.set()
    stuck.join(20)
    assert not stuck.is_alive()


def test_real_receivers_that_hang_fail_and_work_side_by_side(engine: Engine) -> None:
    with serving_raw() as server:
        server.routes |= {"/hang": hang, "/works": reply(), "/fails": reply(status=500)}
        with write_transaction(engine) as session:
            for name in ("hang", "works", "fails"):
                add_channel(session, name, START, target=f"{server.url}/{name}")
            for number in range(8):
                create_question(session, f"q-{number}", START)
            sweep_due(session, now=START, base_url=BASE_URL)
        clock = RunningClock()
        outbound_client = OutboundClient(clock=clock, user_agent="tests", allowed_hosts=[server.host])
        senders = {ChannelKind.WEBHOOK: WebhookSender(outbound_client, clock, total_seconds=1.0)}
        tally = Dispatcher(lambda: bookkeeping_transaction(engine), senders, clock, policy=NO_JITTER).deliver(20)
    assert (tally["delivered"], tally["pending"]) == (8, 16)
    assert server.targets().count("/works") == 8
