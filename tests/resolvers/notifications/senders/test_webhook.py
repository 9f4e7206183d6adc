"""Webhooks: signatures, the status codes of receivers, and receivers that misbehave."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from sqlmodel import Session
from standardwebhooks import Webhook, WebhookVerificationError

from predictions.errors import InvalidInput
from resolvers.notifications.channels import (
    generate_secret,
    send_test_message,
)
from resolvers.notifications.models import ChannelKind
from resolvers.notifications.sender import OutgoingMessage, SendStatus
from resolvers.notifications.senders.webhook import WebhookSender, result_for_status, signed_headers
from resolvers.outbound.client import OutboundClient
from tests.support.fake_clock import START
from tests.support.http_source_server import RawServer, RunningClock, endless, hang, raw, redirect, reply, serving_raw
from tests.support.source_requests import add_channel

SECRET = "whsec_" + base64.b64encode(b"a secret of 32 bytes for testing").decode()


@pytest.fixture
def receiver() -> Iterator[RawServer]:
    with serving_raw() as server:
        yield server


def sender(receiver: RawServer, total_seconds: float = 5.0) -> WebhookSender:
    outbound_client = OutboundClient(
        clock=RunningClock(), user_agent="Track Record tests", allowed_hosts=[receiver.host]
    )
    return WebhookSender(outbound_client, RunningClock(), total_seconds=total_seconds)


def to(target: str, payload: str = '{"type":"prompt.created","data":{"text":"Köln – 50 %"}}') -> OutgoingMessage:
    return OutgoingMessage("msg_1", payload, ChannelKind.WEBHOOK, target, SECRET)


def test_what_a_webhook_receives_verifies_with_the_published_library(receiver: RawServer) -> None:
    receiver.routes["/hook"] = reply(b"thanks")
    message = to(f"{receiver.url}/hook")
    assert sender(receiver).send(message).status is SendStatus.DELIVERED
    [request] = receiver.requests
    assert Webhook(SECRET).verify(request.body, request.headers) == json.loads(message.payload)
    assert (request.method, request.headers["content-type"]) == ("POST", "application/json")
    assert request.headers["webhook-id"] == "msg_1"
    with pytest.raises(WebhookVerificationError):
        Webhook(generate_secret()).verify(request.body, request.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(request.body + b" ", request.headers)


def test_the_signature_is_that_of_the_published_example() -> None:
    """The example of the Standard Webhooks reference implementations."""
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = signed_headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", at, '{"test": 2432232314}'
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["webhook-timestamp"] == "1614265330"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (200, SendStatus.DELIVERED),
        (204, SendStatus.DELIVERED),
        (301, SendStatus.TEMPORARY),
        (400, SendStatus.PERMANENT),
        (401, SendStatus.PERMANENT),
        (404, SendStatus.PERMANENT),
        (408, SendStatus.TEMPORARY),
        (410, SendStatus.GONE),
        (413, SendStatus.PERMANENT),
        (425, SendStatus.TEMPORARY),
        (429, SendStatus.TEMPORARY),
        (500, SendStatus.TEMPORARY),
        (503, SendStatus.TEMPORARY),
    ],
)
def test_the_status_decides_whether_to_try_again(code: int, expected: SendStatus) -> None:
    answer = result_for_status(code, None)
    assert (answer.status, answer.status_code) == (expected, code)
    assert (answer.detail == "") == (expected is SendStatus.DELIVERED)


def test_a_refusal_by_a_receiver_with_another_time_is_no_dead_letter_at_the_first_attempt(receiver: RawServer) -> None:
    """It may have refused the time of the signature, as a clock that runs ahead makes all receivers do."""
    for hours, expected in ((3, SendStatus.TEMPORARY), (0, SendStatus.PERMANENT)):
        date = format_datetime(datetime.now(UTC) + timedelta(hours=hours), usegmt=True)
        receiver.routes["/hook"] = reply(status=401, date=date)
        answer = sender(receiver).send(to(f"{receiver.url}/hook"))
        assert (answer.status, "check the clocks" in answer.detail) == (expected, bool(hours))


def test_a_receiver_may_name_the_time_of_the_next_attempt(receiver: RawServer) -> None:
    receiver.routes["/hook"] = reply(status=503, retry_after="120")
    answer = sender(receiver).send(to(f"{receiver.url}/hook"))
    assert (answer.status, answer.status_code, answer.retry_after) == (SendStatus.TEMPORARY, 503, 120.0)


def test_a_webhook_follows_no_redirect(receiver: RawServer) -> None:
    receiver.routes["/hook"] = redirect(f"{receiver.url}/elsewhere", 307)
    receiver.routes["/elsewhere"] = reply()
    answer = sender(receiver).send(to(f"{receiver.url}/hook"))
    assert answer.status is SendStatus.TEMPORARY
    assert "no redirect" in answer.detail
    assert receiver.targets() == ["/hook"]


def test_a_receiver_that_hangs_or_breaks_off_is_tried_again_later(receiver: RawServer) -> None:
    receiver.routes |= {"/hang": hang, "/broken": raw(b"HTTP/1.1 2"), "/noise": raw(b"\x00\x01\x02\r\n\r\n")}
    for path in receiver.routes:
        answer = sender(receiver, total_seconds=0.3).send(to(f"{receiver.url}{path}"))
        assert (answer.status, answer.status_code) == (SendStatus.TEMPORARY, None), path
    closed = to("http://127.0.0.1:9/hook")
    outbound_client = OutboundClient(clock=RunningClock(), user_agent="tests", allowed_hosts=["127.0.0.1"])
    assert WebhookSender(outbound_client, RunningClock()).send(closed).status is SendStatus.TEMPORARY


def test_a_receiver_that_floods_us_is_tried_again_later(receiver: RawServer) -> None:
    receiver.routes["/hook"] = endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
    answer = sender(receiver).send(to(f"{receiver.url}/hook"))
    assert (answer.status, answer.status_code) == (SendStatus.TEMPORARY, None)
    assert "more than the limit" in answer.detail


def test_a_private_address_is_refused_for_good_unless_the_operator_allows_it(receiver: RawServer) -> None:
    outbound_client = OutboundClient(clock=RunningClock(), user_agent="tests")
    answer = WebhookSender(outbound_client, RunningClock()).send(to(f"{receiver.url}/hook"))
    assert answer.status is SendStatus.PERMANENT
    assert "operator" in answer.detail
    assert receiver.requests == []


def test_a_test_message_is_sent_at_once_and_marked_as_one(session: Session, receiver: RawServer) -> None:
    receiver.routes["/hook"] = reply(status=202)
    channel = add_channel(session, "desk", START, target=f"{receiver.url}/hook")
    answer = send_test_message(channel, {ChannelKind.WEBHOOK: sender(receiver)}, now=START)
    assert (answer.status, answer.status_code) == (SendStatus.DELIVERED, 202)
    [request] = receiver.requests
    message = Webhook(channel.secret).verify(request.body, request.headers)
    assert (message["type"], message["data"]["channel"]) == ("channel.test", "desk")
    with pytest.raises(InvalidInput, match="not set up"):
        send_test_message(channel, {}, now=START)
