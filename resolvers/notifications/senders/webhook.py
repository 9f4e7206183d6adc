"""Webhooks, signed as Standard Webhooks says (https://www.standardwebhooks.com): headers, and what answers mean."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from standardwebhooks import Webhook

from resolvers.clock import Clock
from resolvers.errors import AddressRefused, FetchError, SourceUnavailable
from resolvers.notifications.sender import DeliveryResult, OutgoingMessage, SendResult
from resolvers.outbound.client import Fetched

SEND_SECONDS = 15.0
GONE = 410
#: Of the 400s those that time may heal: request timeout, too early, too many requests.
PASSING_4XX = frozenset({408, 425, 429})


class Poster(Protocol):
    """The guarded client, as far as webhooks need it."""

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str] | None = None, *, total_seconds: float | None = None
    ) -> Fetched:
        """The answer to a POST, without following redirects."""


def signed_headers(secret: str, message_id: str, at: datetime, payload: str) -> dict[str, str]:
    """The headers by which a receiver knows sender, message and time. ``at`` is in UTC."""
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, at, payload),
    }


def answer_of(status: int, retry_after: float | None) -> SendResult:
    """What a receiver's status means for the message."""
    if 200 <= status < 300:
        return SendResult(DeliveryResult.DELIVERED, status_code=status)
    if status == GONE:
        return SendResult(DeliveryResult.GONE, "answered 410 Gone: it wants no more messages", status)
    if 400 <= status < 500 and status not in PASSING_4XX:
        return SendResult(
            DeliveryResult.PERMANENT, f"answered {status}: correct the target or the receiver, then resend", status
        )
    redirect = ": webhooks follow no redirect, so set the target to the new address" if 300 <= status < 400 else ""
    return SendResult(DeliveryResult.PASSING, f"answered {status}{redirect}", status, retry_after)


class WebhookSender:
    """Posts messages through the guarded client, each signed at the time of its attempt."""

    def __init__(self, poster: Poster, clock: Clock, *, total_seconds: float = SEND_SECONDS) -> None:
        self._poster, self._clock, self._total_seconds = poster, clock, total_seconds

    def send(self, outgoing: OutgoingMessage) -> SendResult:
        """Post once. An address that may not be asked is permanent, every other trouble on the way passing."""
        headers = signed_headers(outgoing.secret, outgoing.message_id, self._clock.now(), outgoing.payload)
        body = outgoing.payload.encode()
        try:
            fetched = self._poster.post(outgoing.target, body, headers, total_seconds=self._total_seconds)
        except AddressRefused as error:
            return SendResult(DeliveryResult.PERMANENT, error.detail)
        except SourceUnavailable as error:
            return SendResult(DeliveryResult.PASSING, error.detail, error.status, error.retry_after)
        except FetchError as error:
            return SendResult(DeliveryResult.PASSING, error.detail)
        return answer_of(fetched.status, fetched.retry_after)
