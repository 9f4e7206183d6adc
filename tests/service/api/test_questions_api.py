"""Questions over the API: declared decided, postponed, snoozed, assigned, and given reference forecasts."""

import httpx
import pytest

from resolvers.deadline_sweep import sweep_due
from service.db.engine import make_engine, write_transaction
from service.settings import Settings
from tests.support.fake_clock import START

QUESTION = {
    "slug": "q",
    "text": "Will it rain?",
    "resolution_criteria": "Yes if it rains.",
    "deadline": "2025-10-01",
    "deadline_basis": "stated",
    "deadline_zone": "Europe/Berlin",
}
LATER = "2025-04-08T12:00:00Z"


@pytest.fixture
def api(admin: httpx.Client) -> httpx.Client:
    assert admin.post("/api/questions", json=QUESTION).status_code == 201
    return admin


def test_a_question_declared_decided_is_due_now_and_only_an_open_one_can_be(api: httpx.Client) -> None:
    reply = api.post("/api/questions/q/decided", json={"reason": "It rained."})
    assert (reply.status_code, reply.json()["due_at"]) == (200, "2025-04-01T12:00:00Z")
    assert reply.json()["deadline"] == "2025-10-01T21:59:59Z", "the deadline is not moved"
    evidence = [{"url": "https://example.org/gauge"}]
    outcome = {"outcome": "yes", "known_at": "2025-03-31", "evidence": evidence}
    assert api.post("/api/questions/q/resolutions", json=outcome).status_code == 201
    again = api.post("/api/questions/q/decided", json={"reason": "It rained."})
    assert (again.status_code, "only an open question" in again.json()["detail"]) == (409, True)


@pytest.mark.parametrize(
    ("given", "instant"),
    [
        ("2025-11-01", "2025-11-01T22:59:59Z"),
        ("2025-11-01T18:00:00", "2025-11-01T17:00:00Z"),
        ("2025-11-01T18:00:00-04:00", "2025-11-01T22:00:00Z"),
    ],
)
def test_a_new_deadline_is_a_day_or_time_in_the_questions_zone_or_an_instant(
    api: httpx.Client, given: str, instant: str
) -> None:
    reply = api.post("/api/questions/q/postponements", json={"deadline": given, "reason": "Moved."})
    assert (reply.status_code, reply.json()["deadline"]) == (201, instant)


@pytest.mark.parametrize(
    ("given", "remedy"),
    [
        ("2026-03-29T02:30:00", "does not exist in Europe/Berlin"),
        ("2025-10-26T02:30:00", "occurs twice in Europe/Berlin"),
        ("2025-09-01", "must be later than the present deadline"),
    ],
)
def test_a_deadline_that_is_no_instant_or_not_later_is_refused_at_its_field(
    api: httpx.Client, given: str, remedy: str
) -> None:
    reply = api.post("/api/questions/q/postponements", json={"deadline": given, "reason": "Moved."})
    (error,) = reply.json()["errors"]
    assert (reply.status_code, error["pointer"], remedy in error["detail"]) == (422, "/deadline", True)


def test_a_deadline_is_corrected_in_the_questions_zone_and_a_postponement_undone(api: httpx.Client) -> None:
    body = {"deadline": "2025-11-01", "reason": "Moved."}
    assert api.post("/api/questions/q/postponements", json=body).status_code == 201
    reply = api.post("/api/questions/q/postponements/undo", json={"reason": "Another match was moved."})
    assert (reply.status_code, reply.json()["deadline"]) == (200, "2025-10-01T21:59:59Z")
    again = api.post("/api/questions/q/postponements/undo", json={"reason": "Another match was moved."})
    assert (again.status_code, "no postponement led" in again.json()["detail"]) == (409, True)
    body = {"deadline": "2025-05-01", "text": "Will it rain in May?", "reason": "Typed wrongly."}
    reply = api.patch("/api/questions/q", json=body)
    assert (reply.status_code, reply.json()["deadline"]) == (200, "2025-05-01T21:59:59Z")
    assert reply.json()["text"] == "Will it rain in May?"
    reply = api.patch("/api/questions/q", json=body)
    (error,) = reply.json()["errors"]
    assert (reply.status_code, error["pointer"], "earlier than" in error["detail"]) == (422, "/deadline", True)


def test_a_reference_forecast_is_recorded_once_for_its_source_and_time(api: httpx.Client) -> None:
    body = {"probability": 0.3, "source": "an exchange", "as_of": "2025-03-01T12:00:00Z"}
    for _ in range(2):
        reply = api.post("/api/questions/q/references", json=body)
        assert reply.status_code == 201
        (reference,) = reply.json()["references"]
        assert (reference["probabilities"], reference["source"]) == ({"yes": 0.3}, "an exchange")
    other = api.post("/api/questions/q/references", json=body | {"probability": 0.4})
    assert (other.status_code, "give another as_of" in other.json()["detail"]) == (409, True)
    for misfit in ({"probabilities": [0.3, 0.7]}, {"probability": 1.5}):
        wrong = {name: value for name, value in body.items() if name != "probability"} | misfit
        assert api.post("/api/questions/q/references", json=wrong).status_code == 422


@pytest.fixture
def due(admin: httpx.Client, database_url: str) -> httpx.Client:
    """A question that has come due."""
    assert admin.post("/api/questions", json=QUESTION | {"deadline": "2025-03-01"}).status_code == 201
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
