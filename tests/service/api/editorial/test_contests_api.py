"""Contests over the API: sent without a key, confidential until taken up, answered by name."""

from typing import Any

import httpx
import pytest

from tests.support.sample_prediction import record_one

TEXT = "She said it of another town."
CONTEST = {"prediction": 1, "name": "Ann Invented", "contact": "ann@example.org", "text": TEXT}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What these tests promise has nothing to do with the kind of database."""
    return sqlite_url


def sent(base_url: str, **changes: Any) -> dict[str, Any]:
    reply = httpx.post(f"{base_url}/api/contests", json=CONTEST | changes)
    assert reply.status_code == 201, reply.text
    return reply.json()


def test_a_stranger_gets_a_number_and_a_link_and_nobody_else_sees_the_contest(
    admin: httpx.Client, base_url: str
) -> None:
    record_one(admin)
    contest = sent(base_url)
    assert (contest["id"], contest["state"], contest["due_at"]) == (1, "received", "2025-04-09T00:00:00Z")
    token = contest["link"].rpartition("/")[2]
    own = httpx.get(f"{base_url}/api/contests/own/{token}")
    assert (own.status_code, own.json()["text"], own.json()["contact"]) == (200, TEXT, "ann@example.org")
    assert httpx.get(f"{base_url}/api/contests/own/{token}x").status_code == 404
    assert httpx.get(f"{base_url}/api/contests").json()["items"] == []
    assert httpx.get(f"{base_url}/api/contests?state=received").json()["items"] == []
    assert httpx.get(f"{base_url}/api/contests/1").json()["detail"] == httpx.get(f"{base_url}/api/contests/2").json()[
        "detail"
    ].replace("2", "1")
    ledger = httpx.get(f"{base_url}/api/ledger").text
    assert "contest.received" in ledger
    assert TEXT not in ledger + admin.get("/api/ledger").text
    (seen,) = admin.get("/api/contests?state=received").json()["items"]
    assert (seen["contact"], seen["commentator"]["slug"]) == ("ann@example.org", "ann-invented")


def test_an_editor_takes_it_up_and_answers_and_the_answer_is_public_with_names(
    admin: httpx.Client, base_url: str
) -> None:
    record_one(admin)
    sent(base_url)
    assert admin.post("/api/contests/1/take-up").json()["taken_up_by"] == "first admin"
    shown = httpx.get(f"{base_url}/api/contests/1").json()
    assert (shown["text"], "contact" in shown) == (TEXT, False)
    missing = admin.post("/api/contests/1/answer", json={"decision": "upheld", "answer": "Right."})
    assert (missing.status_code, "correct the record first" in missing.json()["detail"]) == (422, True)
    correction = {"made_at": "2025-03-01", "probability": 0.3, "reason": "A number."}
    assert admin.post("/api/predictions/1/corrections", json=correction).status_code == 201
    number = admin.get("/api/corrections").json()["items"][0]["id"]
    answer = {"decision": "upheld", "answer": "Right.", "correction": number}
    repeated = [
        admin.post("/api/contests/1/answer", json=answer, headers={"Idempotency-Key": "once"}).json() for _ in range(2)
    ]
    assert repeated[0] == repeated[1]
    (item,) = httpx.get(f"{base_url}/api/contests?state=upheld").json()["items"]
    assert (item["decided_by"], item["answer"], item["correction"]) == ("first admin", "Right.", number)
    assert admin.post("/api/contests/1/answer", json=answer).status_code == 409


def test_it_can_be_withdrawn_by_its_link_and_deleted_by_an_editor_until_it_is_taken_up(
    admin: httpx.Client, base_url: str
) -> None:
    record_one(admin)
    own = base_url + "/api/contests/own/" + sent(base_url)["link"].rpartition("/")[2]
    assert httpx.delete(own).json()["state"] == "withdrawn"
    assert (httpx.get(own).json()["text"], httpx.delete(own).status_code) == ("", 409)
    sent(base_url)
    deleted = admin.post("/api/contests/2/deletion", json={"reason": "spam"}).json()
    assert (deleted["state"], deleted["text"], deleted["contact"]) == ("deleted", "", "")
    assert httpx.get(f"{base_url}/api/contests/2").status_code == 404
    assert admin.post("/api/contests/2/take-up").status_code == 409


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"prediction": 99}, "/prediction"),
        ({"name": ""}, "/name"),
        ({"text": "x" * 4001}, "/text"),
        ({"evidence": [{"url": "ftp://example.org"}]}, "/evidence/0/url"),
        ({"evidence": [{"url": "https://example.org", "note": "x" * 501}]}, "/evidence/0/note"),
        ({"state": "taken_up"}, "/state"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_received(
    admin: httpx.Client, base_url: str, changes: dict[str, Any], pointer: str
) -> None:
    record_one(admin)
    reply = httpx.post(f"{base_url}/api/contests", json=CONTEST | changes)
    assert (reply.status_code, [each["pointer"] for each in reply.json()["errors"]]) == (422, [pointer])
    assert admin.get("/api/contests").json()["items"] == []


def test_the_document_says_that_no_key_is_needed(base_url: str) -> None:
    paths = httpx.get(f"{base_url}/openapi.json").json()["paths"]
    assert {} in paths["/api/contests"]["post"]["security"]
    assert {} not in paths["/api/contests/{number}/take-up"]["post"]["security"]


def test_a_stranger_sends_neither_a_large_body_nor_an_idempotency_key(base_url: str) -> None:
    assert httpx.post(f"{base_url}/api/contests", json={"text": "x" * 70_000}).status_code == 413
    reply = httpx.post(f"{base_url}/api/contests", json=CONTEST, headers={"Idempotency-Key": "a"})
    assert (reply.status_code, "contains a secret" in reply.text) == (422, True)
