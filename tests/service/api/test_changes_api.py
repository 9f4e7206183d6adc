"""Corrections of questions and sources over the API: nothing is edited silently."""

import httpx
import pytest

QUESTION = {
    "slug": "q",
    "text": "Will it rain?",
    "resolution_criteria": "As the office says.",
    "deadline": "2025-12-01",
    "deadline_basis": "assigned",
}


@pytest.fixture
def api(admin: httpx.Client) -> httpx.Client:
    assert admin.post("/api/questions", json=QUESTION).status_code == 201
    assert admin.post("/api/sources", json={"url": "https://example.org/a"}).status_code == 201
    return admin


def last_event(api: httpx.Client) -> str:
    events = api.get("/api/ledger", params={"limit": 100}).json()["items"]
    return f"{events[-1]['action']} {events[-1]['body']}"


def test_a_question_is_corrected_with_a_reason_and_the_ledger_has_the_former_text(api: httpx.Client) -> None:
    reply = api.patch("/api/questions/q", json={"text": "Will it rain in Lindwick?", "reason": "which town"})
    assert (reply.status_code, reply.json()["text"]) == (200, "Will it rain in Lindwick?")
    assert reply.json()["resolution_criteria"] == QUESTION["resolution_criteria"]
    event = last_event(api)
    assert event.startswith("question.changed")
    assert '"before":{"text":"Will it rain?"}' in event
    assert '"reason":"which town"' in event


def test_a_resolved_question_is_not_reworded(api: httpx.Client) -> None:
    outcome = {"outcome": "no", "known_at": "2025-03-01", "evidence": [{"url": "https://example.org/e"}]}
    assert api.post("/api/questions/q/resolutions", json=outcome).status_code == 201
    assert api.patch("/api/questions/q", json={"text": "t", "reason": "r"}).status_code == 409


def test_a_source_is_corrected(api: httpx.Client) -> None:
    reply = api.patch("/api/sources/1", json={"title": "A title", "published_on": "2025-03-01"})
    assert (reply.status_code, reply.json()["title"], reply.json()["published_on"]) == (200, "A title", "2025-03-01")
    assert last_event(api).startswith("source.changed")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("questions/q", {"reason": "r"}),
        ("questions/q", {"text": "t"}),
        ("questions/q", {"deadline": "2026-01-01", "reason": "r"}),
        ("sources/1", {}),
        ("sources/1", {"url": "https://example.org/b"}),
    ],
)
def test_what_cannot_be_changed_is_refused(api: httpx.Client, path: str, body: dict[str, str]) -> None:
    assert api.patch(f"/api/{path}", json=body).status_code == 422


@pytest.mark.parametrize("address", ["retraction", "taken-back"])
def test_a_resolution_is_retracted_at_its_address_and_at_the_former_one(api: httpx.Client, address: str) -> None:
    outcome = {"outcome": "no", "known_at": "2025-03-01", "evidence": [{"url": "https://example.org/e"}]}
    assert api.post("/api/questions/q/resolutions", json=outcome).status_code == 201
    reply = api.post(f"/api/questions/q/resolutions/{address}", json={"reason": "wrong town"})
    assert (reply.status_code, reply.json()["outcome"]) == (201, None)
    assert last_event(api).startswith("question.status_changed")
    assert api.get("/api/questions/q").json()["outcome"] is None


@pytest.mark.parametrize("address", ["/api/leaderboard", "/api/calibration", "/", "/calibration"])
def test_the_former_name_of_a_filter_is_refused_and_the_new_one_named(api: httpx.Client, address: str) -> None:
    reply = api.get(address, params={"worded": "true"}, headers={"Accept": "application/problem+json"})
    assert reply.status_code == 422
    assert "verbal" in reply.text
    assert api.get(address, params={"verbal": "true"}).status_code == 200
