"""A source is corrected, gets the address of an archived copy, and is confirmed by a person, all of it in public."""

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.service.security.test_sign_in import HTML, sign_in
from tests.support.sample_prediction import record_one

COPY = "https://archive.example.org/2025/column"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What these tests promise has nothing to do with the kind of database."""
    return sqlite_url


@pytest.fixture
def editor(admin: httpx.Client, base_url: str) -> Iterator[httpx.Client]:
    record_one(admin)
    with httpx.Client(base_url=base_url, headers=HTML) as client:
        sign_in(client)
        yield client


def send(editor: httpx.Client, **fields: str) -> httpx.Response:
    page = editor.get("/sources/1/correct").text
    token = page.partition('name="token" value="')[2].partition('"')[0]
    now = {"title": "A column", "outlet": "The Gazette", "published_on": "", "archive_url": ""}
    return editor.post("/sources/1/correct", data={"token": token, "action": "correct"} | now | fields)


def last_event(admin: httpx.Client) -> tuple[str, dict[str, object]]:
    event = admin.get("/api/ledger", params={"limit": 1000}).json()["items"][-1]
    return event["action"], json.loads(event["body"])


def test_an_archived_copy_is_named_shown_and_removed(editor: httpx.Client, admin: httpx.Client) -> None:
    assert send(editor, archive_url=COPY, reason="The page is gone.").status_code == 303
    expected = {"before": {"archive_url": None}, "after": {"archive_url": COPY}, "reason": "The page is gone."}
    assert last_event(admin) == ("source.changed", expected)
    for path in ("/sources/1", "/questions/rain"):
        assert f'href="{COPY}"' in httpx.get(f"{admin.base_url}{path}").text
    assert admin.get("/api/predictions/1").json()["source"]["archive_url"] == COPY
    assert "The page is gone." in editor.get("/corrections").text
    reply = send(editor, archive_url="javascript:alert(1)")
    assert (reply.status_code, 'id="f-archive_url-error"' in reply.text) == (422, True)
    assert "javascript:alert(1)" in reply.text
    assert send(editor).status_code == 303
    assert admin.get("/api/sources/1").json()["archive_url"] is None
    assert send(editor, archive_url=COPY, title="").status_code == 303
    assert (admin.get("/api/sources/1").json()["title"], last_event(admin)[0]) == ("", "source.changed")


def test_a_person_confirms_a_source_by_name_and_retracts_it(editor: httpx.Client, admin: httpx.Client) -> None:
    assert send(editor, action="confirm").status_code == 303
    assert last_event(admin) == (
        "source.confirmed",
        {
            "before": {"confirmed_at": None, "confirmed_by": None},
            "after": {"confirmed_at": "2025-04-01T12:00:00+00:00", "confirmed_by": "first admin"},
        },
    )
    shown = httpx.get(f"{admin.base_url}/sources/1").text
    assert "<bdi>first admin</bdi> checked on 1 Apr 2025" in shown
    assert "source confirmed" in httpx.get(f"{admin.base_url}/questions/rain").text
    assert send(editor, action="confirm").status_code == 409
    assert admin.post("/api/sources/1/confirmation").status_code == 409
    assert admin.delete("/api/sources/1/confirmation").json()["confirmed_by"] is None
    assert last_event(admin)[0] == "source.confirmation_retracted"
    assert admin.post("/api/sources/1/confirmation").json()["confirmed_by"] == "first admin"


def test_a_new_source_names_its_copy_checked_like_any_address(editor: httpx.Client, admin: httpx.Client) -> None:
    body = {"url": "https://example.org/new", "archive_url": COPY}
    assert admin.post("/api/sources", json=body).json()["archive_url"] == COPY
    wrong = admin.post("/api/sources", json=body | {"archive_url": "https://user:secret@example.org/"})
    assert [each["pointer"] for each in wrong.json()["errors"]] == ["/archive_url"]
