"""Corrections over the API: nothing is edited silently, and what is settled only with a reason and approval."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.support.sample_prediction import record_one, resolve

QUESTION = {
    "slug": "q",
    "text": "Will it rain?",
    "resolution_criteria": "As the office says.",
    "deadline": "2025-12-01",
    "deadline_basis": "assigned",
}

Client = Callable[[str, str], httpx.Client]
CORRECTION = {"probability": 0.9, "made_at": "2025-03-01", "reason": "misread"}
FORECAST = {"probability": 0.9, "source": "an exchange", "as_of": "2025-02-01"}


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


@pytest.fixture
def client(admin: httpx.Client, base_url: str) -> Client:
    """`client(name, scope)` is a client of another person."""

    def make(name: str, scope: str) -> httpx.Client:
        key = admin.post("/api/keys", json={"name": name, "scopes": [scope]}).json()["key"]
        return httpx.Client(base_url=base_url, headers={"Authorization": f"Bearer {key}"}, timeout=30)

    return make


@pytest.fixture
def settled(admin: httpx.Client) -> dict[str, Any]:
    """A prediction on a question that has an outcome."""
    prediction = record_one(admin)
    resolve(admin)
    return prediction


def brier(api: httpx.Client) -> float:
    [score] = api.get("/api/commentators/ann-invented/record").json()["scores"]
    return score["brier"]


def test_a_key_of_the_lowest_scope_moves_no_settled_score(
    admin: httpx.Client, settled: dict[str, Any], client: Client
) -> None:
    number = settled["id"]
    with client("pat", "predict") as low:
        for path, body in (
            (f"predictions/{number}/corrections", CORRECTION),
            (f"predictions/{number}/withdrawal", {"reason": "r"}),
            ("questions/rain/references", FORECAST),
            ("questions/rain/references", FORECAST | {"reason": "r"}),
        ):
            before = brier(admin), admin.get("/api/ledger", params={"limit": 1000}).json()["items"]
            reply = low.post(f"/api/{path}", json=body)
            assert (path, reply.status_code) == (path, 403), reply.text
            assert reply.headers["Content-Type"] == "application/problem+json"
            assert "the outcome of 'rain' is on record" in reply.json()["errors"][0]["detail"]
            assert "ask a person whose key has it" in reply.json()["detail"]
            assert (brier(admin), admin.get("/api/ledger", params={"limit": 1000}).json()["items"]) == before
        for method, path in (("PATCH", "questions/rain"), ("POST", "questions/rain/postponements")):
            assert low.request(method, f"/api/{path}", json={"reason": "r"}).status_code == 403


def test_one_person_alone_changes_it_at_once_and_the_reply_says_so(
    admin: httpx.Client, settled: dict[str, Any]
) -> None:
    assert admin.post("/api/questions/rain/references", json=FORECAST).json()["errors"][0]["pointer"] == "/reason"
    reply = admin.post("/api/questions/rain/references", json=FORECAST | {"reason": "the archive"})
    assert (reply.status_code, reply.json()["change"]["approval"]) == (201, "only_person")
    reply = admin.post(f"/api/predictions/{settled['id']}/corrections", json=CORRECTION)
    assert (reply.status_code, reply.json()["superseded_by"]) == (201, None)
    change = reply.json()["change"]
    assert (change["approval"], change["decided_by"], change["reason"]) == ("only_person", "first admin", "misread")
    assert change["scores"][0]["commentator"]["name"] == "Ann Invented"
    assert change["scores"][0]["after"]["brier"] == brier(admin) == pytest.approx(0.01)
    assert [each["state"] for each in admin.get("/api/changes").json()["items"]] == ["approved", "approved"]


def test_with_two_people_it_waits_and_the_other_one_decides(
    admin: httpx.Client, settled: dict[str, Any], client: Client
) -> None:
    before = brier(admin)
    path, key = f"/api/predictions/{settled['id']}/corrections", {"Idempotency-Key": "once"}
    with client("ed", "resolve") as editor:
        reply = editor.post(path, json=CORRECTION, headers=key)
        assert (reply.status_code, brier(admin)) == (202, before)
        again = editor.post(path, json=CORRECTION, headers=key)
        assert (again.status_code, again.json()) == (202, reply.json())
        assert again.headers["Idempotency-Replayed"] == "true"
        change = reply.json()
        assert (change["state"], change["payload"]["probability"]) == ("pending", 0.9)
        assert admin.get("/api/changes", params={"state": "pending"}).json()["items"] == [change]
        for decision in ("approval", "rejection"):
            own = editor.post(change["links"][decision], json={"reason": "r"})
            assert (own.status_code, "you asked for change 1 yourself" in own.json()["detail"]) == (403, True)
    assert admin.post(change["links"]["rejection"], json={}).status_code == 422
    reply = admin.post(change["links"]["approval"])
    assert (reply.status_code, reply.json()["state"], reply.json()["approval"]) == (200, "approved", "another_person")
    assert reply.json() == admin.get(change["links"]["self"]).json()
    assert brier(admin) == change["scores"][0]["after"]["brier"] != before
    assert admin.post(change["links"]["rejection"], json={"reason": "r"}).status_code == 409
    assert admin.get("/api/changes/99").status_code == 404


@pytest.mark.both
def test_of_two_people_who_decide_at_the_same_time_one_wins(
    admin: httpx.Client, settled: dict[str, Any], client: Client
) -> None:
    with client("ed", "resolve") as editor, client("flo", "resolve") as other:
        change = editor.post(f"/api/predictions/{settled['id']}/corrections", json=CORRECTION).json()
        with ThreadPoolExecutor(2) as pool:
            replies = list(pool.map(lambda who: who.post(change["links"]["approval"]), (admin, other)))
        assert sorted(reply.status_code for reply in replies) == [200, 409]
        assert brier(admin) == pytest.approx(0.01)


def test_a_resolver_on_a_resolved_question_waits_even_though_no_score_moves(
    admin: httpx.Client, settled: dict[str, Any], client: Client
) -> None:
    body = {"resolver": "manifold", "config": {"market": "rain-in-lindwick"}}
    path = "/api/questions/rain/resolver"
    with client("ed", "resolve") as editor:
        assert editor.put(path, json=body).json()["errors"][0]["pointer"] == "/reason"
        secret = body | {"config": {"market": "rain?token=abc"}, "reason": "r"}
        assert editor.put(path, json=secret).status_code == 422
        reply = editor.put(path, json=body | {"reason": "the market disagrees"})
        assert (reply.status_code, reply.json()["affected"]) == (202, 0)
        assert editor.get(path).status_code == 404
    assert admin.post(reply.json()["links"]["approval"]).json()["state"] == "approved"
    attached = admin.get(path).json()
    assert (attached["resolver"], attached["attached_by"]) == ("manifold", "ed")
    assert "change" not in admin.put(path, json=body | {"paused": True}).json(), "its schedule is not settled"
