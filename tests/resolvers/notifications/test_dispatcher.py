"""The outbox: nothing is lost, nothing goes out unrecorded, nobody holds up the others."""

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
from tests.support.sender_stubs import LATER, NEVER, SECOND, TAKEN, WHOLE, House, Postman
from tests.support.source_requests import BASE_URL, add_channel, create_question, resolve_question


@pytest.fixture
def house(engine: Engine, clock: FakeClock) -> House:
    return House(engine, clock, Postman())


def test_what_is_due_is_delivered_once(house: House) -> None:
    house.come_due("rain", "snow")
    outbox = house.outbox()
    assert outbox.deliver(5)["delivered"] == 2
    assert sorted(house.postman.carried) == sorted(row.message_id for row in house.rows())
    for row in house.rows():
        assert (row.state, row.attempts, row.lease_token, row.finished_at) == ("delivered", 1, None, START)
    assert [(each.number, each.status_code, each.finished_at) for each in house.attempts()] == [(1, 200, START)] * 2
    assert outbox.deliver(5).total() == 0, "and not again"


def test_nothing_is_sent_that_is_not_on_record_as_an_attempt(house: House) -> None:
    house.come_due("rain")
    seen = []

    def look(outgoing: OutgoingMessage) -> SendResult:
        row = house.row()
        seen.append((row.attempts, row.lease_token is not None, len(house.attempts()), house.attempts()[0].finished_at))
        return TAKEN

    house.postman.answer = look
    house.outbox().deliver(5)
    assert seen == [(1, True, 1, None)], "while sending, the claim is committed"


def test_a_passing_failure_is_tried_again_on_the_schedule_and_at_last_a_dead_letter(house: House) -> None:
    house.come_due("rain")
    house.postman.answer = lambda _: LATER
    outbox = house.outbox()
    waits: list[float] = []
    for _ in RETRY_SECONDS:
        before = house.row()
        house.clock.set(before.next_at - SECOND) if waits else None
        assert not waits or outbox.deliver(5).total() == 0, "not before its time"
        house.clock.set(before.next_at)
        outbox.deliver(5)
        waits.append((house.row().next_at - house.clock.now()).total_seconds())
    assert waits[:-1] == list(RETRY_SECONDS[1:])
    row = house.row()
    assert (row.state, row.attempts, row.last_error, row.finished_at) == ("dead", 10, "busy", house.clock.now())
    assert [each.number for each in house.attempts()] == list(range(1, 11))
    assert set(house.postman.carried) == {row.message_id}, "the id never changes"


def test_a_receiver_that_asks_for_rest_gets_it_for_all_its_messages(house: House) -> None:
    house.come_due("rain", "snow", "hail", "fog", "wind")
    house.postman.answer = lambda _: SendResult(SendStatus.TEMPORARY, "busy", 429, retry_after=60)
    outbox = house.outbox(per_channel=1)
    outbox.deliver(5)
    assert len(house.postman.carried) == 1
    house.clock.advance(61)
    house.postman.answer = lambda _: TAKEN
    assert outbox.deliver(5)["delivered"] == 5


def test_a_permanent_failure_is_a_dead_letter_at_once(house: House) -> None:
    house.come_due("rain")
    house.postman.answer = lambda _: NEVER
    assert house.outbox().deliver(5)["dead"] == 1
    assert (house.row().state, house.row().attempts, house.row().last_error) == ("dead", 1, "unknown")


def test_a_receiver_that_is_gone_disables_its_channel_and_no_other(house: House) -> None:
    house.come_due("rain", channels=("desk", "other"))
    house.postman.answer = lambda outgoing: (
        SendResult(SendStatus.GONE, "410", 410) if "desk" in outgoing.target else TAKEN
    )
    outbox = house.outbox()
    outbox.deliver(5)
    house.come_due("snow")
    outbox.deliver(5)
    with house.session() as session:
        channels = {row.name: (row.enabled, row.disabled_reason) for row in session.execute(select(Channel)).scalars()}
    assert channels == {"desk": (False, "410"), "other": (True, "")}
    assert sorted(row.state.value for row in house.rows()) == ["dead", "delivered", "delivered"], "no new one for desk"


def test_what_waits_for_a_disabled_channel_becomes_a_dead_letter_that_says_so(house: House) -> None:
    house.come_due("rain", "snow")
    with house.session() as session:
        set_enabled(session.execute(select(Channel)).scalar_one(), enabled=False, reason="the desk has moved")
    assert house.outbox().deliver(5)["closed"] == 2
    assert house.postman.carried == []
    assert {(row.state, row.last_error) for row in house.rows()} == {
        (DeliveryState.DEAD, "the channel is disabled: the desk has moved")
    }


@pytest.mark.parametrize("change", ["resolved", "postponed"])
def test_a_question_that_is_no_longer_due_is_not_asked_about(house: House, change: str) -> None:
    house.come_due("rain", "snow")
    with house.question("rain") as (session, question):
        if change == "resolved":
            resolve_question(session, question, "yes", START)
        else:
            postpone(session, question, START + 9 * SECOND, "Moved.", now=START, actor="tester")
    tally = house.outbox().deliver(5)
    assert (tally["closed"], tally["delivered"]) == (1, 1)
    assert [row.state.value for row in house.rows()] == ["cancelled", "delivered"]
    assert house.rows()[0].attempts == 0


