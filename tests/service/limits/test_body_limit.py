"""Nobody is expensive before they are known: who asks is decided from the headers, before the body is read."""

import json
import socket
import time
from typing import Any

import httpx
import pytest

from predictions.errors import InvalidInput
from service.app import API
from service.limits.body_limit import BATCH_BYTES, BATCHES_AT_ONCE, MAX_BYTES_WITHOUT_KEY, _batches
from service.limits.write_route import WriteRoute
from service.strict_json import parse_json
from tests.conftest import ADMIN_KEY
from tests.support.sample_prediction import PREDICTION

URL = "/api/predictions"
READS = {"GET", "HEAD"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here depends on the database."""
    return sqlite_url


def test_every_route_of_the_api_that_writes_decides_before_it_reads() -> None:
    writing: list[Any] = [route for module in API for route in module.router.routes if route.methods - READS]
    assert len(writing) > 25
    assert {route.path for route in writing if not isinstance(route, WriteRoute)} == set()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer tr_unknown"}, 401),
        ({"Authorization": "Basic YTpi"}, 401),
        ({"Authorization": f"Bearer {ADMIN_KEY}", "Content-Type": "application/json"}, 413),
    ],
    ids=["no key", "unknown key", "no bearer", "a key"],
)
def test_a_body_that_never_comes_is_answered_from_the_headers(
    base_url: str, headers: dict[str, str], status: int
) -> None:
    host, port = base_url.removeprefix("http://").split(":")
    for path in (URL, f"{URL}/batch", "/api/questions", "/api/keys"):
        lines = [f"POST {path} HTTP/1.1", "Host: x", "Content-Length: 300000000"]
        head = "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""])
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(head.encode())
            reply = connection.recv(65_536)
        assert reply.startswith(f"HTTP/1.1 {status} ".encode()), path
        assert b"application/problem+json" in reply, path


def test_a_key_without_the_scope_is_refused_whatever_its_body_is(admin: httpx.Client) -> None:
    reader = admin.post("/api/keys", json={"name": "reader", "scopes": ["read"]}).json()["key"]
    headers = {"Authorization": f"Bearer {reader}", "Content-Type": "application/json"}
    for content in (b"", b"{", b"[" * 900_000, b" " * 2_000_000):
        assert admin.post(URL, content=content, headers=headers).status_code == 403
    unknown = admin.post(f"{URL}?colour=red", content=b"{", headers={"Content-Type": "application/json"})
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/query/colour")


def test_a_single_object_has_1_mb_and_a_batch_32(admin: httpx.Client) -> None:
    json_type = {"Content-Type": "application/json"}
    padded = json.dumps(PREDICTION).encode()
    assert admin.post(URL, content=padded.ljust(1_000_000), headers=json_type).status_code == 201
    reply = admin.post(URL, content=padded.ljust(1_000_001), headers=json_type)
    assert (reply.status_code, "1000000 bytes" in reply.json()["detail"]) == (413, True)
    lines = b"\n".join([padded.ljust(900_000)] * 3)
    assert admin.post(f"{URL}/batch", content=lines).json()["recorded"] == 3
    assert admin.post(f"{URL}/batch", content=b" " * (BATCH_BYTES + 1)).status_code == 413
    reply = admin.post(f"{URL}/batch", content=padded.ljust(1_000_001))
    assert (reply.status_code, "has more than 1000000 bytes" in reply.json()["detail"]) == (422, True)
    assert admin.post(f"{URL}/batch", content=b"\n" * 1_000_000).status_code == 422


def test_few_large_batches_are_in_work_at_a_time_and_small_ones_always(admin: httpx.Client) -> None:
    line = json.dumps(PREDICTION).encode()
    for _ in range(BATCHES_AT_ONCE):
        assert _batches.acquire(blocking=False)
    try:
        reply = admin.post(f"{URL}/batch", content=line.ljust(1_000_001))
        assert (reply.status_code, "Retry-After" in reply.headers) == (503, True)
        assert admin.post(f"{URL}/batch", content=line).status_code == 201
    finally:
        for _ in range(BATCHES_AT_ONCE):
            _batches.release()
    assert admin.post(f"{URL}/batch", content=b" " * 500_000 + b"\n" + line).status_code == 201


@pytest.mark.parametrize("path", ["/record", "/due", "/channels", "/questions/rain/resolve", "/sign-in", "/sign-out"])
def test_a_form_without_a_session_is_refused_unread(base_url: str, path: str) -> None:
    form = b"a=b&" * 200_000
    reply = httpx.post(base_url + path, content=form, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert reply.status_code == 403


def test_before_signing_in_a_form_is_small(base_url: str) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    with httpx.Client(base_url=base_url) as client:
        client.get("/sign-in")
        assert client.post("/sign-in", content=b"a" * (MAX_BYTES_WITHOUT_KEY + 1), headers=form).status_code == 413
        assert client.post("/sign-in", content=b"key=a", headers=form).status_code == 403


def test_a_name_given_twice_is_found_in_time_proportional_to_the_names() -> None:
    def seconds(names: int) -> float:
        text = json.dumps({f"name {at}": 0 for at in range(names)})[:-1] + ', "name 0": 1}'
        started = time.process_time()
        with pytest.raises(InvalidInput, match="'name 0'"):
            parse_json(text)
        return time.process_time() - started

    assert min(seconds(200_000) for _ in range(3)) < 40 * min(seconds(20_000) for _ in range(3))


def test_a_body_of_many_values_gets_a_short_answer_and_holds_nobody_up(admin: httpx.Client, base_url: str) -> None:
    for body in (
        b"[" + b"[]," * 330_000 + b"1]",
        b'{"a":' * 100_000,
        json.dumps({f"n{at}": 0 for at in range(70_000)}),
    ):
        reply = admin.post(URL, content=body, headers={"Content-Type": "application/json"})
        assert reply.status_code in (400, 422)
        assert len(reply.content) < 100_000
        assert httpx.get(f"{base_url}/healthz").elapsed.total_seconds() < 5


def test_a_client_that_leaves_in_the_middle_of_its_body_leaves_no_error_in_the_log(
    admin: httpx.Client, base_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    host, port = base_url.removeprefix("http://").split(":")
    for path, kind in ((URL, "application/json"), (f"{URL}/batch", "text/plain")):
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN_KEY}\r\nContent-Type: {kind}\r\n"
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(head.encode() + b"Content-Length: 500\r\n\r\nabc")
            time.sleep(0.1)
    time.sleep(0.2)
    assert admin.get("/healthz").status_code == 200
    assert "Exception" not in caplog.text


def test_two_idempotency_keys_are_refused(base_url: str) -> None:
    headers = [("Authorization", f"Bearer {ADMIN_KEY}"), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    reply = httpx.post(base_url + URL, json=PREDICTION, headers=headers)
    assert (reply.status_code, "more than once" in reply.json()["detail"]) == (422, True)
