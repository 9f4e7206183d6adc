"""The interface of senders: the message handed over, and the answer of the receiver."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from resolvers.notifications.models import Channel, ChannelKind


class DeliveryResult(StrEnum):
    """What became of one attempt to deliver."""

    DELIVERED = "delivered"
    PASSING = "passing"  # the next attempt may fare better
    PERMANENT = "permanent"  # no attempt will, until somebody changes something
    GONE = "gone"  # the receiver wants no more messages at all


@dataclass(frozen=True)
class SendResult:
    """What a receiver said. ``retry_after`` is in seconds, where it named a time; ``detail`` carries no secret."""

    verdict: DeliveryResult
    detail: str = ""
    status_code: int | None = None
    retry_after: float | None = None


@dataclass(frozen=True)
class OutgoingMessage:
    """One message on its way to one channel. ``message_id`` is the same at every attempt."""

    message_id: str
    payload: str
    kind: ChannelKind
    target: str
    secret: str


class Sender(Protocol):
    """Carries messages to one kind of channel, in bounded time. It raises nothing that an answer can say."""

    def send(self, outgoing: OutgoingMessage) -> SendResult:
        """Send once, now."""


def outgoing_message(channel: Channel, message_id: str, payload: str) -> OutgoingMessage:
    """A message to a channel, with all that a sender needs."""
    return OutgoingMessage(message_id, payload, channel.kind, channel.target, channel.secret)
