"""The interface of senders: the message to send, and the result of sending it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from resolvers.notifications.models import Channel, ChannelKind


class SendStatus(StrEnum):
    """Status of one attempt to send."""

    DELIVERED = "delivered"
    TEMPORARY = "temporary_failure"  # a retry may succeed
    PERMANENT = "permanent_failure"  # retries fail until the target or the receiver is corrected
    GONE = "gone"  # the receiver wants no more messages: its channel is disabled


@dataclass(frozen=True)
class SendResult:
    """Response of a receiver. ``retry_after`` is in seconds, if it named a time; ``detail`` holds no secret."""

    status: SendStatus
    detail: str = ""
    status_code: int | None = None
    retry_after: float | None = None


@dataclass(frozen=True)
class OutgoingMessage:
    """One message to send to one channel. ``message_id`` is the same at every attempt."""

    message_id: str
    payload: str
    kind: ChannelKind
    target: str
    secret: str


class Sender(Protocol):
    """Sends messages to one kind of channel within a time limit; failures are results, not exceptions."""

    def send(self, outgoing: OutgoingMessage) -> SendResult:
        """Send one message once and return the result."""


def outgoing_message(channel: Channel, message_id: str, payload: str) -> OutgoingMessage:
    """Return a message to a channel with everything that a sender needs."""
    return OutgoingMessage(message_id, payload, channel.kind, channel.target, channel.secret)
