"""The guarded client against hostile sources, on real sockets."""

import gzip
import socket
import time
import tracemalloc
from collections.abc import Callable, Iterator
from threading import Event
from typing import Any

import pytest

from resolvers.outbound.client import (
    FetchError,
    Limits,
    OutboundClient,
    SourceChanged,
    SourceUnavailable,
    TooLarge,
    TooSlow,
)
from tests.support.fake_clock import FakeClock
from tests.support.http_source_server import (
    RawServer,
    RunningClock,
    endless,
    hang,
    raw,
    redirect,
    reply,
    reset,
    serving_raw,
)

QUICK = Limits(connect_seconds=5, read_seconds=0.4, total_seconds=0.8, max_bytes=100_000)


@pytest.fixture
def server() -> Iterator[RawServer]:
    with serving_raw() as server:
        yield server


def never(*_: Any) -> Any:
    pytest.fail("a connection was tried")


def outbound_client(*allowed: str, **changes: Any) -> OutboundClient:
    return OutboundClient(clock=RunningClock(), user_agent="TrackRecord/0 (+test)", allowed_hosts=allowed, **changes)


def drip(start: bytes) -> Callable[..., None]:
    return endless(start, b"x", pause_seconds=0.05)


def each(*acts: Callable[[socket.socket], None]) -> Callable[[socket.socket], None]:
    """A reply made of several acts on its socket, one after the other."""

    def reply_by_all(sock: socket.socket) -> None:
        for act in acts:
            act(sock)

    return reply_by_all


OK = b"HTTP/1.1 200 OK\r\n"
GZIP = OK + b"Content-Encoding: gzip\r\n\r\n"
BOMB = gzip.compress(bytes(50_000_000), 9)  # 49 kB, and so below the limit before it unfolds

MISBEHAVIOURS = {
    "says nothing": (hang, TooSlow),
    "drips the status": (drip(b""), TooSlow),
    "drips a header": (drip(OK + b"X: "), TooSlow),
    "drips the body": (drip(OK + b"\r\n"), TooSlow),
    "stops in the body": (each(raw(OK + b"Content-Length: 9\r\n\r\nx"), hang), TooSlow),
    "endless headers": (endless(OK, b"X: y\r\n"), SourceUnavailable),
    "one endless header": (endless(OK + b"X: ", b"y" * 4096), SourceUnavailable),
    "endless interim answers": (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100), (TooLarge, TooSlow)),
    "endless body": (endless(OK + b"\r\n", b"x" * 65536), TooLarge),
    "endless chunks": (endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 4096), (TooLarge, TooSlow)),
    "an announced flood": (endless(OK + b"Content-Length: 99999999999\r\n\r\n", b"x" * 65536), TooLarge),
    "a negative length": (raw(OK + b"Content-Length: -1\r\n\r\nx"), SourceUnavailable),
    "two lengths": (raw(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"), SourceUnavailable),
    "less than announced": (raw(OK + b"Content-Length: 9\r\n\r\nx"), SourceUnavailable),
    "a chunk that breaks off": (raw(OK + b"Transfer-Encoding: chunked\r\n\r\nff\r\nx"), SourceUnavailable),
    "a gzip bomb": (reply(BOMB, content_encoding="gzip"), TooLarge),
    "a gzip bomb of many members": (
        raw(OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"") * 10_000),
        TooLarge,
    ),
    "a bomb gzipped twice": (reply(gzip.compress(BOMB), content_encoding="gzip, gzip"), SourceChanged),
    "an encoding not asked for": (reply(b"x", content_encoding="br"), SourceChanged),
    "no gzip though it says so": (reply(b"plain", content_encoding="gzip"), SourceChanged),
    "gzip that breaks off": (reply(gzip.compress(b"x" * 999)[:-9], content_encoding="gzip"), SourceUnavailable),
    "no HTTP": (raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), SourceUnavailable),
    "nothing": (raw(b""), SourceUnavailable),
    "an old protocol": (raw(b"<html>"), SourceUnavailable),
    "a reset": (reset, SourceUnavailable),
}


@pytest.mark.parametrize(("behaviour", "error"), MISBEHAVIOURS.values(), ids=MISBEHAVIOURS)
def test_a_source_that_misbehaves_costs_an_error_and_no_more(
    server: RawServer, behaviour: Any, error: type[FetchError] | tuple[type[FetchError], ...]
) -> None:
    server.routes = {"/": behaviour}
    client = outbound_client(server.host, limits=QUICK)
    tracemalloc.start()
    try:
        with pytest.raises(error) as raised:
            client.get(server.url)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "127.0.0.1" in raised.value.detail
    assert peak < 4_000_000, "of a body of at most 100,000 bytes"


