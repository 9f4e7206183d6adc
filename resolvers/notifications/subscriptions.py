"""Subscriptions: a channel receives the prompts of a question, or of all questions of a topic."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Self

from pydantic import Field, model_validator
from sqlalchemy import or_, select
from sqlmodel import Session, col

from predictions import ledger
from predictions.errors import Conflict, NotFound
from predictions.models import row_id
from predictions.questions.lookup import named_question
from predictions.schemas.fields import Id, Input, Topic
from predictions.schemas.inputs import QuestionRef
from predictions.schemas.views import View
from resolvers.notifications.models import Channel, Subscription


class SubscriptionIn(Input):
    """A new subscription: one question, or all questions of one topic."""

    channel: Id = Field(description="id of the channel")
    question: QuestionRef | None = Field(default=None, description="question to follow; null if a topic is given")
    topic: Topic | None = Field(default=None, description="topic to follow; null if a question is given")

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.question is None) == (self.topic is None):
            raise ValueError("give either a question or a topic, not both")
        return self


class SubscriptionView(View):
    """A subscription of a channel to a question or a topic."""

    id: int = Field(description="id of the subscription")
    channel: int = Field(description="id of the channel")
    question: int | None = Field(description="id of the question; null for a topic")
    topic: str | None = Field(description="topic; null for a question")
    created_at: datetime = Field(description="time at which the subscription was created")
    created_by: str = Field(description="name of the key or user that created it")


def subscribe(session: Session, channel: Channel, data: SubscriptionIn, *, now: datetime, actor: str) -> Subscription:
    """Subscribe a channel to the question or topic of ``data``.

    Raises ``InvalidInput`` for an unknown question, ``Conflict`` if the channel has that subscription already.
    """
    if _find_subscription(session, channel, data) is not None:
        raise Conflict(f"the channel {channel.name!r} is already subscribed to that: nothing is left to do")
    row = Subscription(
        channel_id=row_id(channel),
        question_id=_question_id(session, data),
        topic=data.topic,
        created_at=now,
        created_by=actor,
    )
    session.add(row)
    session.flush()
    _log(session, row, "subscription.entered", now, actor)
    return row


def unsubscribe(session: Session, channel: Channel, data: SubscriptionIn, *, now: datetime, actor: str) -> None:
    """Remove the subscription of a channel to the question or topic of ``data``.

    Raises ``InvalidInput`` for an unknown question, ``NotFound`` if the channel has no such subscription.
    """
    row = _find_subscription(session, channel, data)
    if row is None:
        raise NotFound(f"the channel {channel.name!r} is not subscribed to that: list its subscriptions")
    delete_subscription(session, row, now=now, actor=actor)


def delete_subscription(session: Session, row: Subscription, *, now: datetime, actor: str) -> SubscriptionView:
    """Delete a subscription, and return what it was."""
    view = subscription_view(row)
    _log(session, row, "subscription.removed", now, actor)
    session.delete(row)
    session.flush()
    return view


def _log(session: Session, row: Subscription, action: str, now: datetime, actor: str) -> None:
    ledger.append(session, now=now, actor=actor, action=action, subject=row, body=ledger.contents(row))


def _find_subscription(session: Session, channel: Channel, data: SubscriptionIn) -> Subscription | None:
    query = select(Subscription).where(col(Subscription.channel_id) == row_id(channel))
    if data.question is not None:
        query = query.where(col(Subscription.question_id) == _question_id(session, data))
    else:
        query = query.where(col(Subscription.topic) == data.topic)
    return session.execute(query).scalar_one_or_none()


def _question_id(session: Session, data: SubscriptionIn) -> int | None:
    return row_id(named_question(session, data.question)) if data.question else None


def list_subscriptions(session: Session, channels: Sequence[int] | None = None) -> list[SubscriptionView]:
    """Return the subscriptions of these channels, or all, in order of creation."""
    query = select(Subscription)
    if channels is not None:
        query = query.where(col(Subscription.channel_id).in_(channels))
    return [subscription_view(row) for row in session.execute(query.order_by(col(Subscription.id))).scalars()]


def subscription_view(row: Subscription) -> SubscriptionView:
    """Build the view from the table row."""
    return SubscriptionView(
        id=row_id(row),
        channel=row.channel_id,
        question=row.question_id,
        topic=row.topic,
        created_at=row.created_at,
        created_by=row.created_by,
    )


def subscribed_channels(session: Session, topics: Mapping[int, Sequence[str]]) -> dict[int, set[int]]:
    """Return the channels subscribed to each question, where ``topics`` gives the questions with their topics."""
    topic_names = {topic for question_topics in topics.values() for topic in question_topics}
    query = select(Subscription).where(
        or_(col(Subscription.question_id).in_(topics), col(Subscription.topic).in_(topic_names))
    )
    channels_by_question: dict[int, set[int]] = defaultdict(set)
    for row in session.execute(query).scalars():
        for question, question_topics in topics.items():
            if row.question_id == question or row.topic in question_topics:
                channels_by_question[question].add(row.channel_id)
    return channels_by_question
