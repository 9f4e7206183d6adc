"""Proposals over the API."""

from typing import Any

import httpx
import pytest

QUESTION = {
    "slug": "q",
    "text": "Will it rain?",
    "resolution_criteria": "Yes if it rains.",
    "deadline": "2025-03-01",
    "deadline_basis": "stated",
}
YES = {
    "outcome": "yes",
    "known_at": "2025-03-01",
    "evidence": [{"url": "https://example.org/rain", "note": "It rained."}],
    "rationale": "The weather service says so.",
}


@pytest.fixture
def api(admin: httpx.Client) -> httpx.Client:
    assert admin.post("/api/questions", json=QUESTION).status_code == 201
    return admin


def made(api: httpx.Client, **changes: Any) -> Any:
    reply = api.post("/api/questions/q/proposals", json=YES | changes)
    assert reply.status_code == 201, reply.text
    return reply.json()


def test_a_proposal_is_made_listed_read_and_confirmed(api: httpx.Client) -> None:
    proposal = made(api)
    made(api, outcome="no")
    listed = api.get("/api/proposals", params={"question": "q", "state": "pending"}).json()["items"]
    assert [(item["outcome"], item["state"]) for item in listed] == [("yes", "pending"), ("no", "pending")]
    assert api.get(f"/api/proposals/{proposal['id']}").json() == proposal
    reply = api.post(f"/api/proposals/{proposal['id']}/confirm")
    assert (reply.status_code, reply.json()["proposal"]) == (201, proposal["id"])
    question = api.get("/api/questions/q").json()
    assert (question["status"], question["outcome"]) == ("resolved", "yes")
    assert [item["state"] for item in question["proposals"]] == ["confirmed", "overtaken"]


def test_a_proposal_is_rejected_with_a_reason(api: httpx.Client) -> None:
    number = made(api)["id"]
    assert api.post(f"/api/proposals/{number}/reject", json={}).status_code == 422
    reply = api.post(f"/api/proposals/{number}/reject", json={"reason": "another town"})
    assert (reply.status_code, reply.json()["state"], reply.json()["reason"]) == (200, "rejected", "another town")
    assert api.post(f"/api/proposals/{number}/confirm").status_code == 409


def test_what_is_not_on_record_is_not_found(api: httpx.Client) -> None:
    assert api.get("/api/proposals/7").status_code == 404
    assert api.post("/api/proposals/7/confirm").status_code == 404
    assert api.post("/api/questions/none/proposals", json=YES).status_code == 404


def test_a_key_that_may_only_record_may_propose_but_not_confirm(api: httpx.Client, base_url: str) -> None:
    key = api.post("/api/keys", json={"name": "recorder", "scopes": ["predict"]}).json()["key"]
    with httpx.Client(base_url=base_url, headers={"Authorization": f"Bearer {key}"}) as recorder:
        number = made(recorder)["id"]
        assert recorder.post(f"/api/proposals/{number}/confirm").status_code == 403
        assert recorder.post(f"/api/proposals/{number}/reject", json={"reason": "r"}).status_code == 403
    assert httpx.post(f"{base_url}/api/questions/q/proposals", json=YES).status_code == 401
