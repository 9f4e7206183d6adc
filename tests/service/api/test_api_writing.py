"""Writing over HTTP: once per Idempotency-Key, batches all or nothing, only with a key of the right scope."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.app import create_app
from service.settings import Settings
from tests.conftest import ADMIN_KEY, serving
from tests.support.fake_clock import FakeClock
from tests.support.sample_prediction import EVIDENCE, PREDICTION, QUESTION, record_one, resolve

pytestmark = pytest.mark.both

URL = "/api/predictions"
OUTCOME = {"outcome": "yes", "known_at": "2025-03-20T12:00:00Z", "evidence": EVIDENCE}


def count(client: httpx.Client) -> int:
    return len(client.get(URL, params={"limit": 1000}).json()["items"])


def test_two_hundred_requests_with_one_key_at_once_have_one_effect(admin: httpx.Client) -> None:
    def send(_: int) -> tuple[int, str]:
        reply = admin.post(URL, json=PREDICTION, headers={"Idempotency-Key": "race"})
        return reply.status_code, reply.text

    with ThreadPoolExecutor(32) as pool:
        replies = set(pool.map(send, range(200)))
    assert [status for status, _ in replies] == [201]
    assert count(admin) == 1


def test_a_key_sent_with_another_request_is_refused(admin: httpx.Client) -> None:
    key = {"Idempotency-Key": "mine"}
    assert admin.post(URL, json=PREDICTION, headers=key).status_code == 201
    other = admin.post(URL, json=PREDICTION | {"note": "other"}, headers=key)
    elsewhere = admin.post("/api/sources", json={"url": "https://example.org/"}, headers=key)
    for reply in (other, elsewhere):
        assert reply.status_code == 422
        assert reply.json()["errors"][0]["pointer"] == "/header/Idempotency-Key"
    assert count(admin) == 1


def test_a_refused_request_does_not_use_its_key_up(admin: httpx.Client) -> None:
    key = {"Idempotency-Key": "mine"}
    assert admin.post(URL, json=PREDICTION | {"made_at": "2025-05-30"}, headers=key).status_code == 422
    assert admin.post(URL, json=PREDICTION, headers=key).status_code == 201


@pytest.mark.parametrize("key", ["two words", "k" * 255, "!~"])
def test_an_idempotency_key_is_any_printable_ascii(admin: httpx.Client, key: str) -> None:
    for replayed in (None, "true"):
        reply = admin.post(URL, json=PREDICTION, headers={"Idempotency-Key": key})
        assert (reply.status_code, reply.headers.get("Idempotency-Replayed")) == (201, replayed)


@pytest.mark.parametrize("key", ["", "k" * 256, "caf\u00e9".encode(), "a\tb"])
def test_an_invalid_idempotency_key_is_refused(admin: httpx.Client, key: str) -> None:
    assert admin.post(URL, json=PREDICTION, headers={"Idempotency-Key": key}).status_code == 422


def lines(*items: Any) -> bytes:
    return b"\n".join(item if isinstance(item, bytes) else json.dumps(item).encode() for item in items)


BAD = [b"{", PREDICTION | {"probability": 0.4}, PREDICTION | {"made_at": "2025-05-30"}, b"[" * 100_000]


def test_a_batch_is_recorded_as_a_whole(admin: httpx.Client) -> None:
    people = [PREDICTION | {"commentator": {"name": f"P{number}"}} for number in range(50)]
    reply = admin.post(f"{URL}/batch", content=lines(*people))
    assert reply.status_code == 201
    assert reply.json() == {"recorded": 50, "ids": list(range(1, 51)), "refused": []}
    assert count(admin) == 50


@pytest.mark.parametrize("bad", BAD, ids=["syntax", "two forms", "in the future", "brackets"])
def test_a_batch_with_one_invalid_line_records_nothing_and_names_the_line(admin: httpx.Client, bad: Any) -> None:
    reply = admin.post(f"{URL}/batch", content=lines(PREDICTION, bad, PREDICTION))
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["pointer"].startswith("/1")
    assert count(admin) == 0
    assert [event["action"] for event in admin.get("/api/ledger").json()["items"]][1:] == ["key.created"]


def test_a_partial_batch_records_the_valid_lines_and_explains_the_others(admin: httpx.Client) -> None:
    reply = admin.post(f"{URL}/batch?partial=true", content=lines(PREDICTION, *BAD, b"", PREDICTION))
    assert reply.status_code == 201
    assert reply.json()["recorded"] == count(admin) == 2
    assert [refusal["line"] for refusal in reply.json()["refused"]] == [2, 3, 4, 5]
    assert all(refusal["errors"] for refusal in reply.json()["refused"])


def test_an_empty_batch_is_refused(admin: httpx.Client) -> None:
    assert admin.post(f"{URL}/batch", content=b"\n\n").status_code == 422


def make_key(admin: httpx.Client, *scopes: str) -> dict[str, str]:
    reply = admin.post("/api/keys", json={"name": f"with {scopes}", "scopes": scopes})
    assert reply.status_code == 201, reply.text
    return {"Authorization": f"Bearer {reply.json()['key']}"}


WRITES: list[tuple[str, str, str, Any]] = [
    ("predict", "POST", URL, PREDICTION),
    ("predict", "POST", f"{URL}/batch", PREDICTION),
    ("predict", "POST", "/api/questions", QUESTION),
    ("predict", "POST", "/api/commentators", {"name": "Bob"}),
    ("predict", "POST", "/api/sources", {"url": "https://example.org/"}),
    ("predict", "POST", f"{URL}/1/withdrawal", {"reason": "r"}),
    ("resolve", "POST", "/api/questions/rain/resolutions", OUTCOME),
    ("resolve", "POST", "/api/questions/rain/resolutions/taken-back", {"reason": "r"}),
    ("resolve", "POST", "/api/questions/rain/postponements", {"deadline": "2025-05-01", "reason": "r"}),
    ("resolve", "PATCH", "/api/questions/rain", {"text": "Will it rain?", "reason": "r"}),
    ("resolve", "PATCH", "/api/commentators/ann-invented", {"name": "Ann"}),
    ("resolve", "PATCH", "/api/sources/1", {"title": "t"}),
    ("admin", "POST", "/api/keys", {"name": "more", "scopes": ["read"]}),
    ("admin", "POST", "/api/keys/first%20admin/revocation", None),
]


def test_each_write_needs_its_scope_and_no_more(admin: httpx.Client, base_url: str) -> None:
    record_one(admin)
    keys = {scope: make_key(admin, scope) for scope in ("read", "predict", "resolve", "admin")}
    with httpx.Client(base_url=base_url) as client:
        for scope, method, path, body in WRITES:
            without = client.request(method, path, json=body)
            assert (path, without.status_code) == (path, 401)
            assert without.headers["www-authenticate"] == "Bearer"
            for other in {"read", "predict", "resolve"} - {scope}:
                refused = client.request(method, path, json=body, headers=keys[other])
                assert (path, other, refused.status_code) == (path, other, 403)
                assert scope in refused.json()["detail"]
            granted = client.request(method, path, json=body, headers=keys[scope])
            assert granted.status_code in (200, 201), (path, granted.text)


def test_a_revoked_key_gives_no_access(admin: httpx.Client, base_url: str) -> None:
    key = make_key(admin, "predict")
    assert httpx.post(base_url + URL, json=PREDICTION, headers=key).status_code == 201
    assert admin.post("/api/keys/with%20('predict',)/revocation").status_code == 200
    assert httpx.post(base_url + URL, json=PREDICTION, headers=key).status_code == 401
    assert httpx.get(base_url + URL, headers=key).status_code == 401


def test_a_key_is_shown_once_and_its_reply_is_never_stored(admin: httpx.Client) -> None:
    plain = make_key(admin, "read")["Authorization"].removeprefix("Bearer ")
    listed = admin.get("/api/keys").text
    assert plain not in listed
    refused = admin.post("/api/keys", json={"name": "k", "scopes": ["read"]}, headers={"Idempotency-Key": "k"})
    assert refused.status_code == 422


@pytest.mark.parametrize("value", ["Bearer nonsense", "Bearer", "Basic YTpi", ADMIN_KEY, "Bearer tr_x"])
def test_a_key_that_is_unknown_is_refused_for_reading_too(base_url: str, value: str) -> None:
    reply = httpx.get(base_url + URL, headers={"Authorization": value})
    assert reply.status_code == 401
    assert reply.headers["content-type"] == "application/problem+json"


@pytest.fixture
def closed(sqlite_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client without a key; the app has no public reading and a small limit on bodies."""
    settings = Settings(
        _env_file=None,
        database_url=sqlite_url,
        state_dir=tmp_path / "state",
        admin_key=ADMIN_KEY,
        public_read=False,
        max_body_bytes=2000,
    )
    with serving(create_app(settings, clock=FakeClock())) as url, httpx.Client(base_url=url) as client:
        yield client


