"""Correcting and withdrawing on a page: the wrong entry stays visible, and fields that were not changed stay equal."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import httpx
import pytest

from tests.service.security.test_sign_in import sign_in, token_on
from tests.support.sample_prediction import record_one, resolve

PAGE = "/predictions/1/correct"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here depends on the database."""
    return sqlite_url


@pytest.fixture
def editor(base_url: str, admin: httpx.Client) -> Iterator[httpx.Client]:
    """A signed-in browser, and one prediction on record."""
    record_one(admin, made_at="2025-03-01T09:30:00Z", note="First line.\nSecond & last.")
    with httpx.Client(base_url=base_url, headers={"accept": "text/html"}) as client:
        sign_in(client)
        yield client


def shown(page: httpx.Response) -> dict[str, str]:
    """The fields of the first form on the page, as a browser would send them untouched."""
    form = page.text.partition("<main")[2].partition('<form method="post">')[2].partition("</form>")[0]
    fields = dict(re.findall(r'<input [^>]*?name="([^"]+)"[^>]*? value="([^"]*)"', form))
    for name in re.findall(r'<input type="checkbox" name="(\w+)" value="yes">', form):
        fields.pop(name, None)
    fields |= dict(re.findall(r'<textarea [^>]*name="([^"]+)"[^>]*>\n(.*?)</textarea>', form, re.DOTALL))
    fields |= dict(re.findall(r'<select [^>]*name="([^"]+)".*?<option value="([^"]*)" selected', form, re.DOTALL))
    fields |= {"made_at": "2025-03-01", "time": "09:30:00"} if 'value="09:30:00"' in form else {}
    return {name: unescape(value) for name, value in fields.items()}


def of(admin: httpx.Client, number: int) -> dict[str, Any]:
    return admin.get(f"/api/predictions/{number}").json()


def test_what_is_on_record_is_filled_in_and_sent_back_unchanged_means_the_same(
    editor: httpx.Client, admin: httpx.Client
) -> None:
    fields = shown(editor.get(PAGE)) | {"reason": "A typing error."}
    reply = editor.post(PAGE, data=fields)
    assert (reply.status_code, reply.headers["location"]) == (303, "/questions/rain#predictions"), reply.text
    before, after = of(admin, 1), of(admin, 2)
    for name in ("made_at", "hedge", "lexicon", "low", "probability", "high", "note", "source", "against"):
        assert before[name] == after[name], name
    assert (after["supersedes"], before["superseded_by"]) == (1, 2)


def test_the_recorders_own_interpretation_is_filled_in_too(editor: httpx.Client, admin: httpx.Client) -> None:
    record_one(
        admin, commentator={"name": "Bob"}, hedge="touch and go", interval={"low": 0.4, "best": 0.55, "high": 0.6}
    )
    fields = shown(editor.get("/predictions/2/correct")) | {"reason": "A typing error."}
    assert editor.post("/predictions/2/correct", data=fields).status_code == 303
    before, after = of(admin, 2), of(admin, 3)
    for name in ("hedge", "low", "probability", "high"):
        assert before[name] == after[name], name


def test_a_correction_counts_in_place_of_the_wrong_one_and_says_why(editor: httpx.Client, admin: httpx.Client) -> None:
    resolve(admin)
    fields = shown(editor.get(PAGE)) | {"hedge": "", "probability": "90"}
    assert editor.post(PAGE, data=fields).status_code == 422
    assert editor.post(PAGE, data=fields | {"reason": "It was a number."}).status_code == 303
    [line] = admin.get("/api/leaderboard").json()["items"]
    assert line["brier"] == pytest.approx(0.01)
    assert of(admin, 2)["reason"] == "It was a number."
    assert "already superseded" in editor.get(PAGE).text
    assert editor.post(PAGE, data=fields | {"reason": "again"}).status_code == 409


def test_a_withdrawn_prediction_no_longer_counts(editor: httpx.Client, admin: httpx.Client) -> None:
    fields = {"token": token_on(editor.get(PAGE)), "action": "withdraw"}
    assert editor.post(PAGE, data=fields).status_code == 422
    assert editor.post(PAGE, data=fields | {"reason": "Somebody else said it."}).status_code == 303
    assert of(admin, 1)["superseded_by"] == 2
    assert "withdrawn" in of(admin, 2)["flags"]
    assert "marks a withdrawal" in editor.get("/predictions/2/correct").text


def test_the_question_page_leads_editors_to_the_forms_and_readers_to_none(editor: httpx.Client, base_url: str) -> None:
    text = editor.get("/questions/rain").text
    for path in (PAGE, "/record?question=rain", "/questions/rain/resolve"):
        assert f'href="{path}"' in text
        assert f'href="{path}"' not in httpx.get(f"{base_url}/questions/rain").text


def test_only_those_who_may_predict_correct(editor: httpx.Client, admin: httpx.Client, base_url: str) -> None:
    assert httpx.get(base_url + PAGE).headers["location"].startswith("/sign-in?next=")
    made = admin.post("/api/keys", json={"name": "desk", "scopes": ["resolve"]}).json()
    with httpx.Client(base_url=base_url, headers={"accept": "text/html"}) as resolver:
        sign_in(resolver, made["key"])
        assert resolver.get(PAGE).status_code == 403
        assert PAGE not in resolver.get("/questions/rain").text
    fields = {"action": "withdraw", "reason": "r"}
    assert editor.post(PAGE, data=fields).status_code == 403
    assert editor.get("/predictions/99/correct").status_code == 404
