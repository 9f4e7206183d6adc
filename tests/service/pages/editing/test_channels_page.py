"""The channel pages: add, test, change and subscribe a channel; the log with every attempt, and resending."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from service.db.engine import bookkeeping_transaction
from service.scheduling.scheduler import run_once
from service.security.api_keys import NewKey, create_key
from service.settings import Settings
from tests.conftest import ADMIN_KEY
from tests.service.security.test_sign_in import HTML, sign_in, token_on
from tests.support.fake_clock import START, FakeClock
from tests.support.http_source_server import RawServer, reply, serving_raw

QUESTION = {"text": "Will it rain?", "resolution_criteria": "c", "deadline": "2025-02-01", "deadline_basis": "stated"}
DESK = {"name": "desk", "kind": "webhook"}
Send = Callable[..., httpx.Response]


@pytest.fixture
def receiver() -> Iterator[RawServer]:
    with serving_raw() as server:
        server.routes["/hook"] = reply(b"thanks")
        server.routes["/gone"] = reply(b"nothing here", status=404)
        yield server


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here depends on the database."""
    return sqlite_url


@pytest.fixture
def settings(database_url: str, tmp_path: Path, receiver: RawServer) -> Settings:
    return Settings(
        _env_file=None,
        database_url=database_url,
        state_dir=tmp_path,
        secret_key="the secret of the tests",
        admin_key=ADMIN_KEY,
        allowed_hosts=(receiver.host,),
    )


@pytest.fixture
def editor(base_url: str) -> Iterator[httpx.Client]:
    """A browser in which an admin has signed in."""
    with httpx.Client(base_url=base_url, headers=HTML) as client:
        sign_in(client)
        yield client


@pytest.fixture
def send(editor: httpx.Client) -> Send:
    """Sends a form of a page, as the page gives it."""

    def send(path: str, **fields: str) -> httpx.Response:
        return editor.post(path, data={"token": token_on(editor.get(path)), **fields})

    return send


def come_due(admin: httpx.Client, engine: Engine, settings: Settings, clock: FakeClock, slug: str = "rain") -> None:
    assert admin.post("/api/questions", json=QUESTION | {"slug": slug, "topics": ["weather"]}).status_code == 201
    run_once(engine, settings, clock)


def test_a_channel_is_added_and_tested_and_its_secret_shown_once(
    send: Send, editor: httpx.Client, receiver: RawServer
) -> None:
    made = send("/channels", **DESK, target=f"{receiver.url}/hook")
    assert made.status_code == 200
    assert re.search(r"whsec_[\w+/=]{32,}", made.text)
    assert "whsec_" not in editor.get("/channels/1").text + editor.get("/channels").text
    tried = send("/channels/1", action="test")
    assert "Test message: delivered" in tried.text
    assert "status 200" in tried.text
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"target": "nonsense"}, "target", "neither http nor https"),
        ({"target": ""}, "target", "required"),
        ({"kind": "email", "target": "nobody"}, "target", "mail address"),
        ({"kind": "chat", "target": "nosuchservice://room"}, "target", "not the address of a chat service"),
        ({"topics": "fine, Not Fine"}, "topics", "slug"),
        ({"zone": "Nowhere/Land"}, "zone", "zone"),
        ({"quiet_from": "22:00"}, "", "together"),
        ({"quiet_from": "late", "quiet_to": "07:00"}, "quiet_from", ""),
        ({"name": ""}, "name", "required"),
    ],
)
def test_errors_are_shown_at_their_fields_and_nothing_typed_is_lost(
    send: Send, editor: httpx.Client, fields: dict[str, str], field: str, message: str
) -> None:
    answer = send("/channels", **{**DESK, "target": "https://example.org/hook", "person": "Ann", **fields})
    assert answer.status_code == 422
    assert message in unescape(answer.text)
    assert f'id="f-{field}-error"' in answer.text or not field
    assert 'value="Ann"' in answer.text
    assert "No channels" in editor.get("/channels").text


def test_a_name_in_use_is_refused(send: Send) -> None:
    for status in (200, 409):
        assert send("/channels", **DESK, target="https://example.org/hook").status_code == status


def test_what_a_channel_receives_is_changed_and_reset(send: Send, admin: httpx.Client) -> None:
    send("/channels", **DESK, target="https://example.org/hook")
    hours = {"quiet_from": "22:00", "quiet_to": "07:00", "zone": "Europe/Berlin"}
    changed = send("/channels/1", action="change", topics="war, peace", escalations_only="yes", **hours)
    assert changed.headers["location"] == "/channels/1?done=change"
    [channel] = admin.get("/api/channels").json()["items"]
    assert channel.items() >= (hours | {"topics": ["peace", "war"], "escalations_only": True}).items()
    assert send("/channels/1", action="change", quiet_from="22:00").status_code == 422
    send("/channels/1", action="change")
    [channel] = admin.get("/api/channels").json()["items"]
    assert (channel["topics"], channel["quiet_from"], channel["zone"]) == ([], None, "UTC")
    assert channel["escalations_only"] is False


