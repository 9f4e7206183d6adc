"""Chat services through Apprise, with a real receiver that accepts, refuses or hangs."""

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlmodel import Session

from predictions.errors import InvalidInput
from resolvers.deadline_sweep import sweep_due
from resolvers.notifications.channels import ChannelIn, create_channel, send_test_message
from resolvers.notifications.delivery_log import ChannelView
from resolvers.notifications.models import ChannelKind
from resolvers.notifications.sender import OutgoingMessage, SendResult, SendStatus
from resolvers.notifications.senders import chat
from resolvers.notifications.senders.chat import ChatSender, blank_secrets, check_address
from tests.support.fake_clock import START
from tests.support.http_source_server import RawServer, hang, raw, redirect, reply, serving_raw
from tests.support.source_requests import BASE_URL, all_deliveries, create_question


@pytest.fixture
def room() -> Iterator[RawServer]:
    with serving_raw() as server:
        server.routes["/room"] = reply()
        yield server


def address(room: RawServer, path: str = "/room") -> str:
    return f"json://{room.host}{path}"


def send(room: RawServer, payload: str, path: str = "/room", seconds: float = 20.0) -> SendResult:
    message = OutgoingMessage("msg_1", payload, ChannelKind.CHAT, address(room, path), "")
    return ChatSender(allowed_hosts=[room.host], total_seconds=seconds).send(message)


@pytest.fixture
def payload(session: Session) -> str:
    create_question(session, "carnival", START, text="Will the <b>carnival</b> take place?")
    create_channel(session, ChannelIn(name="desk", kind=ChannelKind.CHAT, target="json://example.org/room"), now=START)
    sweep_due(session, now=START, base_url=BASE_URL)
    return all_deliveries(session)[0].payload


def test_a_prompt_arrives_as_a_short_text_with_the_way_to_the_question(room: RawServer, payload: str) -> None:
    assert send(room, payload) == SendResult(SendStatus.DELIVERED)
    [request] = room.requests
    body = json.loads(request.body)
    assert body["title"] == "To resolve: Will the <b>carnival</b> take place?"
    assert "Deadline: 1 April 2025, 12:00 (UTC)\nPossible outcomes: yes, no, annulled" in body["message"]
    assert f"{BASE_URL}/questions/carnival/resolve" in body["message"]
    assert "msg_1" not in body["message"], "a room is not given one person's link"
    assert not body["attachments"]


def test_a_test_message_goes_out(session: Session, room: RawServer) -> None:
    data = ChannelIn(name="room", kind=ChannelKind.CHAT, target=address(room))
    channel = create_channel(session, data, now=START)
    assert send_test_message(channel, {ChannelKind.CHAT: ChatSender(allowed_hosts=[room.host])}, now=START).status is (
        SendStatus.DELIVERED
    )
    assert "Channel: room" in json.loads(room.requests[0].body)["message"]


@pytest.mark.usefixtures("forked")
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (401, SendStatus.PERMANENT),
        (410, SendStatus.GONE),
        (429, SendStatus.TEMPORARY),
        (500, SendStatus.TEMPORARY),
    ],
)
def test_the_kind_of_refusal_decides_whether_to_try_again(
    room: RawServer, payload: str, code: int, expected: SendStatus
) -> None:
    room.routes["/refuses"] = reply(status=code)
    answer = send(room, payload, "/refuses")
    assert (answer.status, answer.status_code) == (expected, code)


def test_a_chat_service_that_hangs_costs_bounded_time_and_leaves_no_process(room: RawServer, payload: str) -> None:
    called, left = threading.Event(), threading.Event()

    def hang_and_report(sock: socket.socket) -> None:
        called.set()
        hang(sock)
        left.set()

    room.routes["/hangs"] = hang_and_report
    for seconds in (1.5, 5.0, 15.0):  # on a busy machine the time may be over before the service is called
        answer = send(room, payload, "/hangs", seconds=seconds)
        assert (answer.status, "too slow" in answer.detail) == (SendStatus.TEMPORARY, True)
        if called.is_set():
            break
    assert left.wait(5), "whoever called has gone"


@pytest.mark.usefixtures("forked")
def test_a_chat_service_that_breaks_off_is_tried_again_later(room: RawServer, payload: str) -> None:
    room.routes["/noise"] = raw(b"\x00\x01\r\n\r\n")
    assert send(room, payload, "/noise").status is SendStatus.TEMPORARY
    room.close()
    assert send(room, payload).status is SendStatus.TEMPORARY


@pytest.mark.usefixtures("forked")
def test_an_address_that_no_service_understands_is_a_failure_for_good_with_the_remedy(payload: str) -> None:
    result = ChatSender().send(OutgoingMessage("msg_1", payload, ChannelKind.CHAT, "nosuchservice://room", ""))
    assert (result.status, "correct the target" in result.detail) == (SendStatus.PERMANENT, True)


def test_a_crash_of_the_subprocess_is_tried_again_later(
    room: RawServer, payload: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crashing = tmp_path / "crashing.py"
    crashing.write_text("raise SystemExit(3)")
    monkeypatch.setattr(chat, "_CHILD", crashing)
    result = send(room, payload)
    assert (result.status, "ended with 3" in result.detail) == (SendStatus.TEMPORARY, True)


@pytest.mark.usefixtures("forked")
def test_no_redirect_is_followed(room: RawServer, payload: str) -> None:
    room.routes |= {"/moved": redirect(f"{room.url}/inside", 307), "/inside": reply()}
    assert send(room, payload, "/moved").status is not SendStatus.DELIVERED
    assert room.targets() == ["/moved"]


def test_the_subprocess_gets_none_of_our_secrets(
    room: RawServer, payload: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login operator password hunter22\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("TRACKRECORD_SECRET_KEY", "s3cr3t")
    assert send(room, payload).status is SendStatus.DELIVERED
    assert "authorization" not in room.requests[0].headers


@pytest.mark.usefixtures("forked")
def test_an_address_is_checked_before_it_is_stored() -> None:
    check_address("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general")
    check_address("ntfy://topic")
    for wrong in ("pigeon://roof", "slack://", "https://example.org/hook"):
        with pytest.raises(InvalidInput) as refused:
            check_address(wrong)
        assert refused.value.faults[0].pointer == "/target", wrong


@pytest.mark.parametrize("target", ["slack", "Slack://a b", "json://a\nb", "://x"])
def test_what_is_no_address_at_all_is_refused_at_once(target: str) -> None:
    with pytest.raises(ValidationError, match="target"):
        ChannelIn(name="room", kind=ChannelKind.CHAT, target=target)


def test_without_the_extra_the_error_names_the_command_to_install_it(
    room: RawServer, payload: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat, "find_spec", lambda name: None)
    answer = send(room, payload)
    assert (answer.status, "trackrecord[chat]" in answer.detail) == (SendStatus.PERMANENT, True)
    with pytest.raises(InvalidInput, match=r"trackrecord\[chat\]"):
        check_address(address(room))


def test_no_part_of_an_address_is_shown(session: Session) -> None:
    target = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general"
    warnings = "Failed: https://hooks.slack.com/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    assert blank_secrets(warnings, target) == "Failed: https://hooks.slack.com/…/…/…"
    assert "wörd" not in blank_secrets("no: pa-wörd-1", "matrix://me:pa-w%C3%B6rd-1@example.org/#room")
    channel = create_channel(session, ChannelIn(name="room", kind=ChannelKind.CHAT, target=target), now=START)
    assert ChannelView.of(channel).target == "slack://…"
