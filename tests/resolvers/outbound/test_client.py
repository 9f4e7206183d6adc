"""The guarded client, on real sockets against sources that misbehave."""

import gzip
import hashlib
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from resolvers.outbound.client import (
    AddressRefused,
    FetchedResponse,
    Limits,
    OutboundClient,
    SourceUnavailable,
    TooSlow,
)
from resolvers.outbound.transport import open_socket
from tests.support.http_source_server import (
    FIXTURES,
    RawServer,
    RunningClock,
    raw,
    redirect,
    reply,
    reset,
    serving_raw,
)

AGENT = "TrackRecord/0.1 (+https://record.example/about)"
QUICK = Limits(connect_seconds=5, read_seconds=0.4, total_seconds=0.8, max_bytes=100_000)


@pytest.fixture
def server() -> Iterator[RawServer]:
    with serving_raw() as server:
        yield server


@pytest.fixture
def other() -> Iterator[RawServer]:
    with serving_raw() as server:
        yield server


def outbound_client(*allowed: str, **changes: Any) -> OutboundClient:
    return OutboundClient(clock=RunningClock(), user_agent=AGENT, allowed_hosts=allowed, **changes)


# What a good source gives


def test_an_answer_carries_body_hash_headers_and_both_addresses(server: RawServer) -> None:
    server.routes = {"/a": redirect("/b?c=d"), "/b": reply(b"the body", content_type="text/plain", etag='"1"')}
    got = outbound_client(server.host).get(f"{server.url}/a")
    assert (got.status, got.body) == (200, b"the body")
    assert (got.url, got.final_url) == (f"{server.url}/a", f"{server.url}/b?c=d")
    assert got.sha256 == hashlib.sha256(b"the body").hexdigest()
    assert (got.headers["content-type"], got.headers["etag"]) == ("text/plain", '"1"')
    assert got.fetched_at.tzinfo is not None


def test_each_request_names_the_project_and_asks_for_gzip_alone(server: RawServer) -> None:
    server.routes = {"/": reply()}
    outbound_client(server.host).get(server.url, headers={"Accept": "application/json"})
    sent = server.requests[0].headers
    assert sent == {
        "host": server.host,
        "user-agent": AGENT,
        "accept-encoding": "gzip",
        "accept": "application/json",
    }


def test_a_conditional_request_brings_a_304(server: RawServer) -> None:
    server.routes = {"/": reply(status=304)}
    got = outbound_client(server.host).get(server.url, etag='"1"', last_modified="Wed, 22 Oct 2025 10:00:00 GMT")
    assert (got.status, got.body) == (304, b"")
    sent = server.requests[0].headers
    assert (sent["if-none-match"], sent["if-modified-since"]) == ('"1"', "Wed, 22 Oct 2025 10:00:00 GMT")


@pytest.mark.parametrize("status", [400, 403, 404, 410, 429, 500, 503])
def test_a_failing_status_is_returned_and_not_raised(server: RawServer, status: int) -> None:
    server.routes = {"/": reply(b"why", status=status)}
    got = outbound_client(server.host).get(server.url)
    assert (got.status, got.body) == (status, b"why")


@pytest.mark.parametrize(
    "body",
    [b"", b"x", b"{}" * 5_000, bytes(range(256)) * 390, bytes(100_000)],
    ids=["empty", "one", "text", "long", "zeros up to the limit"],
)
def test_a_gzipped_body_is_read_like_a_plain_one(server: RawServer, body: bytes) -> None:
    server.routes = {"/": reply(gzip.compress(body), content_encoding="gzip")}
    assert outbound_client(server.host, limits=QUICK).get(server.url).body == body


def test_gzip_members_in_a_row_are_one_body(server: RawServer) -> None:
    server.routes = {"/": reply(gzip.compress(b"first ") + gzip.compress(b"second"), content_encoding="gzip")}
    assert outbound_client(server.host).get(server.url).body == b"first second"