@pytest.mark.parametrize(
    "behaviour",
    [
        endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
        endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 4096),
        endless(OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n" * 4096),
    ],
    ids=["interim answers", "small chunks", "trailers"],
)
def test_headers_and_chunk_framing_count_toward_the_size_limit(server: RawServer, behaviour: Any) -> None:
    """The clock does not move, so only the limit on bytes can end the request."""
    server.routes = {"/": behaviour}
    client = OutboundClient(
        clock=FakeClock(), user_agent="t", allowed_hosts=[server.host], limits=Limits(max_bytes=10_000)
    )
    with pytest.raises((TooLarge, SourceUnavailable)) as raised:
        client.get(server.url)
    assert not isinstance(raised.value, TooSlow)


def test_a_body_that_is_gzip_itself_is_decoded_once(server: RawServer) -> None:
    server.routes = {"/": reply(gzip.compress(BOMB), content_encoding="gzip")}
    assert outbound_client(server.host, limits=Limits(max_bytes=1_000_000)).get(server.url).body == BOMB


def test_more_than_the_announced_length_is_not_read(server: RawServer) -> None:
    server.routes = {"/": raw(OK + b"Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\nsmuggled")}
    assert outbound_client(server.host).get(server.url).body == b"ok"


def test_the_limit_of_a_call_replaces_that_of_the_client(server: RawServer) -> None:
    server.routes = {"/": reply(b"x" * 1000)}
    client = outbound_client(server.host)
    assert len(client.get(server.url, max_bytes=1000).body) == 1000
    with pytest.raises(TooLarge, match="999"):
        client.get(server.url, max_bytes=999)


def test_redirects_share_one_time_limit(server: RawServer) -> None:
    def slow(location: str) -> Callable[..., None]:
        return each(lambda _: time.sleep(0.3), redirect(location))

    server.routes = {"/1": slow("/2"), "/2": slow("/3"), "/3": slow("/4"), "/4": reply(b"end")}
    with pytest.raises(TooSlow):
        outbound_client(server.host, limits=QUICK).get(f"{server.url}/1")


def test_a_name_that_is_not_resolved_in_time_is_too_slow() -> None:
    asleep = Event()
    client = outbound_client(
        limits=QUICK, resolve=lambda host, port: ["8.8.8.8"] if asleep.wait(30) else [], connect=never
    )
    with pytest.raises(TooSlow, match="name"):
        client.get("http://feeds.example/")
    asleep.set()


def test_a_name_that_does_not_exist_is_unavailable() -> None:
    with pytest.raises(SourceUnavailable, match="not known"):
        outbound_client(connect=never).get("http://no-such-name.invalid/")


def test_a_port_that_refuses_connections_is_unavailable(server: RawServer) -> None:
    server.close()
    with pytest.raises(SourceUnavailable, match="refuses connections"):
        outbound_client(server.host).get(server.url)


def test_a_header_that_would_split_the_request_is_refused(server: RawServer) -> None:
    server.routes = {"/": reply()}
    with pytest.raises(SourceUnavailable):
        outbound_client(server.host).get(server.url, headers={"X": "a\r\nY: b"})
    assert server.requests == []


# The answer to a message


def test_a_message_with_a_slow_response_counts_by_its_status(server: RawServer) -> None:
    server.routes = {"/": drip(OK + b"Content-Length: 100\r\n\r\n")}
    got = outbound_client(server.host, limits=QUICK).post(server.url, b"{}")
    assert got.status == 200
    assert set(got.body) <= {ord("x")}


def test_only_the_start_of_a_long_response_to_a_message_is_stored(server: RawServer) -> None:
    server.routes = {"/": endless(OK + b"\r\n", b"x" * 65536)}
    assert outbound_client(server.host, limits=QUICK).post(server.url, b"{}").body == b"x" * 16 * 1024


@pytest.mark.timeout(15)  # far below the 20 seconds that a single read may take
def test_a_receiver_that_never_responds_times_out(server: RawServer) -> None:
    server.routes = {"/": hang}
    with pytest.raises(TooSlow):
        outbound_client(server.host).post(server.url, b"{}", total_seconds=0.3)


def test_a_receiver_that_does_not_read_times_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:  # takes connections, and reads nothing from them
        port = listener.getsockname()[1]
        with pytest.raises(TooSlow):
            outbound_client(f"127.0.0.1:{port}", limits=QUICK).post(f"http://127.0.0.1:{port}/", bytes(50_000_000))