def test_without_public_reading_the_scope_read_is_needed(closed: httpx.Client) -> None:
    admin = {"Authorization": f"Bearer {ADMIN_KEY}"}
    read = closed.post("/api/keys", json={"name": "reader", "scopes": ["read"]}, headers=admin).json()["key"]
    paths = [path for path, methods in closed.get("/openapi.json").json()["paths"].items() if "get" in methods]
    plain = [path for path in paths if path.startswith("/api/") and "{" not in path and path != "/api/keys"]
    assert len(plain) > 6
    for path in plain:
        assert (path, closed.get(path).status_code) == (path, 401)
        answer = closed.get(path, headers={"Authorization": f"Bearer {read}"})
        assert answer.status_code in (200, 403, 422), path
    assert closed.get("/healthz").status_code == 200


def test_a_body_beyond_the_limit_is_refused_whether_announced_or_not(closed: httpx.Client) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(5):
            yield b"x" * 1000

    for content in (b"x" * 5000, parts()):
        reply = closed.post(URL, content=content, headers={"Authorization": f"Bearer {ADMIN_KEY}"})
        assert reply.status_code == 413
        assert reply.headers["content-type"] == "application/problem+json"


def test_two_editors_at_once_do_not_overwrite_each_other(admin: httpx.Client) -> None:
    record_one(admin)

    def resolve(outcome: str) -> int:
        body = OUTCOME | {"outcome": outcome, "supersedes": "none"}
        return admin.post("/api/questions/rain/resolutions", json=body).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(resolve, ["yes", "no"] * 4)) == [201, *[409] * 7]


