"""Keys and the persons behind them: owners, expiry, last use, rotation, revocation, and what only admins read."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from predictions.audit.verify import verify
from service.db.engine import read_transaction, write_transaction
from service.db.models import ApiKey, Person
from service.scheduling.scheduler import run_once
from service.security.api_keys import ensure_admin_key, find_caller
from service.security.key_usage import KeyUsage
from service.settings import Settings
from tests.conftest import ADMIN_KEY
from tests.support.cli_runner import Command
from tests.support.fake_clock import START, FakeClock
from tests.support.sample_prediction import PREDICTION, QUESTION, record_one

QUESTION_LATER = QUESTION | {"deadline": "2025-12-31"}


def create(admin: httpx.Client, name: str, *scopes: str, **more: Any) -> dict[str, Any]:
    reply = admin.post("/api/keys", json={"name": name, "scopes": scopes or ["read"], **more})
    assert reply.status_code == 201, reply.text
    key: dict[str, Any] = reply.json()
    return key


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def works(base_url: str, key: str) -> bool:
    status = httpx.get(f"{base_url}/api/leaderboard", headers=bearer(key)).status_code
    assert status in (200, 401)
    return status == 200


def channel_of(admin: httpx.Client, person: str, name: str = "Ann's mail") -> int:
    body = {"name": name, "kind": "webhook", "target": "https://example.org/hook?token=deep", "person": person}
    reply = admin.post("/api/channels", json=body)
    assert reply.status_code == 201, reply.text
    return int(reply.json()["id"])


def test_two_keys_of_one_person_are_one_person(admin: httpx.Client, base_url: str) -> None:
    keys = [create(admin, name, "predict", person="Ann") for name in ("Ann's laptop", "Ann's script")]
    assert {(key["person"], key["role"], key["state"]) for key in keys} == {("Ann", "recorder", "active")}
    for number, key in enumerate(keys):
        body = PREDICTION | {"commentator": {"name": f"Cy {number}"}}
        headers = bearer(key["key"]) | {"Idempotency-Key": f"{number}"}
        reply = httpx.post(f"{base_url}/api/predictions", json=body, headers=headers)
        assert reply.json()["recorded_by"] == "Ann"
    again = httpx.post(
        f"{base_url}/api/predictions",
        json=PREDICTION | {"commentator": {"name": "Cy 0"}},
        headers=bearer(keys[1]["key"]) | {"Idempotency-Key": "0"},
    )
    assert again.headers["Idempotency-Replayed"] == "true"


def test_the_command_line_is_the_operator(trackrecord: Command) -> None:
    trackrecord("keys", "create", "Ann", "--scope", "read")
    events = [json.loads(line) for line in trackrecord("export", "--what", "ledger").out.splitlines()]
    assert {event["actor"] for event in events} == {"operator"}


def test_a_key_is_valid_until_it_expires_and_then_what_belongs_to_its_owner_stops(
    admin: httpx.Client, base_url: str, clock: FakeClock, engine: Engine, settings: Settings
) -> None:
    key = create(admin, "Ann", expires_at="2025-04-02T12:00:00Z")
    channel_of(admin, "Ann")
    clock.advance(86_399)
    run_once(engine, settings, clock)
    assert works(base_url, key["key"])
    clock.advance(1)
    assert not works(base_url, key["key"])
    run_once(engine, settings, clock)
    channel = admin.get("/api/channels").json()["items"][0]
    assert (channel["enabled"], channel["disabled_reason"]) == (False, "Ann has no valid key any more")
    event = admin.get("/api/ledger").json()["items"][-1]
    assert (event["action"], event["actor"]) == ("channel.disabled", "system")
    state = next(item for item in admin.get("/api/keys").json()["items"] if item["name"] == "Ann")
    assert (state["state"], state["expires_at"]) == ("inactive", "2025-04-02T12:00:00Z")
    refused = admin.post("/api/keys", json={"name": "Bob", "scopes": ["read"], "expires_at": "2025-04-01"})
    assert refused.json()["errors"][0]["pointer"] == "/expires_at"


def test_a_session_of_an_expired_key_reads_nothing(admin: httpx.Client, base_url: str, clock: FakeClock) -> None:
    key = create(admin, "Ann", "admin", expires_at="2025-04-01T13:00:00Z")
    with httpx.Client(base_url=base_url) as browser:
        sign_in(browser, key["key"])
        assert browser.get("/api/keys").status_code == 200
        clock.advance(3600)
        assert browser.get("/api/keys").status_code == 401


def sign_in(browser: httpx.Client, key: str) -> None:
    page = browser.get("/sign-in", headers={"accept": "text/html"}).text
    token = page.partition('name="token" value="')[2].partition('"')[0]
    assert browser.post("/sign-in", data={"token": token, "key": key}).status_code == 303


def test_a_session_ends_on_the_server_when_its_user_signs_out(admin: httpx.Client, base_url: str) -> None:
    with httpx.Client(base_url=base_url) as browser:
        sign_in(browser, ADMIN_KEY)
        copied = dict(browser.cookies)
        assert httpx.get(f"{base_url}/api/keys", cookies=copied).status_code == 200
        page = browser.get("/sign-out", headers={"accept": "text/html"}).text
        token = page.partition('name="token" value="')[2].partition('"')[0]
        assert browser.post("/sign-out", data={"token": token}).status_code == 303
        assert httpx.get(f"{base_url}/api/keys", cookies=copied).status_code == 401
        with httpx.Client(base_url=base_url, cookies=copied) as thief:
            page = thief.get("/sign-in", headers={"accept": "text/html"}).text
            assert thief.get("/api/keys").status_code == 401
        sign_in(browser, ADMIN_KEY)
        assert browser.get("/api/keys").status_code == 200
        assert httpx.get(f"{base_url}/api/keys", cookies=copied).status_code == 401


def test_the_last_use_of_a_key_is_written_a_minute_later_and_only_forwards(
    admin: httpx.Client, base_url: str, clock: FakeClock, engine: Engine
) -> None:
    key = create(admin, "Ann")
    assert key["last_used_at"] is None
    usage = KeyUsage(engine, clock)
    usage.note(key["id"])
    usage.write()
    earlier = KeyUsage(engine, FakeClock(START.replace(year=2024)))
    earlier.note(key["id"])
    earlier.write()
    shown = next(item for item in admin.get("/api/keys").json()["items"] if item["id"] == key["id"])
    assert shown["last_used_at"] == "2025-04-01T12:00:00Z"


def test_a_rotated_key_keeps_its_name_owner_and_channels_and_the_old_secret_stops_at_once(
    admin: httpx.Client, base_url: str
) -> None:
    key = create(admin, "Ann", "resolve", person="Ann Editor")
    number = channel_of(admin, "Ann Editor")
    rotated = admin.post(f"/api/keys/{key['id']}/rotation").json()
    assert {rotated[name] == key[name] for name in ("id", "name", "person", "scopes", "created_at")} == {True}
    assert rotated["key"] != key["key"]
    assert (works(base_url, key["key"]), works(base_url, rotated["key"])) == (False, True)
    assert next(each for each in admin.get("/api/channels").json()["items"] if each["id"] == number)["enabled"]
    admin.post("/api/keys/Ann/revocation")
    assert admin.post(f"/api/keys/{key['id']}/rotation").status_code == 409
    assert admin.post("/api/keys/999/rotation").status_code == 404


def test_revoking_the_last_key_of_a_person_says_and_stops_what_belongs_to_them(
    admin: httpx.Client, base_url: str, engine: Engine
) -> None:
    for name in ("one", "two"):
        create(admin, name, "resolve", person="Ann")
    channel_of(admin, "Ann")
    channel_of(admin, "Bob", "Bob's mail")
    record_one(admin, question=QUESTION_LATER)
    assert admin.post("/api/questions/rain/assignment", json={"assignee": "Ann"}).status_code == 200
    assert admin.post("/api/keys/one/revocation").json()["stopped"] is None
    revoked = admin.post("/api/keys/two/revocation").json()
    assert revoked["stopped"] == {"channels": ["Ann's mail"], "assignments": ["rain"]}
    assert (revoked["state"], admin.get("/api/questions/rain").json()["assignee"]) == ("inactive", None)
    enabled = {item["name"]: item["enabled"] for item in admin.get("/api/channels").json()["items"]}
    assert enabled == {"Ann's mail": False, "Bob's mail": True}
    assert admin.post("/api/keys/two/revocation").json()["stopped"] is None
    events = [event["action"] for event in admin.get("/api/ledger").json()["items"]]
    assert events[-4:] == ["key.revoked", "person.changed", "channel.disabled", "question.assigned"]
    with read_transaction(engine) as session:
        assert list(verify(session)) == []


def test_the_last_admin_key_is_revoked_only_with_force(admin: httpx.Client, base_url: str) -> None:
    create(admin, "short", "admin", expires_at="2025-04-01T13:00:00Z")
    assert admin.post("/api/keys/short/revocation").status_code == 200
    refused = admin.post("/api/keys/first admin/revocation")
    assert refused.status_code == 409
    assert "last admin key" in refused.json()["detail"]
    assert admin.post("/api/keys/first admin/revocation?force=true").status_code == 200
    assert admin.get("/api/keys").status_code == 401


def test_an_expired_admin_key_is_revoked_without_force(admin: httpx.Client, clock: FakeClock) -> None:
    create(admin, "short", "admin", expires_at="2025-04-01T13:00:00Z")
    clock.advance(86_400)
    assert admin.post("/api/keys/short/revocation").status_code == 200
    assert admin.post("/api/keys/first admin/revocation").status_code == 409


def test_a_key_with_a_slash_in_its_name_is_revoked(admin: httpx.Client) -> None:
    create(admin, "desk/night", person="Ann/revocation")
    assert admin.post("/api/keys/desk%2Fnight/revocation").json()["revoked_at"]


def test_no_key_acts_in_the_name_of_the_service(admin: httpx.Client, trackrecord: Command) -> None:
    for body, pointer in (({"name": "system"}, "/name"), ({"name": "Ann", "person": " system "}, "/person")):
        refused = admin.post("/api/keys", json=body | {"scopes": ["predict"]})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == pointer
    assert "must not be 'system'" in trackrecord("keys", "create", "Ann", "--scope", "read", "--person", "system").err


def test_the_command_line_rotates_and_revokes(trackrecord: Command) -> None:
    first = trackrecord("keys", "create", "Ann", "--scope", "admin", "--expires", "2099-01-01", "--person", "Ann A").out
    second = trackrecord("keys", "rotate", "Ann").out
    assert first != second
    assert "Ann A" in trackrecord("keys", "list").out
    refused = trackrecord("keys", "revoke", "Ann")
    assert (refused.code, "force" in refused.err) == (3, True)
    assert trackrecord("keys", "revoke", "Ann", "--force").code == 0
    assert [key["person"] for key in trackrecord("keys", "list", "--json").json] == ["Ann A"]
    assert trackrecord("keys", "create", "Bob", "--scope", "read", "--expires", "yesterday").code == 2


def test_only_admins_read_what_the_ledger_says_of_keys_and_channels(admin: httpx.Client, base_url: str) -> None:
    key = create(admin, "Ann")
    channel_of(admin, "Ann")
    admin.post("/api/channels/1/state", json={"enabled": False})
    admin.post(f"/api/keys/{key['id']}/rotation")
    mine = admin.get("/api/ledger").json()["items"]
    public = httpx.get(f"{base_url}/api/ledger").json()["items"]
    created = ["person.entered", "key.created"]
    actions = [*created, *created, "channel.created", "channel.disabled", "key.rotated"]
    assert [event["action"] for event in mine] == [event["action"] for event in public] == actions
    for own, other in zip(mine, public, strict=True):
        assert (other["body"], other["salt"]) == (None, None)
        assert own["body_hash"] == other["body_hash"]
        assert own["body_hash"] == hashlib.sha256(f"{own['salt']}\n{own['body']}".encode()).hexdigest()
        assert not {"deep", key["key"]} & set(own["body"].split('"'))
        assert "token=deep" not in own["body"]
    page = httpx.get(f"{base_url}/ledger").text
    assert ("Channel disabled" in page, "token=deep" in page, "hash_of" in page) == (True, False, False)


def test_a_key_of_an_operator_is_found_by_a_prefix_that_tells_nothing_of_it(engine: Engine) -> None:
    plain = "a-key-that-an-operator-has-chosen"
    secret = b"the secret of the service"
    with write_transaction(engine) as session:
        ensure_admin_key(session, plain, secret=secret, now=START)
        stored = session.exec(select(ApiKey)).one()
        assert stored.prefix not in plain
        assert not hashlib.sha256(plain.encode()).hexdigest().startswith(stored.prefix)
        assert find_caller(session, plain, secret, START) is not None
        stored.prefix = hashlib.sha256(plain.encode()).hexdigest()[:12]  # as the last version stored it
        session.flush()
        assert find_caller(session, plain, secret, START) is not None


@pytest.fixture
def persons(engine: Engine) -> Callable[[], dict[str, str]]:
    def read() -> dict[str, str]:
        with Session(engine) as session:
            return {row.name: row.role for row in session.exec(select(Person)).all()}

    return read


def test_a_person_has_the_role_of_their_first_key(admin: httpx.Client, persons: Callable[[], dict[str, str]]) -> None:
    for name, scope in (("Ann", "resolve"), ("Bob", "predict"), ("Cy", "read"), ("Di", "admin")):
        create(admin, name, scope)
    roles = {"Ann": "editor", "Bob": "recorder", "Cy": "reader", "Di": "admin"}
    assert roles.items() | {("first admin", "admin")} <= persons().items()
