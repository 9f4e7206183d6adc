"""One client cannot hold the server: heads and bodies have a size and a time, connections a number for each address."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from service.limits.client_address import TrustedProxies, client_group
from service.limits.http_protocol import Bounds, GuardedProtocol, guarded
from tests.conftest import serving

BOUNDS = Bounds(
    head_bytes=2000,
    head_seconds=0.5,
    body_bytes_per_second=10_000,
    body_grace_seconds=0.5,
    body_seconds=2,
    reply_seconds=0.5,
    check_seconds=0.1,
    connections=30,
    connections_per_address=10,
    unfinished_per_address=4,
)
GET = b"GET / HTTP/1.1\r\nHost: x\r\n"
LARGE_REPLY = b"x" * 20_000_000
#: With less unsent, asyncio does not pause writing by default.
HIGH_WATER = 65_536


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Read the body, and say how long it was and for whom; at /large send much."""
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length, more = length + len(message["body"]), message["more_body"]
    if scope["path"] == "/slow":
        await asyncio.sleep(0.3)
    body = LARGE_REPLY if scope["path"] == "/large" else f"{length}".encode()
    if scope["path"] == "/bytes":
        body = bytes(int(scope["query_string"]))
    if scope["path"] == "/headers":
        body = b",".join(sorted(name for name, _ in scope["headers"])) + f" {scope['client'][0]}".encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    with serving(app, http=guarded(TrustedProxies(["127.0.0.1"]), BOUNDS)) as url:
        host, port = url.removeprefix("http://").split(":")
        yield host, int(port)


@pytest.fixture
def connect(address: tuple[str, int]) -> Iterator[Any]:
    """Opens connections that close with the test; the server has forgotten those of the test before."""
    opened: list[socket.socket] = []

    def open_one() -> socket.socket:
        opened.append(socket.create_connection(address, timeout=5))
        return opened[-1]

    yield open_one
    for connection in opened:
        connection.close()
    time.sleep(0.05)


def reply_to(connection: socket.socket, *parts: bytes, pause: float = 0) -> bytes:
    """What the server says before it closes or falls silent."""
    with suppress(BrokenPipeError, ConnectionResetError):
        for part in parts:
            connection.sendall(part)
            time.sleep(pause)
    return heard(connection)


def heard(connection: socket.socket) -> bytes:
    connection.settimeout(2)
    text = b""
    try:
        while part := connection.recv(65536):
            text += part
    except (TimeoutError, ConnectionResetError):
        pass
    return text


def closing(request: bytes) -> bytes:
    return request + b"Connection: close\r\n\r\n"


def test_an_ordinary_request_is_answered_whole_or_in_pieces(connect: Any) -> None:
    assert reply_to(connect(), closing(GET)).startswith(b"HTTP/1.1 200")
    assert reply_to(connect(), GET, b"Connection: ", b"close\r\n\r\n", pause=0.05).endswith(b"\r\n\r\n0")
    post = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 6\r\n\r\n"
    assert reply_to(connect(), post, b"abc", b"def", pause=0.05).endswith(b"\r\n\r\n6")


@pytest.mark.parametrize(
    "head",
    [
        GET + b"X: " + b"a" * 6000 + b"\r\n\r\n",
        GET + b"X: " + b"a" * 6000,
        GET + b"".join(b"X%d: a\r\n" % at for at in range(101)) + b"\r\n",
        b"GET /?" + b"a" * 6000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=["one header", "one without an end", "many headers", "address"],
)
def test_a_head_that_is_too_large_is_refused_with_a_problem(connect: Any, head: bytes) -> None:
    half = len(head) // 2
    for parts in ([head], [head[:half], head[half:]]):
        reply = reply_to(connect(), *parts, pause=0.02)
        assert reply.startswith(b"HTTP/1.1 431 ")
        assert b"application/problem+json" in reply
        assert json.loads(reply.partition(b"\r\n\r\n")[2])["status"] == 431


@pytest.mark.parametrize("text", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"\x16\x03\x01\x02\x00"])
def test_what_is_no_http_request_gets_a_problem(connect: Any, text: bytes) -> None:
    reply = reply_to(connect(), text)
    assert reply.startswith(b"HTTP/1.1 400 ")
    assert json.loads(reply.partition(b"\r\n\r\n")[2])["title"] == "Bad Request"