def test_a_question_that_was_snoozed_is_not_asked_about_until_it_wakes(house: House) -> None:
    house.come_due("rain")
    with house.question("rain") as (session, question):
        snooze_question(session, question, START + 30 * SECOND, now=START, actor="ann")
    outbox = house.outbox()
    assert outbox.deliver(5)["closed"] == 1
    assert (house.row().state, house.postman.carried) == (DeliveryState.CANCELLED, [])
    assert "snoozed" in house.row().last_error
    house.clock.advance(30)
    house.come_due()
    assert outbox.deliver(5)["delivered"] == 1


def test_many_cancelled_messages_do_not_stand_in_the_way_of_one_that_counts(house: House) -> None:
    slugs = [f"q-{number}" for number in range(30)]
    house.come_due(*slugs)
    for slug in slugs[:-1]:
        with house.question(slug) as (session, question):
            resolve_question(session, question, "yes", START)
    tally = house.outbox().deliver(5)
    assert (tally["closed"], tally["delivered"]) == (29, 1)


def test_a_sender_that_raises_is_a_passing_failure(house: House) -> None:
    house.come_due("rain")

    def fail(_: OutgoingMessage) -> SendResult:
        raise ValueError("with a secret in its text")

    house.postman.answer = fail
    house.outbox().deliver(5)
    assert (house.row().state, house.row().last_error) == ("pending", "the sender failed with ValueError")


def test_a_kind_of_channel_that_is_not_set_up_is_said_to_be_so(house: House) -> None:
    with write_transaction(house.engine) as session:
        add_channel(session, "mail", START, kind="email", target="desk@example.org")
    house.come_due("rain", channels=())
    house.outbox().deliver(5)
    assert house.row().state is DeliveryState.DEAD
    assert "not set up" in house.row().last_error


def test_two_outboxes_share_the_work_and_send_nothing_twice(house: House) -> None:
    house.come_due(*(f"q-{number}" for number in range(40)))
    both = [house.outbox(per_channel=3), house.outbox(per_channel=3)]
    threads = [threading.Thread(target=outbox.deliver, args=(20,)) for outbox in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(house.postman.carried) == len(set(house.postman.carried)) == 40
    assert {(row.state.value, row.attempts) for row in house.rows()} == {("delivered", 1)}


def test_a_slow_receiver_holds_up_no_other(house: House) -> None:
    slow = tuple(f"slow-{number}" for number in range(3))
    release = threading.Event()
    house.come_due(*(f"q-{number}" for number in range(30)), channels=(*slow, "quick"))

    def wait_if_slow(outgoing: OutgoingMessage) -> SendResult:
        return TAKEN if "quick" in outgoing.target or release.wait(60) else LATER

    house.postman.answer = wait_if_slow
    outbox = house.outbox()
    delivered = 0
    while delivered < 30:
        delivered += outbox.deliver(0)["delivered"]
    assert outbox.busy
    states: dict[str, set[tuple[str, int]]] = {name: set() for name in (*slow, "quick")}
    with house.session() as session:
        for row in session.execute(select(Delivery, col(Channel.name)).join(Channel)):
            states[row.name].add((row.Delivery.state.value, row.Delivery.attempts))
    assert states["quick"] == {("delivered", 1)}
    assert states["slow-0"] == {("pending", 1), ("pending", 0)}, "of the slow, four places each are taken"
    release.set()
    assert outbox.deliver(20)["delivered"] == 90


def test_an_answer_is_not_lost_when_the_database_fails_while_it_is_booked(house: House) -> None:
    house.come_due("rain")
    fail = threading.Event()

    @contextmanager
    def transaction() -> Iterator[Session]:
        with house.session() as session:
            yield session
            if fail.is_set():
                raise ConnectionError("the database went away")

    def answer_and_fail(_: OutgoingMessage) -> SendResult:
        fail.set()
        return TAKEN

    house.postman.answer = answer_and_fail
    outbox = Dispatcher(transaction, {ChannelKind.WEBHOOK: house.postman}, house.clock, policy=WHOLE)
    with pytest.raises(ConnectionError):
        outbox.deliver(5)
    assert house.row().state is DeliveryState.PENDING
    fail.clear()
    assert outbox.deliver(5)["delivered"] == 1
    assert len(house.postman.carried) == 1, "booked late, not sent twice"


def test_a_send_that_never_comes_back_frees_its_place_when_its_lease_ends(house: House) -> None:
    release = threading.Event()
    house.come_due("rain")
    house.postman.answer = lambda _: TAKEN if release.wait(60) else LATER
    outbox = house.outbox(sends=1, per_channel=1)
    outbox.deliver(0)
    house.come_due("snow", channels=("other",))
    assert outbox.deliver(0)["sent"] == 0, "the one place is taken"
    house.clock.advance(61)
    assert outbox.deliver(0)["sent"] >= 1, "and is free once the lease has run out"
    release.set()
    while outbox.busy:
        outbox.deliver(1)
    assert {row.state.value for row in house.rows()} == {"delivered"}


def test_settling_books_what_is_under_way_and_begins_nothing(house: House) -> None:
    house.come_due("rain", "snow")
    outbox = house.outbox(per_channel=1)
    outbox.deliver(0)
    tally = outbox.finish_in_flight(5)
    assert (tally["delivered"], tally["sent"]) == (1, 0)
    assert sorted(row.state.value for row in house.rows()) == ["delivered", "pending"]


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
        tally = Dispatcher(lambda: bookkeeping_transaction(engine), senders, clock, policy=WHOLE).deliver(20)
    assert (tally["delivered"], tally["pending"]) == (8, 16)
    assert server.targets().count("/works") == 8
