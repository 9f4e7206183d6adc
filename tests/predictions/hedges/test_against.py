"""Hedges about the opposite of a question: stored as such, so that the ledger shows how they were interpreted."""

import json
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from predictions import ledger
from predictions.audit.verify import verify
from predictions.schemas.inputs import PredictionIn
from predictions.submissions.record import record_prediction
from service.db.engine import write_transaction

NOW = datetime(2025, 4, 1, tzinfo=UTC)
BODY = {
    "commentator": {"name": "Ann"},
    "question": {
        "slug": "fighting-goes-on",
        "text": "t",
        "resolution_criteria": "c",
        "deadline": "2026-01-01",
        "deadline_basis": "stated",
    },
    "made_at": "2025-03-01",
    "hedge": "likely",
}


def test_the_numbers_are_one_minus_the_interpretation_and_the_ledger_says_so(admin: httpx.Client) -> None:
    plain = admin.post("/api/predictions", json=BODY | {"commentator": {"name": "Bob"}}).json()
    found = admin.post("/api/predictions", json=BODY | {"against": True}).json()
    assert (found["against"], plain["against"]) == (True, False)
    assert "against" in found["flags"]
    assert (found["low"], found["probability"], found["high"]) == pytest.approx(
        (1 - plain["high"], 1 - plain["probability"], 1 - plain["low"])
    )
    assert admin.get(f"/api/predictions/{found['id']}").json()["against"] is True
    events = admin.get("/api/ledger").json()["items"]
    bodies = {
        each["subject_id"]: json.loads(each["body"]) for each in events if each["action"] == "prediction.recorded"
    }
    assert bodies[found["id"]]["against"] is True
    assert "of the opposite" in admin.get("/questions/fighting-goes-on").text


@pytest.mark.parametrize(
    "wrong",
    [
        {"against": True, "hedge": None, "probability": 0.3},
        {"against": True, "interval": {"low": 0.1, "best": 0.2, "high": 0.3}},
    ],
)
def test_only_hedges_that_a_lexicon_interprets_may_refer_to_the_opposite(
    admin: httpx.Client, wrong: dict[str, object]
) -> None:
    body = {name: value for name, value in (BODY | wrong).items() if value is not None}
    reply = admin.post("/api/predictions", json=body)
    assert reply.status_code == 422
    assert "against" in reply.text


def test_the_ledger_names_the_mark_only_where_it_holds(engine: Engine) -> None:
    """Events older than the column then still read as they were written."""
    with write_transaction(engine) as session:
        row = record_prediction(session, PredictionIn.model_validate(BODY | {"against": False}), now=NOW, actor="test")
        assert "against" not in ledger.canonical(ledger.contents(row))
        other = record_prediction(session, PredictionIn.model_validate(BODY | {"against": True}), now=NOW, actor="test")
        assert '"against":true' in ledger.canonical(ledger.contents(other))
    with Session(engine) as session:
        assert list(verify(session)) == []
