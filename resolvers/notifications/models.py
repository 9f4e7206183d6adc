"""The tables of channels, subscriptions, deliveries and attempts."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, Column, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from predictions.columns import BigInt, text_enum


class ChannelKind(StrEnum):
    """Kind of a channel."""

    WEBHOOK = "webhook"
    EMAIL = "email"
    CHAT = "chat"


class DeliveryState(StrEnum):
    """State of a delivery; ``dead`` after the last retry failed, ``cancelled`` if it is no longer needed."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"
    CANCELLED = "cancelled"


class Channel(SQLModel, table=True):
    """An address that prompts are sent to: a webhook, a mailbox or a chat service."""

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInt)
    name: str = Field(max_length=120, unique=True)
    kind: ChannelKind = Field(sa_type=text_enum(ChannelKind))
    target: str = Field(max_length=2000, description="URL, mail address or Apprise address")
    secret: str = Field(default="", max_length=120, description="signs the messages of a webhook")
    topics: list[str] = Field(sa_column=Column(JSON, nullable=False), description="empty: all")
    escalations_only: bool = Field(default=False, description="receives only escalations")
    person: str | None = Field(
        default=None, max_length=200, description="owner: prompts for subscriptions and assigned questions"
    )
    zone: str = Field(default="UTC", max_length=64, description="time zone of quiet hours and digest")
    quiet_from: str | None = Field(default=None, max_length=5, description="HH:MM, start of the quiet hours")
    quiet_to: str | None = Field(default=None, max_length=5, description="HH:MM, end of the quiet hours")
    digest_at: str | None = Field(default=None, max_length=5, description="HH:MM of the daily digest; null: no digest")
    enabled: bool = True
    disabled_reason: str = Field(default="", sa_type=Text)
    created_at: datetime


class Subscription(SQLModel, table=True):
    """A question or a topic that a channel is subscribed to."""

    __table_args__ = (
        CheckConstraint("(question_id IS NULL) <> (topic IS NULL)", name="names_one"),
        UniqueConstraint("channel_id", "question_id"),
        UniqueConstraint("channel_id", "topic"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInt)
    channel_id: int = Field(foreign_key="channel.id", sa_type=BigInt)
    question_id: int | None = Field(default=None, foreign_key="question.id", sa_type=BigInt, index=True)
    topic: str | None = Field(default=None, max_length=60, index=True)
    created_at: datetime
    created_by: str = Field(max_length=200)


class Delivery(SQLModel, table=True):
    """One message to one channel in the delivery queue. The payload does not change once the row is written."""

    __table_args__ = (
        UniqueConstraint("prompt_id", "channel_id"),
        CheckConstraint("attempts >= 0", name="attempts"),
        CheckConstraint("(lease_token IS NULL) = (lease_until IS NULL)", name="lease"),
        CheckConstraint("state = 'pending' OR lease_token IS NULL", name="leased_is_pending"),
        Index("ix_delivery_state_next_at", "state", "next_at"),
        Index("ix_delivery_channel_id_state_next_at", "channel_id", "state", "next_at"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInt)
    prompt_id: int | None = Field(default=None, foreign_key="prompt.id", sa_type=BigInt)
    channel_id: int = Field(foreign_key="channel.id", sa_type=BigInt)
    # No foreign key: SQLite could add one only by recreating the table, which the attempts refer to.
    digest_id: int | None = Field(default=None, sa_type=BigInt, index=True, description="the digest it is part of")
    message_id: str = Field(max_length=60, unique=True, description="the same at every attempt, to detect repeats")
    payload: str = Field(sa_type=Text)
    state: DeliveryState = Field(default=DeliveryState.PENDING, sa_type=text_enum(DeliveryState))
    attempts: int = 0
    next_at: datetime
    lease_until: datetime | None = None
    lease_token: str | None = Field(default=None, max_length=40)
    last_error: str = Field(default="", sa_type=Text)
    created_at: datetime
    finished_at: datetime | None = None


class DeliveryAttempt(SQLModel, table=True):
    """One attempt to send, recorded before sending, so that every message sent has a record."""

    __tablename__ = "delivery_attempt"
    __table_args__ = (UniqueConstraint("delivery_id", "number"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInt)
    delivery_id: int = Field(foreign_key="delivery.id", sa_type=BigInt)
    number: int
    started_at: datetime
    finished_at: datetime | None = None
    status_code: int | None = None
    error: str = Field(default="", sa_type=Text)
