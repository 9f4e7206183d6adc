"""No chat address leads to the operator's own network, whatever it says and whatever a name resolves to."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from predictions.errors import InvalidInput
from resolvers.notifications.models import ChannelKind
from resolvers.notifications.payloads import CHANNEL_TEST, message
from resolvers.notifications.sender import OutgoingMessage, SendResult, SendStatus
from resolvers.notifications.senders import chat
from resolvers.notifications.senders.chat import ChatSender, check_address
from tests.support.fake_clock import START
from tests.support.http_source_server import RawServer, redirect, reply, serving_raw

pytestmark = pytest.mark.usefixtures("forked")
PAYLOAD = message(CHANNEL_TEST, START, {"channel": "room", "note": "Prompts will arrive like this."})


#: Spellings that no chat service of Apprise understands.
MISSPELT = ("127.1", "[::ffff:127.0.0.1]")


@pytest.fixture
def room() -> Iterator[RawServer]:
    with serving_raw() as server:
        server.routes["/room"] = reply()
        yield server


def send(target: str, *allowed: str) -> SendResult:
    return ChatSender(allowed_hosts=allowed).send(OutgoingMessage("msg_1", PAYLOAD, ChannelKind.CHAT, target, ""))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "127.1", "[::ffff:127.0.0.1]"])
def test_a_chat_address_of_this_machine_is_refused_however_it_is_spelt(room: RawServer, host: str) -> None:
    port = room.host.rpartition(":")[2]
    result = send(f"json://{host}:{port}/room")
    assert result.status is SendStatus.PERMANENT, result
    assert ("ask the operator to allow it" in result.detail) == (host not in MISSPELT)
    assert room.requests == []


@pytest.mark.parametrize(
    "target",
    [
        "json://10.1.2.3/a",
        "jsons://192.168.1.1/a",
        "xml://169.254.169.254/latest/meta-data",
        "ntfy://172.16.0.1/topic",
        "form://[fd00::1]/a",
        "gotify://[fe80::1]/token-token-token",
        "json://192.0.2.7/a",
        "matrix://user:password@127.0.0.1/#room",
        "syslog://",
        "rsyslog://127.0.0.1",
        "mailto://user:password@127.0.0.1?smtp=127.0.0.1&to=a@example.org",
    ],
)
def test_no_service_contacts_a_private_address_by_any_protocol(target: str) -> None:
    result = send(target)
    assert result.status is SendStatus.PERMANENT, result
    assert "password" not in result.detail
    assert "token" not in result.detail


@pytest.mark.parametrize("target", ["json://127.0.0.1/a", "json://10.0.0.8:8080", "ntfy://localhost/t", "xml://[::1]"])
def test_a_private_address_is_refused_before_it_is_stored_unless_the_operator_allows_it(target: str) -> None:
    with pytest.raises(InvalidInput, match="private address") as refused:
        check_address(target)
    assert refused.value.faults[0].pointer == "/target"
    check_address(target, allowed_hosts=["127.0.0.0/8", "10.0.0.0/8", "::1"])


#: A bot token in the form of Telegram's, whose template may be any text.
BOT = "tgram://123456789:abcdefghijklmnopqrstuvwxyzABCDEFGHI/12315544"


@pytest.mark.parametrize(
    "target",
    [BOT, "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", f"twilio://AC{'a' * 32}:{'b' * 32}@15551235553"],
)
def test_a_number_in_place_of_a_host_is_taken_for_the_token_that_it_is(target: str) -> None:
    check_address(target)


@pytest.mark.parametrize(
    "target",
    [
        BOT + "?template={file}",
        BOT + "?template=file://{file}",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ?template={file}",
        "fcm://project/device?keyfile={file}",
    ],
)
def test_an_address_that_names_a_file_of_the_server_is_neither_stored_nor_sent(target: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text('{"secret": "of the server"}')
    url = target.format(file=file)
    with pytest.raises(InvalidInput, match="names a file on this machine"):
        check_address(url)
    result = send(url)
    assert (result.status, "names a file on this machine" in result.detail) == (SendStatus.PERMANENT, True)


def test_a_host_that_the_operator_allows_by_name_and_port_is_reached_at_that_port_only(room: RawServer) -> None:
    port = int(room.host.rpartition(":")[2])
    assert send(f"json://localhost:{port}/room", f"localhost:{port}").status is SendStatus.DELIVERED
    refused = send(f"json://localhost:{port}/room", f"localhost:{port + 1}")
    assert (refused.status, len(room.requests)) == (SendStatus.PERMANENT, 1)


def test_a_redirect_into_the_network_is_refused_even_where_the_address_asks_to_follow(room: RawServer) -> None:
    with serving_raw() as inside:
        inside.routes["/inside"] = reply()
        room.routes["/moved"] = redirect(f"{inside.url}/inside", 307)
        result = send(f"json://{room.host}/moved?redirect=yes", room.host)
        assert result.status is SendStatus.PERMANENT
        assert inside.requests == []
    assert room.targets() == ["/moved"]


#: A name whose answers change from one look-up to the next, as an attacker's name server gives them.
REBINDING = """
import runpy, socket, sys
answers = iter({answers!r})
def resolve(host, port, *more, **options):
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers, answers_last), int(port)))]
answers_last = {answers!r}[-1]
socket.getaddrinfo = resolve
sys.argv = [{child!r}]
runpy.run_path({child!r}, run_name="__main__")
"""


def resolving(answers: list[str], **job: Any) -> dict[str, Any]:
    """The report of the real subprocess, in which every name has these addresses, one after the other."""
    script = REBINDING.format(answers=answers, child=str(chat._CHILD))
    given = {"title": "t", "body": "b", "allowed_hosts": []} | job
    done = subprocess.run([sys.executable, "-I", "-c", script], input=json.dumps(given), capture_output=True, text=True)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "192.0.2.1", "0.0.0.0"])
def test_what_a_name_resolves_to_is_checked_when_it_is_contacted(room: RawServer, address: str) -> None:
    port = room.host.rpartition(":")[2]
    report = resolving([address], url=f"json://chat.example:{port}/room")
    assert (report["sent"], len(report["refused"])) == (False, 1)
    assert room.requests == []


def test_an_address_that_was_allowed_under_another_name_is_not_reached_by_rebinding(room: RawServer) -> None:
    port = room.host.rpartition(":")[2]
    report = resolving(["127.0.0.1"], url=f"json://evil.example:{port}/room", allowed_hosts=["friend.example"])
    assert (report["sent"], room.requests) == (False, [])


ESCAPES = (
    "socket.create_connection(('127.0.0.1', {port}))",
    "socket.socket().connect_ex(('127.0.0.1', {port}))",
    "socket.socket().connect(('localhost', {port}))",
    "socket.socket(socket.AF_INET6).connect(('::1', {port}, 0, 0))",
    "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {port}))",
    "socket.socket(type=socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('127.0.0.1', {port}))",
    "socket.socket(socket.AF_UNIX).connect('/run/systemd/journal/socket')",
    "asyncio.run(asyncio.open_connection('127.0.0.1', {port}))",
    "urllib.request.urlopen('http://127.0.0.1:{port}/room')",
    "subprocess.run(['true'])",
    "os.system('true')",
    "os.posix_spawn('/bin/true', ['true'], {{}})",
    "os.fork()",
    "syslog.syslog('x')",
    "__import__('dbus')",
)


def test_no_library_gets_around_the_guard(room: RawServer) -> None:
    root = str(Path(__file__).parents[4])
    port = room.host.rpartition(":")[2]
    script = f"""
import asyncio, os, socket, subprocess, sys, syslog, urllib.request
sys.path.insert(0, {root!r})
from resolvers.notifications.senders.connection_guard import ConnectionGuard
ConnectionGuard([]).install()
for escape in {[escape.format(port=port) for escape in ESCAPES]!r}:
    try:
        exec(escape)
    except (OSError, ImportError) as error:
        print("refused", error)
    else:
        print("got around the guard:", escape)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    lines = done.stdout.splitlines()
    assert [line for line in lines if not line.startswith("refused")] == []
    assert len(lines) == len(ESCAPES), (done.stdout, done.stderr)
    assert room.requests == []