def test_a_revision_a_correction_and_a_withdrawal_over_http(admin: httpx.Client) -> None:
    record_one(admin)
    revised = admin.post(f"{URL}/1/revisions", json={"made_at": "2025-03-05", "probability": 0.9})
    assert (revised.status_code, revised.json()["probability"]) == (201, 0.9)
    early = admin.post(f"{URL}/1/revisions", json={"made_at": "2025-02-05", "probability": 0.9})
    assert (early.status_code, early.json()["errors"][0]["pointer"]) == (422, "/made_at")
    right = {"made_at": "2025-03-05", "probability": 0.7, "reason": "misread"}
    corrected = admin.post(f"{URL}/2/corrections", json=right)
    assert (corrected.status_code, corrected.json()["supersedes"]) == (201, 2)
    assert admin.post(f"{URL}/2/corrections", json=right).status_code == 409
    assert admin.post(f"{URL}/1/withdrawal", json={"reason": "another person"}).status_code == 201
    resolve(admin)
    assert admin.get("/api/leaderboard").json()["items"][0]["brier"] == pytest.approx(0.09, abs=1e-12)


TIMELY = {name: value for name, value in PREDICTION.items() if name != "hedge"} | {"probability": 0.25}
TOO_LATE = ["2025-03-20T23:59:59Z", "2025-03-30"]


@pytest.mark.parametrize("made_at", TOO_LATE, ids=["at the deadline", "after it"])
def test_a_prediction_made_too_late_is_kept_with_its_flag_at_every_door(admin: httpx.Client, made_at: str) -> None:
    assert admin.post(URL, json=TIMELY).status_code == 201
    stated = {"made_at": made_at, "probability": 0.9}
    kept = [
        admin.post(URL, json=TIMELY | stated),
        admin.post(f"{URL}/1/revisions", json=stated),
        admin.post(f"{URL}/2/corrections", json=stated | {"reason": "misread"}),
    ]
    assert [reply.status_code for reply in kept] == [201] * 3
    assert all("made_too_late" in reply.json()["flags"] for reply in kept)
    assert admin.post(f"{URL}/batch", content=lines(TIMELY | stated)).status_code == 201
    flags = [row["flags"] for row in admin.get(URL).json()["items"]]
    assert ["made_too_late" in each for each in flags] == [False, True, True, True, True]
    evidence = [{"url": "https://example.org/gauge"}]
    outcome = {"outcome": "yes", "known_at": "2025-03-31", "evidence": evidence}
    assert admin.post("/api/questions/1/resolutions", json=outcome).status_code == 201
    [item] = admin.get("/api/leaderboard").json()["items"]
    assert (item["resolved"], item["brier"], item["brier_latest"]) == (1, *[pytest.approx(0.5625)] * 2)
