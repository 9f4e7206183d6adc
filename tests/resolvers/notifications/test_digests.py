"""Daily digests, quiet hours, and subscriptions."""

import json
from datetime import timedelta

import pytest
from pydantic import ValidationError
from sqlalchemy import Engine
from sqlmodel import Session

from predictions.errors import Conflict, InvalidInput
from predictions.models import row_id
from resolvers.notifications.channels import ChannelIn, ChannelPreferences
from resolvers.notifications.delivery_queue import resend
from resolvers.notifications.digests import change_preferences
from resolvers.notifications.models import Channel, Delivery, DeliveryState
from resolvers.notifications.rendering import render_email, render_short
from resolvers.notifications.subscriptions import SubscriptionIn, list_subscriptions, subscribe
from tests.support.fake_clock import START, FakeClock
from tests.support.senders.sender_stubs import BUSY, REFUSED, DeliveryHarness, RecordingSender
from tests.support.source_requests import BASE_URL, add_channel, all_deliveries, create_question, resolve_question

HOUR = timedelta(hours=1)


@pytest.fixture
def harness(engine: Engine, clock: FakeClock) -> DeliveryHarness:
    """It is noon, UTC; the digest goes out at eight in the evening in Berlin, six hours later."""
    built = DeliveryHarness(engine, clock, RecordingSender())
    with built.session() as session:
        add_channel(session, "desk", START, zone="Europe/Berlin", digest_at="20:00")
    return built


def digest_of(rows: list[Delivery]) -> Delivery:
    [digest] = [row for row in rows if row.prompt_id is None]
    return digest


def slugs(payload: str) -> list[str]:
    return [prompt["question"]["slug"] for prompt in json.loads(payload)["data"]["prompts"]]


def test_all_that_came_due_since_the_last_digest_is_one_message(harness: DeliveryHarness) -> None:
    harness.create_due("rain", "snow")
    harness.clock.advance(3600)
    harness.create_due("hail")
    dispatcher = harness.dispatcher()
    assert dispatcher.deliver(5)["sent"] == 0, "it is not yet time"
    harness.clock.advance(5 * 3600)
    tally = dispatcher.deliver(5)
    assert (tally["sent"], tally["delivered"]) == (1, 1)
    rows = harness.rows()
    digest = digest_of(rows)
    assert slugs(digest.payload) == ["rain", "snow", "hail"]
    assert harness.sender.sent == [digest.message_id]
    members = [row for row in rows if row is not digest]
    assert {(row.state, row.digest_id, row.attempts) for row in members} == {(DeliveryState.DELIVERED, digest.id, 0)}
    assert dispatcher.deliver(5).total() == 0


def test_a_day_without_anything_due_has_no_digest(harness: DeliveryHarness) -> None:
    harness.clock.advance(7 * 86400)
    assert harness.dispatcher().deliver(5).total() == 0
    assert harness.rows() == []


def test_what_has_an_outcome_before_the_digest_is_not_in_it(harness: DeliveryHarness) -> None:
    harness.create_due("rain", "snow")
    with harness.question("rain") as (session, question):
        resolve_question(session, question, "yes", START + HOUR)
    harness.clock.advance(6 * 3600)
    harness.dispatcher().deliver(5)
    assert slugs(digest_of(harness.rows()).payload) == ["snow"]
    assert [row.state for row in harness.rows() if row.prompt_id] == [DeliveryState.CANCELLED, DeliveryState.DELIVERED]


def test_a_digest_and_its_deliveries_are_retried_and_become_dead_letters_together(harness: DeliveryHarness) -> None:
    harness.create_due("rain", "snow")
    harness.clock.advance(6 * 3600)
    harness.sender.answer = lambda _: BUSY
    dispatcher = harness.dispatcher()
    dispatcher.deliver(5)
    assert [row.state for row in harness.rows()] == [DeliveryState.PENDING] * 3
    harness.clock.advance(5)
    harness.sender.answer = lambda _: REFUSED
    dispatcher.deliver(5)
    assert {(row.state, row.last_error) for row in harness.rows()} == {(DeliveryState.DEAD, "unknown")}
    assert len(harness.sender.sent) == 2, "the digest, twice; and nothing of it alone"
    harness.sender.answer = RecordingSender().answer
    with harness.session() as session:
        resend(session, digest_of(all_deliveries(session)), now=harness.clock.now())
    dispatcher.deliver(5)
    assert {row.state for row in harness.rows()} == {DeliveryState.DELIVERED}


def test_one_prompt_of_a_dead_digest_can_be_sent_again_with_the_next(harness: DeliveryHarness) -> None:
    harness.create_due("rain", "snow")
    harness.clock.advance(6 * 3600)
    harness.sender.answer = lambda _: REFUSED
    dispatcher = harness.dispatcher()
    dispatcher.deliver(5)
    with harness.session() as session:
        resend(session, all_deliveries(session)[0], now=harness.clock.now())
    harness.sender.answer = RecordingSender().answer
    dispatcher.deliver(5)
    assert [row.state for row in harness.rows()] == ["delivered", "dead", "dead", "delivered"]