def test_the_log_shows_every_attempt_and_a_dead_letter_is_sent_again(
    send: Send,
    editor: httpx.Client,
    admin: httpx.Client,
    receiver: RawServer,
    engine: Engine,
    settings: Settings,
    clock: FakeClock,
) -> None:
    send("/channels", **DESK, target=f"{receiver.url}/gone")
    come_due(admin, engine, settings, clock)
    log = editor.get("/channels/1?state=dead").text
    assert "Answered 404" in log
    assert "1 attempt" in log
    assert "Will it rain?" in log
    assert "Will it rain?" not in editor.get("/channels/1?state=delivered").text
    receiver.routes["/gone"] = reply(b"here again")
    assert send("/channels/1", action="resend", delivery="1").headers["location"] == "/channels/1?done=resend"
    run_once(engine, settings, clock)
    assert "2 attempts" in editor.get("/channels/1?state=delivered").text
    assert send("/channels/1", action="resend", delivery="99").status_code == 404


def test_a_long_log_is_paged_from_the_newest(
    send: Send,
    editor: httpx.Client,
    admin: httpx.Client,
    receiver: RawServer,
    engine: Engine,
    settings: Settings,
    clock: FakeClock,
) -> None:
    send("/channels", **DESK, target=f"{receiver.url}/hook")
    for number in range(60):
        body = QUESTION | {"slug": f"q-{number}", "text": f"Question {number}."}
        assert admin.post("/api/questions", json=body).status_code == 201
    run_once(engine, settings, clock)
    first = editor.get("/channels/1").text
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    second = editor.get(unescape(older[1])).text
    found = [re.findall(r">Question (\d+)\.<", page) for page in (first, second)]
    assert [len(page) for page in found] == [50, 10]
    assert len({*found[0], *found[1]}) == 60


def test_a_disabled_channel_says_why_and_gets_messages_again(send: Send, editor: httpx.Client) -> None:
    send("/channels", **DESK, target="https://example.org/hook")
    send("/channels/1", action="disable", reason="moved away")
    assert "moved away" in editor.get("/channels").text
    send("/channels/1", action="enable")
    assert "moved away" not in editor.get("/channels").text


def test_a_channel_is_subscribed_to_a_question_or_topic_and_unsubscribed(
    send: Send, editor: httpx.Client, admin: httpx.Client, engine: Engine, settings: Settings, clock: FakeClock
) -> None:
    come_due(admin, engine, settings, clock)
    send("/channels", **DESK, target="https://example.org/hook", person="Ann")
    unknown = send("/channels/1", action="subscribe", **{"subscription/question": "nobody"})
    assert (unknown.status_code, 'id="f-subscription-question-error"' in unknown.text) == (422, True)
    send("/channels/1", action="subscribe", **{"subscription/question": "rain"})
    send("/channels/1", action="subscribe", **{"subscription/topic": "weather"})
    assert len(admin.get("/api/subscriptions").json()["items"]) == 2
    assert "Unsubscribe" in editor.get("/channels/1").text
    send("/channels/1", action="unsubscribe", **{"subscription/question": "rain"})
    send("/channels/1", action="unsubscribe", **{"subscription/topic": "weather"})
    assert admin.get("/api/subscriptions").json()["items"] == []


def test_an_editor_sees_and_subscribes_their_own_channels_only(
    send: Send, base_url: str, engine: Engine, settings: Settings, admin: httpx.Client
) -> None:
    for name, person in (("of Ann", "Ann"), ("of all", "")):
        send("/channels", name=name, kind="webhook", target="https://example.org/hook", person=person)
    with bookkeeping_transaction(engine) as session:
        _, key = create_key(session, NewKey("Ann", ["read"]), secret=settings.secret(), now=START, actor="test")
    with httpx.Client(base_url=base_url, headers=HTML) as ann:
        assert ann.get("/channels").headers["location"].startswith("/sign-in")
        sign_in(ann, key)
        page = ann.get("/channels")
        assert ("of Ann" in page.text, "of all" in page.text, "Add a channel" in page.text) == (True, False, False)
        assert ann.get("/channels/2").status_code == 403
        token = token_on(ann.get("/channels/1"))

        def submit(number: int, **fields: str) -> int:
            return ann.post(f"/channels/{number}", data={"token": token, **fields}).status_code

        assert submit(1, action="subscribe", **{"subscription/topic": "weather"}) == 303
        assert submit(2, action="subscribe", **{"subscription/topic": "weather"}) == 403
        for forbidden in ("test", "change", "disable", "resend"):
            assert submit(1, action=forbidden) == 403
        assert ann.post("/channels", data={"token": token, **DESK, "target": "https://example.org/"}).status_code == 403
    assert len(admin.get("/api/subscriptions").json()["items"]) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "resend", "delivery": "9" * 18},
        {"action": "resend", "delivery": "9" * 5000},
        {"action": "resend", "delivery": "-1"},
        {"action": "disable", "reason": "x" * 5000},
        {"action": "disable", "reason": "a\0b"},
        {"action": "subscribe", "subscription/topic": "a\0b"},
        {"action": "subscribe", "subscription/question": "x" * 5000},
        {"action": "subscribe"},
        {"action": "change", "person": "a\0b"},
        {"action": "change", "topics": "," * 5000},
    ],
)
def test_no_form_however_filled_in_is_an_internal_error(send: Send, fields: dict[str, str]) -> None:
    send("/channels", **DESK, target="https://example.org/hook")
    assert send("/channels/1", **fields).status_code in (303, 404, 409, 422)
