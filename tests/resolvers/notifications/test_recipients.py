"""Which channels receive a prompt."""

import json

import pytest
from sqlalchemy import select
from sqlmodel import Session

from predictions.models import row_id
from predictions.questions.triage import assign_question
from predictions.schemas.inputs import QuestionRef
from resolvers.deadline_sweep import sweep_due
from resolvers.notifications.models import Channel, ChannelKind
from resolvers.notifications.recipients import recipients
from resolvers.notifications.subscriptions import SubscriptionIn, subscribe
from tests.support.fake_clock import START
from tests.support.source_requests import BASE_URL, add_channel, all_deliveries, create_question


@pytest.mark.parametrize(
    ("topics", "escalations_only", "stage", "question_topics", "expected"),
    [
        ([], False, "due", [], True),
        (["sea"], False, "due", ["sea", "sport"], True),
        (["sea"], False, "due", ["sport"], False),
        (["sea"], False, "due", [], False),
        ([], True, "due", [], False),
        ([], True, "week_5", [], False),
        ([], True, "escalation", [], True),
        (["sea"], True, "escalation", ["sport"], False),
    ],
)
def test_a_channel_receives_what_its_preferences_select(
    topics: list[str], escalations_only: bool, stage: str, question_topics: list[str], expected: bool
) -> None:
    channel = Channel(
        name="x",
        kind=ChannelKind.WEBHOOK,
        target="x",
        topics=topics,
        escalations_only=escalations_only,
        created_at=START,
    )
    assert (recipients([channel], stage, question_topics) == [channel]) is expected


def receivers(session: Session, slug: str) -> list[str]:
    names = {row_id(row): row.name for row in session.execute(select(Channel)).scalars()}
    return [
        names[row.channel_id]
        for row in all_deliveries(session)
        if json.loads(row.payload)["data"]["question"]["slug"] == slug
    ]


def test_the_channel_of_a_person_receives_subscriptions_and_assigned_questions(session: Session) -> None:
    add_channel(session, "desk", START)
    sport = add_channel(session, "sport", START, topics=["sport"])
    ann = add_channel(session, "ann", START, person="Ann")
    add_channel(session, "bob", START, person="Bob")
    create_question(session, "rain", START, "weather")
    create_question(session, "goal", START, "sport")
    create_question(session, "war", START)
    strike = create_question(session, "strike", START)
    subscribe(session, ann, SubscriptionIn(channel=row_id(ann), topic="weather"), now=START, actor="Ann")
    war = SubscriptionIn(channel=row_id(sport), question=QuestionRef(slug="war"))
    subscribe(session, sport, war, now=START, actor="Ann")
    assign_question(session, strike, "Bob", now=START, actor="desk")
    sweep_due(session, now=START, base_url=BASE_URL)
    assert {slug: receivers(session, slug) for slug in ("rain", "goal", "war", "strike")} == {
        "rain": ["desk", "ann"],
        "goal": ["desk", "sport"],
        "war": ["desk", "sport"],
        "strike": ["desk", "bob"],
    }
