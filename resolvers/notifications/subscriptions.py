"""Watching: a channel hears of a question, or of all questions of a topic, because somebody asked for it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Self

from pydantic import model_validator
from sqlalchemy import or_, select
from sqlmodel import Session, col

from predictions.errors import Conflict, NotFound
from predictions.models import row_id
from predictions.questions.lookup import named_question
from predictions.schemas.fields import Id, Input, Topic
from predictions.schemas.inputs import QuestionRef
from predictions.schemas.views import View
from resolvers.notifications.models import Channel, Subscription


class SubscriptionIn(Input):
    """What a channel is to hear of: one question, or all of one topic."""

    channel: Id
    question: QuestionRef | None = None
    topic: Topic | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.question is None) == (self.topic is None):
            raise ValueError("give either a question or a topic")
        return self


class SubscriptionView(View):
    """What a channel hears of because somebody asked for it."""

    id: int
    channel: int
    question: int | None
    topic: str | None
    created_at: datetime
    created_by: str


def subscribe(session: Session, channel: Channel, data: SubscriptionIn, *, now: datetime, actor: str) -> Subscription:
    """Let a channel hear of what ``data`` names.

    Raises ``InvalidInput`` for an unknown question, ``Conflict`` where the channel hears of it already.
    """
    if _find(session, channel, data) is not None:
        raise Conflict(f"the channel {channel.name!r} hears of that already")
    row = Subscription(
        channel_id=row_id(channel),
        question_id=_number(session, data),
        topic=data.topic,
        created_at=now,
        created_by=actor,
    )
    session.add(row)
    session.flush()
    return row


def unsubscribe(session: Session, channel: Channel, data: SubscriptionIn) -> None:
    """Let a channel hear no more of what ``data`` names.

    Raises ``InvalidInput`` for an unknown question, ``NotFound`` where the channel does not watch it.
    """
    row = _find(session, channel, data)
    if row is None:
        raise NotFound(f"the channel {channel.name!r} does not watch that")
    session.delete(row)
    session.flush()


def delete_subscription(session: Session, row: Subscription) -> SubscriptionView:
    """Delete a subscription, and return what it was."""
    view = view_of(row)
    session.delete(row)
    session.flush()
    return view


def _find(session: Session, channel: Channel, data: SubscriptionIn) -> Subscription | None:
    query = select(Subscription).where(col(Subscription.channel_id) == row_id(channel))
    if data.question is not None:
        query = query.where(col(Subscription.question_id) == _number(session, data))
    else:
        query = query.where(col(Subscription.topic) == data.topic)
    return session.execute(query).scalar_one_or_none()


def _number(session: Session, data: SubscriptionIn) -> int | None:
    return row_id(named_question(session, data.question)) if data.question else None


def list_subscriptions(session: Session, channels: Sequence[int] | None = None) -> list[SubscriptionView]:
    """What these channels hear of, or all, in order of asking."""
    query = select(Subscription)
    if channels is not None:
        query = query.where(col(Subscription.channel_id).in_(channels))
    return [view_of(row) for row in session.execute(query.order_by(col(Subscription.id))).scalars()]


def view_of(row: Subscription) -> SubscriptionView:
    """From the table row."""
    return SubscriptionView(
        id=row_id(row),
        channel=row.channel_id,
        question=row.question_id,
        topic=row.topic,
        created_at=row.created_at,
        created_by=row.created_by,
    )


def subscribed_channels(session: Session, topics: Mapping[int, Sequence[str]]) -> dict[int, set[int]]:
    """The channels that watch each of these questions, which are given with their topics."""
    named = {topic for of_question in topics.values() for topic in of_question}
    query = select(Subscription).where(
        or_(col(Subscription.question_id).in_(topics), col(Subscription.topic).in_(named))
    )
    found: dict[int, set[int]] = defaultdict(set)
    for row in session.execute(query).scalars():
        for question, of_question in topics.items():
            if row.question_id == question or row.topic in of_question:
                found[question].add(row.channel_id)
    return found
