"""Channels over the API and the command line: a webhook is created, tested, and receives prompts."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from service.cli import main
from service.db.engine import make_engine
from service.scheduling.scheduler import run_once
from service.settings import Settings
from tests.conftest import ADMIN_KEY
from tests.support.http_source_server import RawServer, reply, serving_raw

QUESTION = {"text": "t", "resolution_criteria": "c", "deadline": "2025-03-01", "deadline_basis": "stated"}


@pytest.fixture
def receiver() -> Iterator[RawServer]:
    with serving_raw() as server:
        server.routes["/hook"] = reply(b"thanks")
        yield server


@pytest.fixture
def settings(database_url: str, tmp_path: Path, receiver: RawServer) -> Settings:
    return Settings(
        _env_file=None,
        database_url=database_url,
        state_dir=tmp_path,
        admin_key=ADMIN_KEY,
        allowed_hosts=(receiver.host,),
    )


def entered(api: httpx.Client, receiver: RawServer) -> Any:
    reply = api.post("/api/channels", json={"name": "desk", "target": f"{receiver.url}/hook"})
    assert reply.status_code == 201, reply.text
    return reply.json()


def test_a_prompt_reaches_a_signed_webhook_and_the_log_shows_it(
    admin: httpx.Client, receiver: RawServer, settings: Settings
) -> None:
    secret = entered(admin, receiver)["secret"]
    assert "secret" not in admin.get("/api/channels").json()["items"][0]
    assert admin.post("/api/questions", json=QUESTION | {"slug": "q"}).status_code == 201
    engine = make_engine(settings.database)
    run_once(engine, settings)
    engine.dispose()
    [request] = receiver.requests
    message = Webhook(secret).verify(request.body, request.headers)
    assert message["data"]["question"]["slug"] == "q"
    [delivery] = admin.get("/api/deliveries", params={"state": "delivered"}).json()["items"]
    assert [attempt["status_code"] for attempt in delivery["attempts"]] == [200]
    again = admin.post(f"/api/deliveries/{delivery['id']}/resend")
    assert (again.status_code, again.json()["state"]) == (200, "pending")


def test_a_channel_that_its_receiver_disables_is_logged_once_and_without_its_address(
    admin: httpx.Client, receiver: RawServer, settings: Settings
) -> None:
    receiver.routes["/hook"] = reply(status=410)
    number = entered(admin, receiver)["id"]
    admin.post("/api/questions", json=QUESTION)
    engine = make_engine(settings.database)
    for _ in range(3):
        run_once(engine, settings)
    engine.dispose()
    events = admin.get("/api/ledger", params={"subject": "channel", "subject_id": number}).json()["items"]
    assert [(event["actor"], event["action"]) for event in events[1:]] == [("system", "channel.disabled")]
    assert "410" in json.loads(events[1]["body"])["disabled_reason"]
    assert receiver.url not in events[1]["body"]
    admin.post(f"/api/channels/{number}/state", json={"enabled": True})
    later = admin.get("/api/ledger", params={"subject": "channel", "subject_id": number}).json()["items"]
    assert [event["action"] for event in later[2:]] == ["channel.enabled"]


def test_a_channel_is_tested_disabled_and_enabled(admin: httpx.Client, receiver: RawServer) -> None:
    number = entered(admin, receiver)["id"]
    reply = admin.post(f"/api/channels/{number}/test")
    assert reply.json() == {"status": "delivered", "status_code": 200, "detail": ""}
    off = admin.post(f"/api/channels/{number}/state", json={"enabled": False, "reason": "moved"})
    assert (off.json()["enabled"], off.json()["disabled_reason"]) == (False, "moved")
    on = admin.post(f"/api/channels/{number}/state", json={"enabled": True})
    assert (on.json()["enabled"], on.json()["disabled_reason"]) == (True, "")


def test_a_chat_channel_is_checked_created_and_tested(admin: httpx.Client, receiver: RawServer) -> None:
    reply = admin.post("/api/channels", json={"name": "room", "kind": "chat", "target": f"json://{receiver.host}/hook"})
    assert (reply.status_code, reply.json()["target"]) == (201, "json://…")
    tested = admin.post(f"/api/channels/{reply.json()['id']}/test").json()
    assert tested["status"] == "delivered"
    assert "Channel: room" in json.loads(receiver.requests[0].body)["message"]
    wrong = admin.post("/api/channels", json={"name": "other", "kind": "chat", "target": "pigeon://roof"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/target")


def test_what_a_channel_receives_and_when_is_changed_field_by_field(admin: httpx.Client, receiver: RawServer) -> None:
    number = entered(admin, receiver)["id"]
    hours = {"zone": "Europe/Berlin", "quiet_from": "22:00", "quiet_to": "07:00", "digest_at": "08:00"}
    first = admin.patch(f"/api/channels/{number}", json=hours)
    assert first.status_code == 200, first.text
    second = admin.patch(
        f"/api/channels/{number}", json={"topics": ["weather"], "quiet_from": "23:00", "quiet_to": "06:00"}
    )
    assert second.json() == first.json() | {"topics": ["weather"], "quiet_from": "23:00", "quiet_to": "06:00"}
    wrong = admin.patch(f"/api/channels/{number}", json={"digest_at": "23:30"})
    assert (wrong.status_code, "quiet hours" in wrong.json()["detail"]) == (422, True)
    assert admin.get("/api/channels").json()["items"][0] == second.json(), "what was refused changed nothing"


def test_a_person_subscribes_their_own_channel_and_no_other(
    admin: httpx.Client, base_url: str, receiver: RawServer, settings: Settings
) -> None:
    desk = entered(admin, receiver)["id"]
    given = {"name": "ann", "target": f"{receiver.url}/ann", "person": "Ann"}
    receiver.routes["/ann"] = reply()
    own = admin.post("/api/channels", json=given).json()["id"]
    key = admin.post("/api/keys", json={"name": "Ann", "scopes": ["read"]}).json()["key"]
    for slug, topic in (("rain", "weather"), ("goal", "sport"), ("war", "peace")):
        assert admin.post("/api/questions", json=QUESTION | {"slug": slug, "topics": [topic]}).status_code == 201
    with httpx.Client(base_url=base_url, headers={"Authorization": f"Bearer {key}"}) as ann:
        assert [channel["id"] for channel in ann.get("/api/subscriptions").json()["channels"]] == [own]
        for named in ({"topic": "weather"}, {"question": {"slug": "goal"}}, {"topic": "sport"}):
            assert ann.post("/api/subscriptions", json={"channel": own} | named).status_code == 201
        assert ann.post("/api/subscriptions", json={"channel": own, "topic": "sport"}).status_code == 409
        assert ann.post("/api/subscriptions", json={"channel": desk, "topic": "sport"}).status_code == 403
        assert ann.post("/api/subscriptions", json={"channel": own}).status_code == 422
        last = ann.get("/api/subscriptions").json()["items"][-1]["id"]
        assert ann.delete(f"/api/subscriptions/{last}").status_code == 200
        assert ann.delete(f"/api/subscriptions/{last}").status_code == 404
    assert httpx.get(f"{base_url}/api/subscriptions").status_code == 401
    engine = make_engine(settings.database)
    run_once(engine, settings)
    engine.dispose()
    heard = [
        json.loads(request.body)["data"]["question"]["slug"]
        for request in receiver.requests
        if request.target == "/ann"
    ]
    assert sorted(heard) == ["goal", "rain"]


def test_only_admins_see_channels_and_deliveries(admin: httpx.Client, base_url: str) -> None:
    key = admin.post("/api/keys", json={"name": "desk", "scopes": ["resolve"]}).json()["key"]
    for path in ("/api/channels", "/api/deliveries"):
        assert httpx.get(base_url + path).status_code == 401
        assert httpx.get(base_url + path, headers={"Authorization": f"Bearer {key}"}).status_code == 403


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": "a", "target": "ftp://example.org/"}, "/target"),
        ({"name": "a", "target": "not a mailbox", "kind": "email"}, "/target"),
        ({"name": "a", "target": "https://example.org/", "secret": "short"}, "/secret"),
        ({"target": "https://example.org/"}, "/name"),
    ],
)
def test_an_invalid_channel_is_refused_at_its_field(admin: httpx.Client, body: dict[str, str], pointer: str) -> None:
    reply = admin.post("/api/channels", json=body)
    assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (422, pointer)


def test_what_is_not_there_is_not_found(admin: httpx.Client) -> None:
    assert admin.post("/api/channels/7/test").status_code == 404
    assert admin.post("/api/channels/7/state", json={"enabled": True}).status_code == 404
    assert admin.post("/api/deliveries/7/resend").status_code == 404


def test_metrics_count_the_record(admin: httpx.Client) -> None:
    admin.post("/api/questions", json=QUESTION)
    text = admin.get("/metrics").text
    assert 'trackrecord_questions{state="open"} 1.0' in text
    assert "trackrecord_ledger_head 3.0" in text  # the first are those of the key and its person
    assert float(text.partition("\ntrackrecord_lateness_seconds ")[2].split()[0]) > 86_400


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0), capsys.readouterr().out


def test_the_command_line_adds_tests_lists_enables_and_disables_channels(
    receiver: RawServer,
    sqlite_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in (("DATABASE_URL", sqlite_url), ("STATE_DIR", str(tmp_path)), ("ALLOWED_HOSTS", receiver.host)):
        monkeypatch.setenv(f"TRACKRECORD_{name}", value)
    code, printed = run(capsys, "channels", "add", "desk", f"{receiver.url}/hook", "--json")
    assert (code, json.loads(printed)["id"]) == (0, 1)
    assert run(capsys, "channels", "test", "1") == (0, "delivered (200)\n")
    receiver.routes["/hook"] = reply(b"", 404)
    assert run(capsys, "channels", "test", "1")[0] == 1
    assert run(capsys, "channels", "disable", "1", "--reason", "moved")[0] == 0
    assert "moved" in run(capsys, "channels", "list")[1]
    assert run(capsys, "channels", "enable", "1")[0] == 0
    assert run(capsys, "channels", "enable", "9")[0] == 3


def test_the_command_line_sets_hours_subscribes_and_resends(
    receiver: RawServer,
    sqlite_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in (("DATABASE_URL", sqlite_url), ("STATE_DIR", str(tmp_path)), ("ALLOWED_HOSTS", receiver.host)):
        monkeypatch.setenv(f"TRACKRECORD_{name}", value)
    receiver.routes["/hook"] = reply(status=404)
    assert run(capsys, "seed")[0] == 0
    hours = ["--person", "Ann", "--zone", "Europe/Berlin", "--quiet", "22:00-07:00", "--digest", "08:00"]
    assert run(capsys, "channels", "add", "desk", f"{receiver.url}/hook", *hours)[0] == 0
    printed = run(capsys, "channels", "list")[1]
    assert "daily at 08:00, not 22:00-07:00 (Europe/Berlin)" in printed
    assert "subscriptions" in printed
    assert run(capsys, "channels", "change", "1", "--quiet", "", "--digest", "", "--zone", "UTC")[0] == 0
    assert "at once" in run(capsys, "channels", "list")[1]
    assert run(capsys, "channels", "watch", "1", "--topic", "nowhere")[0] == 0
    assert run(capsys, "channels", "unwatch", "1", "--topic", "nowhere")[0] == 0
    assert run(capsys, "channels", "unwatch", "1", "--topic", "nowhere")[0] == 3
    assert run(capsys, "channels", "watch", "1")[0] == 2
    assert run(capsys, "channels", "watch", "1", "--question", "energy-pause-holds")[0] == 0
    assert run(capsys, "scheduler", "--once")[0] == 0
    [dead] = json.loads(run(capsys, "channels", "log", "--state", "dead", "--json")[1])
    assert [attempt["status_code"] for attempt in dead["attempts"]] == [404]
    receiver.routes["/hook"] = reply()
    assert run(capsys, "channels", "resend", "1")[0] == 0
    assert run(capsys, "scheduler", "--once")[0] == 0
    assert "delivered" in run(capsys, "channels", "log")[1]
    assert run(capsys, "channels", "resend", "99")[0] == 3