def test_trailers_are_dropped_and_bounded(connect: Any) -> None:
    chunked = (
        b"POST /headers HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
    )
    reply = reply_to(connect(), chunked + b"Authorization: Bearer a\r\nX-Forwarded-For: 192.0.2.9\r\n\r\n")
    assert reply.endswith(b"connection,host,transfer-encoding 127.0.0.1")
    for trailer in (b"a:b\r\n" * 300, b"a: " + b"b" * 1500):
        parts = [trailer, *[trailer.removeprefix(b"a: ")] * 3]
        assert b" 431 " in reply_to(connect(), chunked.replace(b"/headers", b"/slow"), *parts, pause=0.02)
    extension = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;a=" + b"b" * 100
    assert b" 431 " in reply_to(connect(), extension, *[b"b" * 1500] * 3, pause=0.02)


def test_few_requests_may_be_sent_before_an_answer(connect: Any) -> None:
    slow = GET.replace(b"/ ", b"/slow ") + b"\r\n"
    assert b" 429 " in reply_to(connect(), slow * 1000)
    reply = reply_to(connect(), (GET + b"\r\n") * (BOUNDS.pipelined - 1) + closing(GET))
    assert reply.count(b"HTTP/1.1 200") == BOUNDS.pipelined


def test_a_head_that_drips_is_refused_after_a_fixed_time(connect: Any) -> None:
    connection, started = connect(), time.monotonic()

    def drip() -> None:
        for byte in GET * 20:
            try:
                connection.sendall(bytes([byte]))
            except OSError:
                return
            time.sleep(0.03)

    dripping = threading.Thread(target=drip, daemon=True)
    dripping.start()
    assert b" 408 " in heard(connection)
    assert 0.3 < time.monotonic() - started < 3
    dripping.join()


@pytest.mark.parametrize("sent", [[], [b"\r\n"], [GET + b"\r\n", b"\r\n"]], ids=["nothing", "a line", "a line later"])
def test_a_connection_that_asks_nothing_is_closed(connect: Any, sent: list[bytes]) -> None:
    connection, started = connect(), time.monotonic()
    reply = reply_to(connection, *sent, pause=0.1)
    assert b" 408 " not in reply
    assert time.monotonic() - started < 1.9  # else `heard` gave up, and the connection was still open


def test_a_body_that_stops_or_drips_is_refused(connect: Any) -> None:
    post = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
    assert b" 408 " in reply_to(connect(), post + b"a" * 100)
    assert b" 408 " in reply_to(connect(), post, *[b"a" * 10] * 20, pause=0.05)
    chunked = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"
    assert b" 408 " in reply_to(connect(), chunked)


def test_a_body_at_the_least_rate_is_read_to_its_end(connect: Any) -> None:
    post = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 20000\r\n\r\n"
    assert reply_to(connect(), post, *[b"a" * 2000] * 10, pause=0.09).endswith(b"20000")


def test_unfinished_bodies_of_one_address_are_few(connect: Any) -> None:
    post = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\na"
    held = [connect() for _ in range(BOUNDS.unfinished_per_address)]
    for connection in held:
        connection.sendall(post)
    time.sleep(0.05)
    assert b" 429 " in reply_to(connect(), post)
    assert reply_to(connect(), closing(GET)).startswith(b"HTTP/1.1 200")  # complete requests go on
    other = post.replace(b"Host", b"X-Forwarded-For: 192.0.2.7\r\nHost")
    assert reply_to(connect(), other, b"a" * 99).startswith(b"HTTP/1.1 200")