def test_a_chunked_body_is_read(server: RawServer) -> None:
    server.routes = {"/": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")}
    assert outbound_client(server.host).get(server.url).body == b"abcde"


# Where a request may go


def never(*_: Any) -> Any:
    pytest.fail("a connection was tried")


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest/meta-data/"])
def test_a_private_address_is_refused_before_any_connection(url: str) -> None:
    client = outbound_client(connect=never)
    with pytest.raises(AddressRefused):
        client.get(url)
    with pytest.raises(AddressRefused):
        client.post(url, b"{}")


@pytest.mark.parametrize("host", ["localhost", "localhost.", "LOCALHOST"])
def test_a_name_of_this_machine_is_refused(host: str) -> None:
    with pytest.raises(AddressRefused):
        outbound_client(connect=never).get(f"http://{host}/")


def test_another_port_is_refused_before_any_connection() -> None:
    with pytest.raises(AddressRefused, match="port 8080"):
        outbound_client(connect=never, resolve=lambda host, port: ["8.8.8.8"]).get("http://feeds.example:8080/")


class Rebinding:
    """A name that answers with a public address first, and with this machine's afterwards."""

    def __init__(self) -> None:
        self.answers = [["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]]

    def __call__(self, host: str, port: int) -> list[str]:
        return self.answers.pop(0)


def test_the_connection_goes_to_the_address_that_was_checked(server: RawServer) -> None:
    """There is no second DNS look-up whose result is not checked."""
    server.routes = {"/": reply(b"ok")}
    connections: list[tuple[str, int]] = []
    rebinding = Rebinding()

    def connect(address: tuple[str, int], timeout: float) -> Any:
        connections.append(address)
        return open_socket(("127.0.0.1", server.port), timeout)

    got = outbound_client(resolve=rebinding, connect=connect).get("http://feeds.example/")
    assert got.body == b"ok"
    assert connections == [("93.184.216.34", 80)]
    assert len(rebinding.answers) == 2
    assert server.requests[0].headers["host"] == "feeds.example"


def test_a_name_that_turns_private_between_two_calls_is_refused() -> None:
    client = outbound_client(
        resolve=Rebinding(), connect=lambda address, timeout: open_socket(("127.0.0.1", 1), timeout)
    )
    with pytest.raises(SourceUnavailable):
        client.get("http://feeds.example/")
    with pytest.raises(AddressRefused):
        client.get("http://feeds.example/")


def test_the_next_address_is_tried_where_one_does_not_answer(server: RawServer) -> None:
    server.routes = {"/": reply(b"ok")}

    def connect(address: tuple[str, int], timeout: float) -> Any:
        return open_socket(("127.0.0.1", server.port if address[0] == "8.8.4.4" else 1), timeout)

    client = outbound_client(resolve=lambda host, port: ["8.8.8.8", "8.8.4.4"], connect=connect)
    assert client.get("http://feeds.example/").body == b"ok"


def test_a_connection_that_is_reset_before_the_request_is_an_unavailable_source() -> None:
    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            ours = open_socket(listener.getsockname(), timeout)
            theirs, _ = listener.accept()
        reset(theirs)
        theirs.close()
        return ours

    with pytest.raises(SourceUnavailable, match="closed the connection"):
        outbound_client(resolve=lambda host, port: ["8.8.8.8"], connect=connect).get("http://feeds.example/")


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/", "http://127.0.0.2/", "http://localhost/", "http://0x7f.1/", "//[::1]/"]
)
def test_a_redirect_to_a_private_address_is_refused(server: RawServer, target: str) -> None:
    server.routes = {"/": redirect(target)}
    with pytest.raises(AddressRefused):
        outbound_client(server.host).get(server.url)


@pytest.mark.parametrize(
    "target",
    ["file:///etc/passwd", "ftp://example.org/", "http://user:pw@example.org/", "http://[::1", "//[x]/"],
)
def test_a_redirect_to_something_other_than_the_web_is_refused(server: RawServer, target: str) -> None:
    server.routes = {"/": redirect(target)}
    with pytest.raises(AddressRefused):
        outbound_client(server.host).get(server.url)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_three_redirects_are_followed_and_a_fourth_is_not(server: RawServer, status: int) -> None:
    server.routes = {**{f"/{n}": redirect(f"/{n + 1}", status) for n in range(5)}, "/5": reply(b"end")}
    assert outbound_client(server.host).get(f"{server.url}/2").body == b"end"
    with pytest.raises(SourceUnavailable, match="redirects"):
        outbound_client(server.host).get(f"{server.url}/1")


def test_a_redirect_loop_ends(server: RawServer) -> None:
    server.routes = {"/": redirect("/")}
    with pytest.raises(SourceUnavailable, match="redirects"):
        outbound_client(server.host).get(server.url)
    assert len(server.requests) == 4


def test_headers_are_dropped_when_a_redirect_changes_the_host(server: RawServer, other: RawServer) -> None:
    server.routes = {"/": redirect("/here"), "/here": redirect(f"{other.url}/there")}
    other.routes = {"/there": reply(b"ok")}
    headers = {"Authorization": "Token 123", "X-Api-Key": "123", "Accept": "application/json"}
    outbound_client(server.host, other.host).get(server.url, headers=headers, etag='"1"')
    assert [request.headers.get("authorization") for request in server.requests] == ["Token 123", "Token 123"]
    assert set(other.requests[0].headers) == {"host", "user-agent", "accept", "accept-encoding"}


def test_a_post_follows_no_redirect(server: RawServer, other: RawServer) -> None:
    server.routes = {"/": redirect(f"{other.url}/there", 307)}
    got = outbound_client(server.host, other.host).post(server.url, b"secret", {"Webhook-Id": "msg_1"})
    assert (got.status, got.headers["location"]) == (307, f"{other.url}/there")
    assert other.requests == []
    assert (server.requests[0].method, server.requests[0].body) == ("POST", b"secret")
    assert server.requests[0].headers["webhook-id"] == "msg_1"


def test_no_proxy_of_the_environment_is_used(
    server: RawServer, other: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, other.url)
    server.routes = {"/": reply(b"direct")}
    assert outbound_client(server.host).get(server.url).body == b"direct"
    assert other.requests == []


def test_cookies_are_not_stored(server: RawServer) -> None:
    server.routes = {"/": reply(set_cookie="a=b; Path=/")}
    client = outbound_client(server.host)
    client.get(server.url)
    client.get(server.url)
    assert "cookie" not in server.requests[1].headers


# TLS


@pytest.fixture
def secured() -> Iterator[RawServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(FIXTURES / "tls" / "cert.pem", FIXTURES / "tls" / "key.pem")
    with serving_raw(context) as server:
        yield server


def over_tls(server: RawServer, **changes: Any) -> OutboundClient:
    """A client that trusts the test certificate and finds every name at the test server."""
    context = ssl.create_default_context(cafile=FIXTURES / "tls" / "cert.pem")
    return outbound_client(
        resolve=lambda host, port: ["8.8.8.8"],
        connect=lambda address, timeout: open_socket(("127.0.0.1", server.port), timeout),
        **{"ssl_context": context, **changes},
    )


def test_the_certificate_is_checked_against_the_name_and_not_the_address(secured: RawServer) -> None:
    secured.routes = {"/": reply(b"secured")}
    assert over_tls(secured).get("https://feeds.example/").body == b"secured"
    with pytest.raises(SourceUnavailable, match="Hostname mismatch"):
        over_tls(secured).get("https://other.example/")


def test_a_certificate_of_an_unknown_authority_is_refused(secured: RawServer) -> None:
    secured.routes = {"/": reply(b"secured")}
    with pytest.raises(SourceUnavailable, match="self-signed certificate"):
        over_tls(secured, ssl_context=None).get("https://feeds.example/")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_a_server_that_speaks_no_current_version_of_tls_is_refused() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(FIXTURES / "tls" / "cert.pem", FIXTURES / "tls" / "key.pem")
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with serving_raw(context) as old:
        old.routes = {"/": reply(b"secured")}
        with pytest.raises(SourceUnavailable, match="PROTOCOL_VERSION"):
            over_tls(old, ssl_context=None).get("https://feeds.example/")


def test_a_redirect_from_https_to_http_is_refused(secured: RawServer) -> None:
    secured.routes = {"/": redirect("http://feeds.example/")}
    with pytest.raises(AddressRefused, match="https"):
        over_tls(secured).get("https://feeds.example/")


def test_a_server_that_hangs_in_the_handshake_times_out(server: RawServer) -> None:
    """A plain server waits for the end of a header that a TLS greeting does not have."""
    with pytest.raises(TooSlow):
        over_tls(server, limits=Limits(0.4, 0.4, 0.8)).get("https://feeds.example/")


# What is stored of a response


def answer(retry_after: str) -> FetchedResponse:
    now = datetime(2025, 10, 22, 12, 0, tzinfo=UTC)
    return FetchedResponse("https://a.example/", "https://a.example/", 429, {"retry-after": retry_after}, b"", now)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", None),
        ("120", 120),
        ("0", 0),
        ("99999999999999999999", 604_800),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("²", None),
        ("Wed, 22 Oct 2025 12:01:30 GMT", 90),
        ("Wed, 22 Oct 2025 11:00:00 GMT", 0),
        ("Wed, 22 Oct 2125 11:00:00 GMT", 604_800),
        ("Wed, 99 Oct 2025 12:01:30 GMT", None),
    ],
)
def test_the_time_to_wait_is_read_in_seconds_and_bounded(text: str, seconds: float | None) -> None:
    assert answer(text).retry_after == seconds


def test_secrets_in_a_query_are_not_stored(server: RawServer) -> None:
    signed = f"{server.url}/file?X-Amz-Signature=abc&part=1&X-Amz-Security-Token=def"
    server.routes = {"/": redirect(signed), "/file": reply(b"ok")}
    got = outbound_client(server.host).get(f"{server.url}/?api_key=s3cret&q=a")
    assert got.url == f"{server.url}/?api_key=REDACTED&q=a"
    assert got.final_url == f"{server.url}/file?X-Amz-Signature=REDACTED&part=1&X-Amz-Security-Token=REDACTED"
    assert server.targets() == ["/?api_key=s3cret&q=a", "/file?X-Amz-Signature=abc&part=1&X-Amz-Security-Token=def"]


def test_an_error_names_the_host_and_not_the_path(server: RawServer) -> None:
    server.routes = {"/hook/s3cret": raw(b"")}
    with pytest.raises(SourceUnavailable) as raised:
        outbound_client(server.host).post(f"{server.url}/hook/s3cret?key=s3cret", b"")
    assert "s3cret" not in raised.value.detail
