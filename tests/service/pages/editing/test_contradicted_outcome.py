"""A contradicted outcome on the pages: in the inbox, with which of two proposals came later, decided in one step."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import Engine

from predictions.questions.proposals import Finding, propose_finding
from service.db.engine import write_transaction
from service.lookup import question_of
from tests.resolvers.prompts.test_reversal_prompts import found
from tests.service.security.test_sign_in import sign_in, token_on
from tests.support.fake_clock import START

QUESTION = {
    "slug": "rain",
    "text": "Will it rain?",
    "resolution_criteria": "By the gauge.",
    "deadline": "2025-03-20",
    "deadline_basis": "stated",
}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here depends on the database."""
    return sqlite_url


def find(engine: Engine, finding: Finding, hours: int) -> int:
    """Propose as a resolver does."""
    with write_transaction(engine) as session:
        at = START + timedelta(hours=hours)
        proposal = propose_finding(session, question_of(session, "rain"), finding, now=at, actor="resolver json")
        assert proposal is not None
        return int(proposal.id or 0)


@pytest.fixture
def editor(admin: httpx.Client, base_url: str) -> Iterator[httpx.Client]:
    assert admin.post("/api/questions", json=QUESTION).status_code == 201
    with httpx.Client(base_url=base_url, headers={"accept": "text/html"}) as client:
        sign_in(client)
        yield client


def test_of_two_contradictory_proposals_the_pages_say_which_came_later(editor: httpx.Client, engine: Engine) -> None:
    find(engine, found("yes"), 0)
    assert "In order of time" not in editor.get("/questions/rain").text
    find(engine, found("no"), 3)
    for page in ("/questions/rain", "/questions/rain/resolve", "/due"):
        text = " ".join(editor.get(page).text.split())
        assert "The proposals conflict." in text, page
        note = text.partition("In order of time: ")[2].partition(".")[0]
        assert note.index("yes<") < note.index(", then <bdi>no<"), page
    find(engine, found("yes"), 5)
    note = editor.get("/questions/rain").text.partition("In order of time: ")[2]
    assert note.index("no<") < note.index("yes<"), "seen again, and so the later one"


def test_a_contradicted_outcome_is_in_the_inbox_until_it_is_decided(
    editor: httpx.Client, admin: httpx.Client, engine: Engine
) -> None:
    first = find(engine, found("yes"), 0)
    assert admin.post(f"/api/proposals/{first}/confirm").status_code == 201
    assert 'id="contradicted"' not in editor.get("/due").text
    second = find(engine, found("no"), 3)
    inbox, page = editor.get("/due"), editor.get("/questions/rain").text
    part = inbox.text.partition('id="contradicted"')[2].partition("<h2 ")[0]
    assert "resolved as <bdi>yes<" in part
    assert "Postpone" not in part
    for text in (part, page, editor.get("/questions/rain/resolve").text):
        assert "The outcome on record (<bdi>yes</bdi>) is contradicted" in text
        assert "which says <bdi>no<" in text
    number = admin.get("/api/questions/rain").json()["id"]
    act = f"{number}/confirm/{second}"
    sent = {"token": token_on(inbox), "action": act, f"{act}/proposal": str(second)}
    assert editor.post("/due", data=sent).status_code == 303
    assert admin.get("/api/questions/rain").json()["outcome"] == "no"
    assert 'id="contradicted"' not in editor.get("/due").text
    assert "is contradicted" not in editor.get("/questions/rain").text


def test_an_outcome_that_its_source_took_back_is_retracted_in_one_step(
    editor: httpx.Client, admin: httpx.Client, engine: Engine
) -> None:
    first = find(engine, found("yes"), 0)
    assert admin.post(f"/api/proposals/{first}/confirm").status_code == 201
    second = find(engine, found("retracted", known_at=None), 3)
    assert "its source has taken the outcome back" in editor.get("/questions/rain").text
    assert "Retract the outcome" in editor.get("/due").text.partition('id="contradicted"')[2]
    body = {"outcome": "no", "known_at": "2025-03-19", "evidence": [{"url": "https://example.org/"}]}
    refused = admin.post(f"/api/proposals/{second}/confirm", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/outcome")
    done = admin.post(f"/api/proposals/{second}/confirm")
    assert (done.status_code, done.json()["outcome"]) == (201, None)
    question = admin.get("/api/questions/rain").json()
    assert (question["outcome"], question["status"]) == (None, "due")
    assert [item["state"] for item in question["proposals"]] == ["confirmed", "confirmed"]
