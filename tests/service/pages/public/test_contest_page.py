"""Anybody contests something with a form; editors take it up and answer; readers see both where it belongs."""

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.service.security.test_sign_in import HTML, sign_in
from tests.support.sample_prediction import record_one

TEXT = "She said it <b>of another</b> town."


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What these tests promise has nothing to do with the kind of database."""
    return sqlite_url


@pytest.fixture
def stranger(admin: httpx.Client, base_url: str) -> Iterator[httpx.Client]:
    record_one(admin)
    with httpx.Client(base_url=base_url, headers=HTML) as client:
        yield client


@pytest.fixture
def editor(base_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base_url, headers=HTML) as client:
        sign_in(client)
        yield client


def token(page: str) -> str:
    return page.partition('name="token" value="')[2].partition('"')[0]


def send(stranger: httpx.Client, **fields: str) -> httpx.Response:
    page = stranger.get("/contest?prediction=1").text
    given = {"token": token(page), "prediction": "1", "name": "Ann Invented", "contact": "ann@example.org"}
    return stranger.post("/contest", data=given | {"text": TEXT} | fields)


def decide(editor: httpx.Client, action: str, **fields: str) -> httpx.Response:
    given = {f"{action}/{name}": value for name, value in fields.items()}
    return editor.post("/contests", data={"token": token(editor.get("/sign-out").text), "action": action} | given)


def test_the_form_is_filled_in_for_what_is_contested_and_linked_from_it(stranger: httpx.Client) -> None:
    page = stranger.get("/contest?prediction=1").text
    assert 'name="prediction" value="1"' in page
    assert "Ann Invented" in page
    for path in ("/questions/rain", "/sources/1"):
        assert 'href="/contest?prediction=1"' in stranger.get(path).text
    assert 'href="/contest?question=rain"' in stranger.get("/questions/rain").text
    assert 'href="/contest?commentator=ann-invented"' in stranger.get("/commentators/ann-invented").text
    assert 'name="question" value="rain"' in stranger.get("/contest?question=rain").text
    assert stranger.get("/contest?prediction=99").status_code == 404
    assert 'id="f-question"' in stranger.get("/contest").text


def test_each_bad_field_has_its_error_and_what_was_typed_stays(stranger: httpx.Client) -> None:
    reply = send(stranger, name="", **{"evidence/0/url": "nowhere", "evidence/1/note": "A note without an address"})
    assert reply.status_code == 422
    for field in ("name", "evidence-0-url", "evidence-1-url"):
        assert f'id="f-{field}-error"' in reply.text
    for typed in ("nowhere", "A note without an address", "ann@example.org", "She said it &lt;b&gt;"):
        assert typed in reply.text
    reply = send(stranger, prediction="", commentator="nobody", question="rain")
    assert 'id="f-commentator-error"' in reply.text
    assert 'value="nobody"' in reply.text
    reply = send(stranger, prediction="", commentator="nobody", name="")
    assert (reply.status_code, reply.text.count('class="field-error"')) == (422, 2)


def test_beyond_the_limit_the_form_comes_back_with_what_was_typed(stranger: httpx.Client) -> None:
    assert [send(stranger).status_code for _ in range(5)] == [303] * 5
    reply = send(stranger)
    assert (reply.status_code, reply.headers["Retry-After"]) == (429, "3600")
    assert "She said it" in reply.text
    assert "more than 5 contests an hour" in reply.text.lower()


def test_the_sender_follows_it_by_a_secret_link_and_withdraws_it(stranger: httpx.Client, base_url: str) -> None:
    path = send(stranger).headers["location"]
    page = stranger.get(path).text
    assert "Contest 1" in page
    assert path in page
    assert "9 Apr 2025" in page
    assert httpx.post(base_url + path, data={}).status_code == 403
    given = {"token": token(page)}
    assert stranger.post(path, data=given).status_code == 303
    page = stranger.get(path).text
    assert "You withdrew it" in page
    assert "She said it" not in page
    assert stranger.post(path, data=given).status_code == 409
    assert stranger.get(path + "x").status_code == 404


def test_it_is_public_only_from_its_taking_up_on_and_then_with_its_answer(
    stranger: httpx.Client, editor: httpx.Client
) -> None:
    path = send(stranger).headers["location"]
    assert "1 contest</a> waits" in editor.get("/due").text
    assert "ann@example.org" in editor.get("/contests").text
    assert "She said it" not in stranger.get("/questions/rain").text
    assert decide(editor, "1/take_up").status_code == 303
    for where in ("/questions/rain", "/commentators/ann-invented", path):
        page = stranger.get(where).text
        assert re.search(r"Contested on 1 Apr 2025, being checked. Taken up by <bdi>first admin</bdi>", page)
        assert "She said it &lt;b&gt;" in page
        assert ("ann@example.org" in page) == (where == path)
    reply = decide(editor, "1/reject", answer="")
    assert (reply.status_code, 'id="f-1-reject-answer-error"' in reply.text) == (422, True)
    assert decide(editor, "1/reject", answer="The column says so.").status_code == 303
    page = stranger.get("/questions/rain").text
    assert "<strong>Rejected</strong> by <bdi>first admin</bdi>" in page
    assert "The column says so." in page
    assert "No contests wait" in editor.get("/contests").text
    assert "She said it" in editor.get("/contests?state=rejected").text


def test_an_editor_upholds_it_with_the_correction_or_deletes_it(
    stranger: httpx.Client, editor: httpx.Client, admin: httpx.Client
) -> None:
    for _ in range(2):
        send(stranger)
    assert decide(editor, "1/delete", reason="spam").status_code == 303
    assert "She said it" not in editor.get("/contests?state=deleted").text
    assert decide(editor, "2/take_up").status_code == 303
    assert "Correct the record first" in editor.get("/contests").text
    body = {"reason": "Of another town."}
    assert admin.post("/api/predictions/1/withdrawal", json=body).status_code == 201
    number = admin.get("/api/corrections").json()["items"][0]["id"]
    assert f'<option value="{number}"' in editor.get("/contests").text
    assert decide(editor, "2/uphold", answer="Withdrawn.", correction=str(number)).status_code == 303
    assert f'href="/corrections?before={number + 1}#c{number}"' in stranger.get("/questions/rain").text
    assert decide(editor, "3/take_up").status_code == 404
    assert decide(editor, "2/nothing").status_code == 422


def test_only_who_may_resolve_sees_the_contests_page(
    stranger: httpx.Client, admin: httpx.Client, base_url: str
) -> None:
    assert stranger.get("/contests").headers["location"].startswith("/sign-in")
    key = admin.post("/api/keys", json={"name": "recorder", "scopes": ["predict"]}).json()["key"]
    headers = HTML | {"Authorization": f"Bearer {key}"}
    assert httpx.get(f"{base_url}/contests", headers=headers).status_code == 403
