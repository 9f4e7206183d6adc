"""Contests that are not answered in time: one message a day for each channel, with reminders, until answered."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import Session, col

from predictions.contests.answers import Contests
from predictions.contests.inputs import AnswerIn, ContestIn
from predictions.contests.models import Contest
from predictions.contests.receive import receive
from predictions.models import LedgerEvent
from predictions.schemas.inputs import CommentatorIn
from predictions.submissions.commentators import enter_commentator
from resolvers.contest_sweep import contests_due, sweep_contests
from resolvers.notifications.delivery_queue import claim_deliveries
from resolvers.notifications.models import Channel, Delivery, DeliveryState
from resolvers.notifications.rendering import render_email, render_short
from resolvers.notifications.retry_policy import RetryPolicy
from tests.support.source_requests import BASE_URL, add_channel, all_deliveries, create_question

SENT = datetime(2025, 4, 1, 12, tzinfo=UTC)
DUE = datetime(2025, 4, 9, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
SECRET = b"secret of the tests"
TEXT = "This is confidential."


@pytest.fixture
def record(session: Session) -> Session:
    create_question(session, "rain", SENT + 30 * DAY, "weather")
    enter_commentator(session, CommentatorIn(name="Ann Invented"), now=SENT, actor="tester")
    return session


def contest(session: Session, *, now: datetime = SENT, **subject: Any) -> Contest:
    data = {"name": "Ann", "text": TEXT} | (subject or {"question": "rain"})
    return receive(session, ContestIn.model_validate(data), days=7, secret=SECRET, now=now)


def sweep(session: Session, now: datetime) -> int:
    assert contests_due(session, now) == (session.execute(_waiting(now)).first() is not None)
    return sweep_contests(session, now=now, base_url=BASE_URL)


def _waiting(now: datetime) -> Any:
    return select(Contest).where(col(Contest.next_prompt_at) <= now)


def sent_to(session: Session, channel: Channel) -> list[list[tuple[int, str]]]:
    """The numbers and stages of the contests in each message to a channel."""
    payloads = [json.loads(each.payload) for each in all_deliveries(session) if each.channel_id == channel.id]
    return [[(each["contest"], each["stage"]) for each in payload["data"]["contests"]] for payload in payloads]


def test_all_that_were_received_on_a_day_are_in_one_message_at_the_end_of_their_time(record: Session) -> None:
    desk = add_channel(record, "desk", SENT)
    for hours in (0, 1, 11):
        contest(record, now=SENT + timedelta(hours=hours))
    later = contest(record, now=SENT + DAY)
    assert sweep(record, DUE - SECOND) == 0
    assert sweep(record, DUE) == 3
    assert sent_to(record, desk) == [[(1, "due"), (2, "due"), (3, "due")]]
    assert sweep(record, DUE + timedelta(hours=1)) == 0
    assert TEXT not in all_deliveries(record)[0].payload
    assert sweep(record, DUE + DAY) == 4
    assert sent_to(record, desk)[1] == [(1, "day_1"), (2, "day_1"), (3, "day_1"), (later.id, "due")]


def test_reminders_follow_and_one_escalation_until_it_is_answered(record: Session) -> None:
    desk, boss = add_channel(record, "desk", SENT), add_channel(record, "boss", SENT, escalations_only=True)
    first, second = contest(record), contest(record)
    for day in range(60):
        sweep(record, DUE + day * DAY)
        if day == 3:
            steps = Contests(record, "editor", DUE + day * DAY, SECRET)
            steps.take_up(first)
            steps.answer(first, AnswerIn(decision="rejected", answer="No."))
    stages = [message[-1][1] for message in sent_to(record, desk)]
    assert stages == ["due", "day_1", "day_3", "day_7", "week_2", "week_3", "week_4", "week_5", "escalation"]
    assert [[number for number, _ in message] for message in sent_to(record, desk)][2:4] == [[1, 2], [2]]
    assert sent_to(record, boss) == [[(second.id, "escalation")]]
    prompted = select(LedgerEvent).where(col(LedgerEvent.action) == "contest.prompted")
    bodies = [json.loads(event.body) for event in record.execute(prompted).scalars()]
    assert bodies[0] == {
        "before": {"prompts": 0, "next_prompt_at": DUE.isoformat()},
        "after": {"prompts": 1, "next_prompt_at": (DUE + DAY).isoformat()},
        "stage": "due",
    }
    assert (second.prompts, second.next_prompt_at) == (9, None)


def test_a_message_goes_where_prompts_for_the_question_go_and_to_who_took_it_up(record: Session) -> None:
    weather, sport = (add_channel(record, name, SENT, topics=[name]) for name in ("weather", "sport"))
    own = add_channel(record, "own", SENT, person="editor")
    shared = add_channel(record, "shared", SENT)
    contest(record)
    of_person = contest(record, commentator="ann-invented")
    Contests(record, "editor", SENT, SECRET).take_up(of_person)
    assert sweep(record, DUE) == 2
    received = {name: sent_to(record, channel) for name, channel in [("weather", weather), ("sport", sport)]}
    assert received == {"weather": [[(1, "due")]], "sport": []}
    assert sent_to(record, own) == [[(2, "due")]]
    assert sent_to(record, shared) == [[(1, "due"), (2, "due")]]


def test_a_message_is_cancelled_once_all_its_contests_are_answered(record: Session) -> None:
    desk = add_channel(record, "desk", SENT, digest_at="18:00")
    row = contest(record)
    sweep(record, DUE)
    (delivery,) = all_deliveries(record)
    assert delivery.next_at == DUE + timedelta(hours=18)
    Contests(record, "editor", DUE, SECRET).delete(row, "spam")
    policy = RetryPolicy(lambda seconds: seconds)
    assert claim_deliveries(record, desk, 10, DUE + DAY, policy) == ([], 1)
    record.expire_all()
    closed = record.get_one(Delivery, delivery.id)
    assert (closed.state, closed.last_error) == (DeliveryState.CANCELLED, "the contests are answered")
    again = contest(record)
    sweep(record, DUE + 10 * DAY)
    claimed, _ = claim_deliveries(record, desk, 10, DUE + 11 * DAY, policy)
    assert [each.prompt_id for each in claimed] == [None]
    assert again.prompts > 0


def test_people_read_how_many_wait_and_since_when(record: Session) -> None:
    add_channel(record, "desk", SENT)
    Contests(record, "editor", SENT, SECRET).take_up(contest(record))
    contest(record)
    sweep(record, DUE)
    payload = all_deliveries(record)[0].payload
    mail = render_email(payload, "msg_1", lambda _: "unused")
    assert mail.subject == "2 contests wait for an answer"
    first, second, *_ = mail.text.splitlines()
    assert first == "Contest 1, received on 1 April 2025, to be answered by 9 April 2025"
    assert second.endswith("(nobody has taken it up)")
    assert f'<a href="{BASE_URL}/contests">' in mail.html
    title, text = render_short(payload)
    assert (title, text.splitlines()[-1]) == (mail.subject, f"{BASE_URL}/contests")