def test_connections_of_one_address_are_bounded_by_the_address_that_a_proxy_forwards(connect: Any) -> None:
    def forwarded(address: bytes) -> bytes:
        return GET + b"X-Forwarded-For: 198.51.100.1, " + address + b"\r\n\r\n"

    for _ in range(BOUNDS.connections_per_address):
        connection = connect()
        connection.sendall(forwarded(b"192.0.2.1"))
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    assert b" 429 " in reply_to(connect(), forwarded(b"192.0.2.1"))
    assert b" 200 " in reply_to(connect(), closing(forwarded(b"192.0.2.2").removesuffix(b"\r\n")))
    assert b" 200 " in reply_to(connect(), closing(GET))


def test_connections_in_all_are_bounded(connect: Any) -> None:
    for at in range(BOUNDS.connections):
        connection = connect()
        connection.sendall(GET + b"X-Forwarded-For: 192.0.2.%d\r\n\r\n" % (at % 5))
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    assert b" 503 " in heard(connect())


def test_a_client_that_does_not_read_its_reply_is_cut_off(connect: Any) -> None:
    connection = connect()
    connection.sendall(GET.replace(b"/ ", b"/large ") + b"\r\n")
    time.sleep(1.2)
    assert len(heard(connection)) < len(LARGE_REPLY)


def test_a_client_that_leaves_the_last_bytes_unread_is_cut_off_as_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    got, written = b"", threading.Event()
    made: list[GuardedProtocol] = []

    def note(protocol: GuardedProtocol) -> None:
        made.append(protocol)
        on_response_complete(protocol)
        written.set()

    on_response_complete = GuardedProtocol.on_response_complete
    monkeypatch.setattr(GuardedProtocol, "on_response_complete", note)
    with serving(app, http=guarded(TrustedProxies([]), BOUNDS)) as url:
        host, port = url.removeprefix("http://").split(":")

        def ask(size: int) -> tuple[socket.socket, int]:
            """Ask for so many bytes, read none, and return how many the server still holds."""
            connection = socket.socket()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect((host, int(port)))
            connection.settimeout(5)
            written.clear()
            connection.sendall(GET.replace(b"/ ", b"/bytes?%d " % size) + b"\r\n")
            assert written.wait(5)
            return connection, made[-1].transport.get_write_buffer_size()

        size = 8_000_000
        for _ in range(10):  # what the kernel takes is not known before
            connection, held = ask(size)
            if 0 < held < HIGH_WATER:
                break
            connection.close()
            size += 30_000 - held
        assert 0 < held < HIGH_WATER
        time.sleep(2 * BOUNDS.reply_seconds)
        with suppress(ConnectionResetError):
            while part := connection.recv(100_000):
                got += part
        assert len(got) < size
        connection.close()


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
        ("invented 1", "unknown"),
        ("", "unknown"),
    ],
)
def test_addresses_that_one_client_may_have_are_one_group(address: str, group: str) -> None:
    assert client_group(address) == group


def test_only_trusted_proxies_forward_addresses() -> None:
    proxies = TrustedProxies(["127.0.0.1", "10.0.0.0/8"])
    header = [(b"x-forwarded-for", b"192.0.2.1, 198.51.100.2, 10.1.2.3")]
    assert proxies.client("127.0.0.1", header) == "198.51.100.2"
    assert proxies.client("203.0.113.9", header) == "203.0.113.9"
    assert proxies.client("127.0.0.1", []) == "127.0.0.1"


def test_what_is_under_way_writes_nothing_to_a_connection_that_was_closed(
    connect: Any, caplog: pytest.LogCaptureFixture
) -> None:
    slow = GET.replace(b"/ ", b"/slow ") + b"\r\n"
    assert heard_after(connect(), slow, slow, b"nonsense\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    post = b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
    assert b" 408 " in reply_to(connect(), slow + post)
    connection = connect()
    connection.sendall(slow + GET)
    connection.close()
    time.sleep(1)
    assert "Traceback" not in caplog.text
    assert "Exception" not in caplog.text


def heard_after(connection: socket.socket, *parts: bytes) -> bytes:
    connection.sendall(b"".join(parts))
    return heard(connection)
