"""Snoozing and assigning over the API."""

import httpx
import pytest

from resolvers.deadline_sweep import sweep_due
from service.db.engine import make_engine, write_transaction
from service.settings import Settings
from tests.support.fake_clock import START

QUESTION = {"slug": "q", "text": "t", "resolution_criteria": "c", "deadline": "2025-03-01", "deadline_basis": "stated"}
LATER = "2025-04-08T12:00:00Z"


@pytest.fixture
def due(admin: httpx.Client, database_url: str) -> httpx.Client:
    """A question that has come due."""
    assert admin.post("/api/questions", json=QUESTION).status_code == 201
    engine = make_engine(Settings(_env_file=None, database_url=database_url).database)
    with write_transaction(engine) as session:
        sweep_due(session, now=START, base_url="https://record.example.org")
    engine.dispose()
    return admin


def test_a_due_question_is_snoozed_and_woken(due: httpx.Client) -> None:
    reply = due.post("/api/questions/q/snooze", json={"until": LATER})
    assert (reply.status_code, reply.json()["snoozed_until"]) == (200, LATER)
    [prompt] = due.get("/api/prompts", params={"state": "snoozed"}).json()["items"]
    assert (prompt["question"]["slug"], prompt["snoozed_until"]) == ("q", LATER)
    assert due.get("/api/prompts", params={"state": "open"}).json()["items"] == []
    assert due.post("/api/questions/q/snooze", json={"until": None}).status_code == 200
    assert due.post("/api/questions/q/snooze", json={"until": "2025-03-01"}).json()["errors"][0]["pointer"] == "/until"


def test_a_question_is_assigned_and_found_by_its_assignee(due: httpx.Client) -> None:
    reply = due.post("/api/questions/q/assignment", json={"assignee": "Ann"})
    assert (reply.status_code, reply.json()["assignee"]) == (200, "Ann")
    assert len(due.get("/api/prompts", params={"assignee": "Ann"}).json()["items"]) == 1
    assert due.get("/api/prompts", params={"assignee": "Bob"}).json()["items"] == []
    assert due.post("/api/questions/q/assignment", json={"assignee": ""}).status_code == 422
    assert due.post("/api/questions/q/assignment", json={"assignee": None}).json()["assignee"] is None


def test_snoozing_and_assigning_need_the_scope_resolve(due: httpx.Client, base_url: str) -> None:
    for path, body in (("snooze", {"until": LATER}), ("assignment", {"assignee": "Ann"})):
        assert httpx.post(f"{base_url}/api/questions/q/{path}", json=body).status_code == 401
