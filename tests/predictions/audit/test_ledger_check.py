"""`verify` finds changes of the record that bypass the ledger."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool
from sqlmodel import Session, SQLModel

from predictions.audit.verify import verify
from predictions.models import Commentator, Question, Source
from predictions.questions.change import change_question
from predictions.questions.create import enter_question
from predictions.questions.lifecycle import postpone
from predictions.questions.proposals import propose, reject
from predictions.questions.references import add_reference
from predictions.questions.resolve import resolve
from predictions.questions.triage import assign_question
from predictions.schemas.change_inputs import QuestionChange
from predictions.schemas.inputs import PredictionIn, ProposalIn, QuestionIn, ReferenceIn, ResolutionIn
from predictions.submissions.commentators import change_commentator
from predictions.submissions.record import record_prediction, record_predictions
from predictions.submissions.sources import change_source

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
        ("UPDATE prediction SET note = 'other' WHERE id = 1", "prediction 1 differs from the ledger in note"),
        (
            "UPDATE prediction SET made_at = '2025-01-02 00:00:00' WHERE id = 2",
            "prediction 2 differs from ledger event 6",
        ),
        ("DELETE FROM prediction WHERE id = 3", "prediction 3 is missing, but ledger event 6 recorded it"),
        (
            SLIPPED_IN,
            "prediction 9 is on record, but no event of the ledger entered it",
        ),
        ("DELETE FROM resolution WHERE id = 1", "resolution 1 is missing, but ledger event 7 recorded it"),
        ("DELETE FROM ledger_event WHERE seq = 2", "ledger event 2 is missing"),
        ("UPDATE resolution SET note = 'other'", "resolution 1 differs from the ledger in note"),
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


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("UPDATE question SET text = 'other'", "question 1 differs from the ledger in text"),
        (
            "UPDATE question SET resolution_criteria = 'other'",
            "question 1 differs from the ledger in resolution_criteria",
        ),
        (
            "UPDATE question SET deadline = '2025-07-02 00:00:00' WHERE id = 1",
            "question 1 differs from the ledger in deadline",
        ),
        ("UPDATE question SET assignee = 'Cy'", "question 1 differs from the ledger in assignee"),
        (
            "INSERT INTO question_topic (question_id, topic) VALUES (1, 'x')",
            "question 1 differs from the ledger in topics",
        ),
        ("UPDATE commentator SET name = 'Cy' WHERE id = 1", "commentator 1 differs from the ledger in name"),
        ("UPDATE commentator SET name_key = 'x' WHERE id = 2", "commentator 2 differs from the ledger in name_key"),
        ("DELETE FROM commentator WHERE id = 3", "commentator 3 is missing, but ledger event 5 recorded it"),
        ("UPDATE source SET outlet = 'other'", "source 1 differs from the ledger in outlet"),
        ("UPDATE reference SET probabilities = '[0.1]'", "reference 1 differs from the ledger in probabilities"),
        ("UPDATE proposal SET outcome = 'no'", "proposal 1 differs from the ledger in outcome"),
        ("UPDATE proposal SET state = 'confirmed'", "proposal 1 differs from the ledger in state"),
        ("DELETE FROM proposal", "proposal 1 is missing, but ledger event 18 recorded it"),
    ],
)
def test_every_change_of_what_was_entered_and_changed_shows(worked_on: Session, statement: str, finding: str) -> None:
    worked_on.execute(text(statement))
    worked_on.expire_all()
    assert finding in list(verify(worked_on))


@pytest.mark.parametrize(
    ("table", "column", "named"),
    [
        ("question", "deadline", "question 1 cannot be read"),
        ("prediction", "made_at", "prediction 1 cannot be read"),
        ("resolution", "evidence", "resolution 1 cannot be read"),
        ("ledger_event", "at", "ledger_event 1 cannot be read"),
        ("commentator", "created_at", "commentator 1 cannot be read"),
        ("score", "deadline", "score 1, 1 cannot be read"),
        ("proposal", "evidence", "proposal 1 cannot be read"),
    ],
)
def test_a_value_that_cannot_be_read_is_named_and_the_rest_is_checked(
    worked_on: Session, table: str, column: str, named: str
) -> None:
    worked_on.execute(text(f"UPDATE {table} SET {column} = 'zzz' WHERE rowid = 1"))
    worked_on.execute(text("UPDATE source SET outlet = 'other'"))
    worked_on.execute(text("UPDATE ledger_event SET actor = 'other' WHERE seq = 4"))
    worked_on.execute(text("UPDATE running_total SET resolved = 9 WHERE commentator_id = 2"))
    worked_on.expire_all()
    findings = list(verify(worked_on))
    for expected in (
        *(named, "source 1 differs from the ledger in outlet", "ledger event 4: its hash does not follow"),
        "running total of commentator 2",
    ):
        assert any(finding.startswith(expected) for finding in findings), (expected, findings)


@pytest.fixture
def worked_on(record: Session) -> Session:
    """The record with a source, a reference, a rejected proposal, and changes of question, commentator and source."""
    fields = {"question": {"slug": "q"}, "made_at": "2025-01-02", "probability": 0.4, "commentator": {"name": "Ann"}}
    fields |= {"source": {"url": "https://example.org/a", "title": "t"}}
    record_prediction(record, PredictionIn.model_validate(fields), **BY)
    body = QUESTION | {"slug": "other", "topics": ["war"]}
    other = enter_question(record, QuestionIn.model_validate(body), **BY)
    change_question(record, other, QuestionChange(text="changed", reason="typing error"), **BY)
    assign_question(record, other, "Bob", **BY)
    postpone(record, other, NOW + timedelta(days=40), "moved", **BY)
    add_reference(
        record, other, ReferenceIn.model_validate({"as_of": "2025-06-01", "probability": 0.4, "source": "market"}), **BY
    )
    evidence = [{"url": "https://example.org/"}]
    suggested = {"outcome": "yes", "known_at": "2025-05-01", "evidence": evidence, "rationale": "r"}
    proposed = ProposalIn.model_validate(suggested)
    reject(record, propose(record, other, proposed, **BY), "no", **BY)
    change_commentator(record, record.get_one(Commentator, 2), {"name": "Bob B", "description": "d"}, **BY)
    change_source(record, record.get_one(Source, 1), {"outlet": "Gazette"}, **BY)
    assert list(verify(record)) == []
    return record
