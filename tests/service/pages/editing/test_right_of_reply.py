"""The right of reply: a commentator's statement is shown with the record, with its date and address, complete."""

from collections.abc import Iterator
from html import unescape

import httpx
import pytest

from tests.service.security.test_sign_in import HTML, sign_in, token_on
from tests.support.sample_prediction import record_one

PAGE = "/commentators/ann-invented"
STATEMENT = {"statement": "I was quoted <b>out of context</b>.", "statement_on": "2025-03-02"}
PUBLISHED = STATEMENT | {"statement_url": "https://example.org/reply"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What these tests promise has nothing to do with the kind of database."""
    return sqlite_url


@pytest.fixture
def editor(base_url: str, admin: httpx.Client) -> Iterator[httpx.Client]:
    """A signed-in browser, and a commentator on record."""
    record_one(admin)
    with httpx.Client(base_url=base_url, headers=HTML) as client:
        sign_in(client)
        yield client


def send(editor: httpx.Client, **fields: str) -> httpx.Response:
    unchanged = {"name": "Ann Invented", "kind": "person"}
    return editor.post(
        f"{PAGE}/correct", data={"token": token_on(editor.get(f"{PAGE}/correct")), **unchanged, **fields}
    )


def patch(admin: httpx.Client, **changes: str) -> httpx.Response:
    return admin.patch("/api/commentators/ann-invented", json=changes)


def test_a_statement_entered_by_an_editor_is_shown_with_its_date_and_address(
    editor: httpx.Client, admin: httpx.Client
) -> None:
    assert send(editor, **PUBLISHED).headers["location"] == PAGE
    text = admin.get(PAGE).text
    assert "I was quoted &lt;b&gt;out of context&lt;/b&gt;." in text
    assert "2 Mar 2025, published at" in text
    assert 'href="https://example.org/reply"' in text
    assert "Edit profile or statement" in editor.get(PAGE).text
    assert "Edit profile or statement" not in text


def test_a_later_statement_replaces_the_earlier_which_stays_visible(editor: httpx.Client, admin: httpx.Client) -> None:
    assert patch(admin, **PUBLISHED).status_code == 200
    assert send(editor, statement="I stand by it.", statement_on="2025-03-05").status_code == 303
    found = admin.get("/api/commentators/ann-invented").json()
    assert (found["statement"], found["statement_on"], found["statement_url"]) == ("I stand by it.", "2025-03-05", None)
    text = admin.get(PAGE).text
    assert "received by the editors" in text
    assert "1 earlier statement" in text
    assert "out of context" in text
    send(editor, statement="")
    text = admin.get(PAGE).text
    assert "The statement was withdrawn." in text
    assert "2 earlier statements" in text


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"statement": "Said on no day."}, "statement_on"),
        ({"statement_on": "2025-03-02"}, "statement"),
        ({"statement": "x", "statement_on": "yesterday"}, "statement_on"),
        ({"statement": "x", "statement_on": "2025-03-02", "statement_url": "javascript:alert(1)"}, "statement_url"),
        ({"name": ""}, "name"),
        ({"kind": "ghost"}, "kind"),
    ],
)
def test_an_error_is_shown_at_its_field_on_the_page_and_in_the_api(
    editor: httpx.Client, admin: httpx.Client, fields: dict[str, str], where: str
) -> None:
    answer = send(editor, description="A columnist.", **fields)
    assert (answer.status_code, f'id="f-{where}-error"' in answer.text) == (422, True)
    assert "A columnist." in answer.text
    refused = patch(admin, **fields)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, f"/{where}")
    assert admin.get("/api/commentators/ann-invented").json()["statement"] == ""


def test_a_corrected_name_shows_among_the_corrections(editor: httpx.Client, admin: httpx.Client) -> None:
    send(editor, name="Ann Imagined")
    text = unescape(admin.get(PAGE).text)
    assert "Name of the commentator: “<bdi>Ann Invented</bdi>” became “<bdi>Ann Imagined</bdi>”" in text


def test_what_stays_the_same_is_no_change(editor: httpx.Client, admin: httpx.Client) -> None:
    head = admin.get("/api/ledger").json()
    assert send(editor).status_code == 303
    assert admin.get("/api/ledger").json() == head
