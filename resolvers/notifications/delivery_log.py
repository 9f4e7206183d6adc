"""Views of channels and deliveries, without secrets: targets, messages, attempts and their results."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from pydantic import Field
from sqlalchemy import func, select
from sqlmodel import Session, col

from predictions.models import row_id
from predictions.schemas.views import View
from resolvers.notifications.models import Channel, ChannelKind, Delivery, DeliveryAttempt, DeliveryState
from resolvers.outbound.redaction import redact
from resolvers.prompts.models import Prompt


class ChannelView(View):
    """A channel. ``target`` is shown without its secrets; of a chat address only the service is shown."""

    id: int = Field(description="id of the channel")
    name: str = Field(description="name of the channel")
    kind: str = Field(description="webhook, email or chat")
    target: str = Field(description="address without its secrets; of a chat address only the service")
    topics: list[str] = Field(description="topics of which the channel receives prompts; empty: all topics")
    escalations_only: bool = Field(description="true if the channel receives only escalations")
    person: str | None = Field(description="name of the person to whom the channel belongs; null for a shared channel")
    zone: str = Field(description="IANA time zone of the times of day")
    quiet_from: str | None = Field(
        description="time of day, HH:MM, at which quiet hours begin; null without quiet hours"
    )
    quiet_to: str | None = Field(description="time of day, HH:MM, at which quiet hours end; null without quiet hours")
    digest_at: str | None = Field(
        description="time of day, HH:MM, of the daily digest; null: each prompt is sent by itself"
    )
    enabled: bool = Field(description="false if nothing is sent to the channel")
    disabled_reason: str = Field(description="why the channel is disabled; empty if it is enabled")
    created_at: datetime = Field(description="time at which the channel was added")

    @classmethod
    def of(cls, row: Channel) -> Self:
        """Build the view from the table row."""
        derived: dict[str, Any] = {"id": row_id(row), "kind": row.kind.value, "target": public_target(row)}
        copied = {name: getattr(row, name) for name in ChannelView.model_fields if name not in derived}
        return cls(**derived, **copied)


class AttemptView(View):
    """One attempt to send; ``finished_at`` is null while it runs, or if its process ended before the result."""

    number: int = Field(description="number of the attempt, from 1")
    started_at: datetime = Field(description="time at which the attempt began")
    finished_at: datetime | None = Field(
        description="time of the result; null while it runs, or if its process ended before the result"
    )
    status_code: int | None = Field(description="HTTP or SMTP status of the receiver; null without a response")
    error: str = Field(description="why the attempt failed; empty after success")


class DeliveryView(View):
    """A message to a channel, with its state and attempts."""

    id: int = Field(description="id of the delivery")
    message_id: str = Field(description="id of the message, the same at every attempt")
    type: str = Field(description="type of the message, for example prompt.created")
    channel: str = Field(description="name of the channel")
    prompt: int | None = Field(description="id of the prompt; null unless the message is one prompt")
    question: int | None = Field(description="id of the question; null for a digest")
    stage: str | None = Field(description="stage of the prompt, for example due; null for a digest")
    digest: int | None = Field(description="id of the digest that contains the prompt; null if it is sent by itself")
    state: str = Field(description="pending, delivered, dead (the last retry failed) or cancelled")
    attempts: list[AttemptView] = Field(description="all attempts, in order")
    next_at: datetime | None = Field(description="time of the next attempt; null unless pending")
    last_error: str = Field(description="why the last attempt failed; empty if none failed")
    created_at: datetime = Field(description="time at which the delivery was queued")
    finished_at: datetime | None = Field(description="time at which the delivery ended; null while pending")


def public_target(channel: Channel) -> str:
    """Return the target of a channel without secrets."""
    if channel.kind is ChannelKind.CHAT:  # the whole address of a chat service is a secret
        return f"{channel.target.partition('://')[0]}://…"
    return redact(channel.target) if channel.kind is ChannelKind.WEBHOOK else channel.target


def list_channels(session: Session) -> list[ChannelView]:
    """Return all channels in order of creation."""
    return [ChannelView.of(row) for row in session.execute(select(Channel).order_by(col(Channel.id))).scalars()]


def list_deliveries(
    session: Session,
    *,
    state: DeliveryState | None = None,
    channel: int | None = None,
    question: int | None = None,
    after: int = 0,
    before: int | None = None,
    limit: int = 100,
) -> list[DeliveryView]:
    """Return deliveries with their attempts, by id above ``after``; with ``before``, by id below it, newest first."""
    query = (
        select(Delivery, col(Channel.name), Prompt)
        .join(Channel, col(Channel.id) == col(Delivery.channel_id))
        .outerjoin(Prompt, col(Prompt.id) == col(Delivery.prompt_id))
        .where(col(Delivery.id) > after)
    )
    if state is not None:
        query = query.where(col(Delivery.state) == state)
    if channel is not None:
        query = query.where(col(Delivery.channel_id) == channel)
    if question is not None:
        query = query.where(col(Prompt.question_id) == question)
    if before is not None:
        query = query.where(col(Delivery.id) < before)
    order = col(Delivery.id) if before is None else col(Delivery.id).desc()
    rows = session.execute(query.order_by(order).limit(limit)).all()
    attempts = _attempts_by_delivery(session, [row_id(row.Delivery) for row in rows])
    return [_view(row.Delivery, row.name, row.Prompt, attempts) for row in rows]


def count_deliveries(session: Session) -> Mapping[DeliveryState, int]:
    """Return the number of deliveries by state; a state without any is left out."""
    state = col(Delivery.state)
    return {row[0]: row[1] for row in session.execute(select(state, func.count()).group_by(state))}


def oldest_undelivered(session: Session, now: datetime) -> datetime | None:
    """Return the creation of the oldest message that should have arrived by now; None if all have.

    What waits for a digest or for the end of quiet hours is not meant: its time has not come, and nothing was tried.
    """
    tried_or_due = (col(Delivery.attempts) > 0) | (col(Delivery.next_at) <= now)
    query = select(func.min(col(Delivery.created_at))).where(col(Delivery.state) == DeliveryState.PENDING, tried_or_due)
    oldest: datetime | None = session.execute(query).scalar_one()
    return oldest


def count_by_state(session: Session) -> dict[int, dict[str, int]]:
    """Return the number of deliveries in each state, by channel."""
    query = select(col(Delivery.channel_id), col(Delivery.state), func.count()).group_by(
        col(Delivery.channel_id), col(Delivery.state)
    )
    counts: dict[int, dict[str, int]] = {}
    for channel, state, number in session.execute(query):
        counts.setdefault(channel, {})[state.value] = number
    return counts


def _attempts_by_delivery(session: Session, deliveries: list[int]) -> dict[int, list[AttemptView]]:
    query = select(DeliveryAttempt).where(col(DeliveryAttempt.delivery_id).in_(deliveries))
    attempts: dict[int, list[AttemptView]] = {}
    for row in session.execute(query.order_by(col(DeliveryAttempt.id))).scalars():
        view = AttemptView(**{name: getattr(row, name) for name in AttemptView.model_fields})
        attempts.setdefault(row.delivery_id, []).append(view)
    return attempts


def _view(row: Delivery, channel: str, prompt: Prompt | None, attempts: dict[int, list[AttemptView]]) -> DeliveryView:
    copied: dict[str, Any] = {
        name: getattr(row, name) for name in ("message_id", "last_error", "created_at", "finished_at")
    }
    return DeliveryView(
        id=row_id(row),
        type=json.loads(row.payload)["type"],
        channel=channel,
        prompt=row.prompt_id,
        question=prompt.question_id if prompt else None,
        stage=prompt.stage if prompt else None,
        digest=row.digest_id,
        state=row.state.value,
        attempts=attempts.get(row_id(row), []),
        next_at=row.next_at if row.state is DeliveryState.PENDING else None,
        **copied,
    )
