"""`verify` finds changes of the record that bypass the ledger."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool
from sqlmodel import Session, SQLModel

from predictions.audit.verify import verify
from predictions.models import Question
from predictions.questions.resolve import resolve
from predictions.schemas.inputs import PredictionIn, QuestionIn, ResolutionIn
from predictions.submissions.record import record_prediction, record_predictions

NOW = datetime(2025, 6, 1, tzinfo=UTC)
BY: dict[str, Any] = {"now": NOW, "actor": "test"}
QUESTION = {"slug": "q", "text": "t", "resolution_criteria": "c", "deadline": "2025-05-01", "deadline_basis": "stated"}


SLIPPED_IN = (
    "INSERT INTO prediction SELECT 9, 1, question_id, source_id, made_at, recorded_at, recorded_by, probability, "
    "probabilities, low, high, hedge, lexicon, lexicon_version, phrase, vague, overridden, against, commitment, "
    "note, NULL, withdrawn, NULL, NULL FROM prediction WHERE id = 1"
)


@pytest.fixture
def record() -> Iterator[Session]:
    """A small record in a database without triggers: whoever owns the database can drop them."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    SQLModel.metadata.create_all(engine)
    session = Session(engine)
    fields = {"question": QuestionIn.model_validate(QUESTION), "made_at": "2025-01-01", "probability": 0.3}
    items = [PredictionIn.model_validate(fields | {"commentator": {"name": name}}) for name in ("Ann", "Bob", "Cy")]
    record_prediction(session, items[0], **BY)
    record_predictions(session, items[1:], **BY)
    outcome = {"outcome": "no", "known_at": "2025-05-01", "evidence": [{"url": "https://example.org/"}]}
    resolve(session, session.get_one(Question, 1), ResolutionIn.model_validate(outcome), **BY)
    assert list(verify(session)) == []
    yield session
    session.close()
    engine.dispose()


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("UPDATE prediction SET note = 'other' WHERE id = 1", "prediction 1 differs from ledger event"),
        (
            "UPDATE prediction SET made_at = '2025-01-02 00:00:00' WHERE id = 2",
            "predictions [[2, 3]] differ from ledger event",
        ),
        ("DELETE FROM prediction WHERE id = 3", "predictions: 2 rows, but 3 in the ledger"),
        (
            SLIPPED_IN,
            "predictions: 4 rows, but 3 in the ledger",
        ),
        ("DELETE FROM resolution WHERE id = 1", "resolution 1 is missing, but ledger event 7 recorded it"),
        ("DELETE FROM ledger_event WHERE seq = 2", "ledger event 2 is missing"),
        ("UPDATE resolution SET note = 'other'", "resolution 1 differs from ledger event"),
        ("UPDATE score SET latest = 0 WHERE commentator_id = 1", "score of commentator 1 on question 1"),
        (
            "UPDATE running_total SET resolved = 9 WHERE commentator_id = 1",
            "running total of commentator 1 in all topics",
        ),
        ("UPDATE ledger_event SET actor = 'other' WHERE seq = 2", "ledger event 2: its hash does not follow"),
        ("UPDATE ledger_event SET body = '{}' WHERE seq = 1", "ledger event 1: its body was changed"),
        ("UPDATE question SET outcome = 'yes'", "question 1: outcome 'yes'"),
    ],
)
def test_every_change_shows(record: Session, statement: str, finding: str) -> None:
    record.execute(text(statement))
    record.expire_all()
    assert any(finding in found for found in verify(record)), list(verify(record))
