"""The main job over real HTTP, on SQLite and PostgreSQL: record, resolve, read the board; and the starting record."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from predictions.audit.verify import verify
from predictions.starting_record.load import load_starting_record

NOW = datetime(2026, 11, 1, tzinfo=UTC)
EVIDENCE = [{"url": "https://example.org/what-happened"}]


def prediction(**changes: Any) -> dict[str, Any]:
    question = {
        "slug": "rain",
        "text": "Will it rain?",
        "resolution_criteria": "By the gauge.",
        "deadline": "2025-03-20",
        "deadline_basis": "stated",
    }
    whole = {"commentator": {"name": "Ann"}, "question": question, "made_at": "2025-03-01", "probability": 0.8}
    return whole | changes


def test_a_prediction_is_recorded_resolved_scored_and_appears_on_the_board(admin: httpx.Client) -> None:
    assert admin.post("/api/predictions", json=prediction()).status_code == 201
    outcome = {"outcome": "yes", "known_at": "2025-03-20T23:59:59Z", "evidence": EVIDENCE}
    assert admin.post("/api/questions/rain/resolutions", json=outcome).status_code == 201
    item = admin.get("/api/leaderboard").json()["items"][0]
    assert item["brier"] == pytest.approx(0.04, abs=1e-12)
    corrected = admin.post("/api/questions/rain/resolutions", json=outcome | {"outcome": "no"})
    assert corrected.json()["supersedes"] is not None
    assert admin.get("/api/leaderboard").json()["items"][0]["brier"] == pytest.approx(0.64, abs=1e-12)


def test_the_same_idempotency_key_has_one_effect(admin: httpx.Client) -> None:
    key = {"Idempotency-Key": "once"}
    first, second = (admin.post("/api/predictions", json=prediction(), headers=key) for _ in range(2))
    assert first.json() == second.json()
    assert len(admin.get("/api/predictions").json()["items"]) == 1


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"probability": True}, "/probability"),
        ({"made_at": 1}, "/made_at"),
        ({"unknown": 1}, "/unknown"),
        ({"question": {"slug": "nowhere"}}, "/question/slug"),
        ({"made_at": "2025-05-30"}, "/made_at"),
    ],
)
def test_bad_input_is_refused_with_the_field_named_and_nothing_is_recorded(
    admin: httpx.Client, changes: dict[str, Any], pointer: str
) -> None:
    reply = admin.post("/api/predictions", json=prediction(**changes))
    assert reply.status_code == 422
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["errors"][0]["pointer"] == pointer
    assert admin.get("/api/predictions").json()["items"] == []


def test_writing_needs_a_key(base_url: str) -> None:
    assert httpx.post(f"{base_url}/api/predictions", json=prediction()).status_code == 401


def test_pages_show_the_board_and_the_question(admin: httpx.Client) -> None:
    admin.post("/api/predictions", json=prediction())
    assert "Ann" in admin.get("/").text
    assert "80%" in admin.get("/questions/rain").text


def test_verify_finds_a_score_that_was_tampered_with(engine: Engine) -> None:
    with Session(engine) as session:
        load_starting_record(session, now=NOW)
        session.connection().exec_driver_sql("UPDATE running_total SET opening = opening + 1 WHERE resolved > 0")
        assert any("running total" in finding for finding in list(verify(session)))
