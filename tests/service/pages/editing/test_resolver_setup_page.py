"""The resolver page of a question: try, attach, change and detach, with errors at their fields."""

import json
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import httpx
import pytest

from tests.service.api.test_resolvers_api import PAGE, QUESTION, api, feed, settings, wanted
from tests.service.security.test_sign_in import HTML, sign_in, token_on
from tests.support.http_source_server import RawServer

__all__ = ["api", "feed", "settings"]
PROBE = "/questions/q/probe"
TIMES = {"lead_hours": "24", "every_minutes": "60"}
Send = Callable[..., httpx.Response]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here depends on the database."""
    return sqlite_url


def sender(browser: httpx.Client) -> Send:
    def send(action: str, config: Any = None, **fields: str) -> httpx.Response:
        given = {"resolver": "json", "config": config if isinstance(config, str) else json.dumps(config), **TIMES}
        data = {"token": token_on(browser.get(PROBE)), "action": action, **given, **fields}
        return browser.post(PROBE, data=data)

    return send


@pytest.fixture
def send(api: httpx.Client, base_url: str) -> Iterator[Send]:
    """Sends the form of a signed-in admin."""
    with httpx.Client(base_url=base_url, headers=HTML) as browser:
        sign_in(browser)
        yield sender(browser)


def test_a_resolver_is_tried_attached_changed_and_detached(send: Send, api: httpx.Client, feed: RawServer) -> None:
    config = wanted(feed)["config"]
    tried = send("try", config)
    assert "It would propose" in tried.text
    assert json.dumps(config) in unescape(tried.text), "what was typed still stands"
    assert api.get(PAGE).status_code == 404
    assert send("attach", config).status_code == 303
    attached = api.get(PAGE).json()
    assert (attached["config"]["url"], attached["lead_hours"], attached["automatic"]) == (config["url"], 24, False)
    assert send("attach", config, automatic="yes", paused="yes").status_code == 303
    changed = api.get(PAGE).json()
    assert (changed["automatic"], changed["automatic_by"], changed["paused"]) == (True, "first admin", True)
    assert send("detach").status_code == 303
    assert api.get(PAGE).status_code == 404


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"config": "{"}, "config", "is not valid json"),
        ({"config": "[1]"}, "config", "must be a json object"),
        ({"config": '{"url": NaN}'}, "config", "the setting url "),
        ({"config": '{"yes": "a", "yes": "b"}'}, "config", "duplicate key"),
        ({"config": "[" * 100_000}, "config", "is not valid json"),
        ({"config": '{"yes": "[[", "url": "file:///etc/passwd"}'}, "config", "the setting url "),
        ({"config": '{"yes": "[[", "url": "file:///etc/passwd"}'}, "config", "the setting yes "),
        ({"resolver": "nobody"}, "resolver", "choose one of"),
        ({"lead_hours": "soon"}, "lead_hours", "number"),
        ({"every_minutes": "1"}, "every_minutes", "5"),
        ({"every_minutes": "9" * 5000}, "every_minutes", "number"),
        ({"config": '{"url": "https://example.org", "yes": "\\u0000"}'}, "config", "plain text"),
    ],
)
def test_an_error_is_shown_at_its_field_and_nothing_is_attached(
    send: Send, api: httpx.Client, fields: dict[str, str], field: str, message: str
) -> None:
    config = {"url": "https://example.org/feed", "yes": "happened"}
    answer = send("attach", **{"config": config, **fields})
    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text
    assert message in unescape(answer.text).lower()
    assert api.get(PAGE).status_code == 404


def test_only_an_admin_is_offered_and_may_set_automatic_resolution(
    api: httpx.Client, base_url: str, feed: RawServer
) -> None:
    key = api.post("/api/keys", json={"name": "editor", "scopes": ["resolve"]}).json()["key"]
    with httpx.Client(base_url=base_url, headers=HTML) as browser:
        sign_in(browser, key)
        assert 'name="automatic"' not in browser.get(PROBE).text
        assert sender(browser)("attach", wanted(feed)["config"], automatic="yes").status_code == 403
        assert sender(browser)("attach", wanted(feed)["config"]).status_code == 303


def test_the_page_lists_the_settings_of_each_resolver(send: Send, api: httpx.Client) -> None:
    text = send("try", "{}", resolver="ofac").text
    for name in ("programs", "by_slug", "token_env", "yes_outcome"):
        assert f"<code>{name}</code>" in text


def test_a_question_with_options_is_resolved_by_a_person(send: Send, api: httpx.Client, base_url: str) -> None:
    several = QUESTION | {"slug": "several", "kind": "categorical", "options": ["a", "b", "c"]}
    assert api.post("/api/questions", json=several).status_code == 201
    with httpx.Client(base_url=base_url, headers=HTML) as browser:
        sign_in(browser)
        text = browser.get("/questions/several/probe").text
    assert "A person resolves this question" in text
    assert "<textarea" not in text
