"""Send signed webhooks by the Standard Webhooks specification (https://www.standardwebhooks.com)."""

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Protocol

from standardwebhooks import Webhook

from resolvers.clock import Clock
from resolvers.errors import AddressRefused, FetchError, SourceUnavailable
from resolvers.notifications.sender import OutgoingMessage, SendResult, SendStatus
from resolvers.outbound.client import FetchedResponse

SEND_SECONDS = 15.0
#: Receivers refuse a message whose time is further off than this.
TOLERANCE_SECONDS = 300
#: The 4xx codes for which a retry may succeed: request timeout, too early, too many requests.
TEMPORARY_4XX = frozenset({408, 425, 429})


class Poster(Protocol):
    """The POST method of the guarded client."""

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str] | None = None, *, total_seconds: float | None = None
    ) -> FetchedResponse:
        """Return the response to a POST without following redirects."""


def signed_headers(secret: str, message_id: str, at: datetime, payload: str) -> dict[str, str]:
    """Return the headers that let a receiver verify sender, message and time. ``at`` is in UTC."""
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, at, payload),
    }


def result_for_status(status: int, retry_after: float | None) -> SendResult:
    """Return the result for the status code of a receiver."""
    if 200 <= status < 300:
        return SendResult(SendStatus.DELIVERED, status_code=status)
    if status == HTTPStatus.GONE:
        return SendResult(
            SendStatus.GONE,
            "answered 410 Gone (no more messages wanted): enable the channel if that was a mistake",
            status,
        )
    if 400 <= status < 500 and status not in TEMPORARY_4XX:
        return SendResult(
            SendStatus.PERMANENT, f"answered {status}: correct the target or the receiver, then resend", status
        )
    redirect = ": webhooks follow no redirect, so set the target to the new address" if 300 <= status < 400 else ""
    return SendResult(SendStatus.TEMPORARY, f"answered {status}{redirect}", status, retry_after)


class WebhookSender:
    """Posts messages through the guarded client, signed at the time of each attempt."""

    def __init__(self, poster: Poster, clock: Clock, *, total_seconds: float = SEND_SECONDS) -> None:
        self._poster, self._clock, self._total_seconds = poster, clock, total_seconds

    def send(self, outgoing: OutgoingMessage) -> SendResult:
        """Post once. A refused address is a permanent failure, every other error a temporary one.

        A refusal by a receiver whose clock differs from ours is temporary: it may have refused the time.
        """
        headers = signed_headers(outgoing.secret, outgoing.message_id, self._clock.now(), outgoing.payload)
        body = outgoing.payload.encode()
        try:
            fetched = self._poster.post(outgoing.target, body, headers, total_seconds=self._total_seconds)
        except AddressRefused as error:
            return SendResult(SendStatus.PERMANENT, error.detail)
        except SourceUnavailable as error:
            return SendResult(SendStatus.TEMPORARY, error.detail, error.status, error.retry_after)
        except FetchError as error:
            return SendResult(SendStatus.TEMPORARY, error.detail)
        result = result_for_status(fetched.status, fetched.retry_after)
        skew = _clock_difference(fetched.headers.get("date", ""), self._clock.now())
        if result.status is SendStatus.PERMANENT and skew > TOLERANCE_SECONDS:
            reason = f"answered {fetched.status}; its clock and ours differ by {skew:.0f} seconds: check the clocks"
            return SendResult(SendStatus.TEMPORARY, reason, fetched.status)
        return result


def _clock_difference(date: str, now: datetime) -> float:
    """Return the seconds between the Date header of a response and ``now``; 0 without a valid one."""
    try:
        return abs((parsedate_to_datetime(date) - now).total_seconds())
    except (TypeError, ValueError):
        return 0.0