def test_a_channel_that_wants_single_messages_from_now_on_gets_what_waits_at_once(harness: DeliveryHarness) -> None:
    harness.create_due("rain", "snow")
    with harness.session() as session:
        channel = session.get_one(Channel, 1)
        change_preferences(
            session, channel, ChannelPreferences(topics=["sea"], digest_at=None), now=harness.clock.now()
        )
        assert (channel.topics, channel.digest_at, channel.zone) == (["sea"], None, "Europe/Berlin")
    assert harness.dispatcher().deliver(5)["delivered"] == 2


def test_two_processes_build_one_digest(harness: DeliveryHarness) -> None:
    harness.create_due(*(f"q-{number}" for number in range(150)))
    harness.clock.advance(6 * 3600)
    one, other = harness.dispatcher(), harness.dispatcher()
    one.deliver(0)
    other.deliver(5)
    one.deliver(5)
    digests = [row for row in harness.rows() if row.prompt_id is None]
    assert sorted(len(slugs(row.payload)) for row in digests) == [50, 100]
    assert sorted(harness.sender.sent) == sorted(row.message_id for row in digests)


def test_a_digest_reads_well_as_a_mail_and_in_a_chat(harness: DeliveryHarness) -> None:
    harness.create_due("rain", "<snow>".strip("<>"))
    harness.clock.advance(6 * 3600)
    harness.dispatcher().deliver(5)
    rows = harness.rows()
    payload = digest_of(rows).payload
    content = render_email(payload, "unused", "https://x/{}".format)
    assert content.subject == "2 questions to resolve"
    for row in rows[:2]:
        assert f"https://x/{row.message_id}" in content.text
        assert f'href="https://x/{row.message_id}"' in content.html
    assert "unused" not in content.text
    title, text = render_short(payload)
    assert (title, text.count("\n")) == ("2 questions to resolve", 3)
    assert f"{BASE_URL}/questions/rain/resolve" in text


def test_a_chat_digest_lists_the_first_questions_and_how_many_more(harness: DeliveryHarness) -> None:
    harness.create_due(*(f"q-{number}" for number in range(12)))
    harness.clock.advance(6 * 3600)
    harness.dispatcher().deliver(5)
    _, text = render_short(digest_of(harness.rows()).payload)
    assert (text.count("To resolve"), text.splitlines()[-1], len(text) < 2000) == (8, "and 4 more", True)


def test_in_quiet_hours_nothing_goes_out_and_afterwards_everything(engine: Engine, clock: FakeClock) -> None:
    harness = DeliveryHarness(engine, clock, RecordingSender())
    with harness.session() as session:
        add_channel(session, "night", START, zone="America/New_York", quiet_from="22:00", quiet_to="09:00")
        add_channel(session, "always", START)
    harness.create_due("rain", channels=("night",))  # it is eight in the morning in New York
    dispatcher = harness.dispatcher()
    assert dispatcher.deliver(5)["delivered"] == 1
    clock.advance(3599)
    assert dispatcher.deliver(5).total() == 0
    clock.advance(1)
    assert dispatcher.deliver(5)["delivered"] == 1


def test_a_retry_waits_for_the_end_of_quiet_hours(engine: Engine, clock: FakeClock) -> None:
    harness = DeliveryHarness(engine, clock, RecordingSender(lambda _: BUSY))
    with harness.session() as session:
        add_channel(session, "night", START, quiet_from="12:01", quiet_to="13:00")
    harness.create_due("rain", channels=("night",))
    dispatcher = harness.dispatcher()
    dispatcher.deliver(5)
    clock.advance(120)
    assert dispatcher.deliver(5).total() == 0
    clock.advance(3480)
    assert dispatcher.deliver(5)["sent"] == 1


def test_nobody_subscribes_twice_or_to_what_is_not_there(session: Session) -> None:
    channel = add_channel(session, "ann", START, person="Ann")
    create_question(session, "rain", START)
    for target in ({"topic": "sea"}, {"question": {"slug": "rain"}}):
        wanted = SubscriptionIn.model_validate({"channel": row_id(channel)} | target)
        subscribe(session, channel, wanted, now=START, actor="Ann")
        with pytest.raises(Conflict, match="already"):
            subscribe(session, channel, wanted, now=START, actor="Ann")
    assert [(row.topic, row.question) for row in list_subscriptions(session)] == [("sea", None), (None, 1)]
    assert list_subscriptions(session, []) == []
    wanted = SubscriptionIn.model_validate({"channel": row_id(channel), "question": {"slug": "hail"}})
    with pytest.raises(InvalidInput, match="slug"):
        subscribe(session, channel, wanted, now=START, actor="Ann")
    for wrong in ({}, {"topic": "sea", "question": {"id": 1}}):
        with pytest.raises(ValidationError, match="either a question or a topic"):
            SubscriptionIn.model_validate({"channel": 1} | wrong)


@pytest.mark.parametrize(
    "fields",
    [
        {"zone": "Mars/Olympus"},
        {"quiet_from": "22:00"},
        {"quiet_from": "22:00", "quiet_to": "22:00"},
        {"quiet_from": "24:00", "quiet_to": "07:00"},
        {"quiet_from": "22:00", "quiet_to": "7:00"},
        {"quiet_from": "22:00", "quiet_to": "07:00", "digest_at": "06:00"},
        {"digest_at": "noon"},
    ],
)
def test_hours_that_make_no_sense_are_refused(fields: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        ChannelIn.model_validate({"name": "desk", "target": "https://example.org/"} | fields)
