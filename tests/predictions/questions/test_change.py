"""Corrections of a question before its outcome: what may change, what may not, and which predictions are marked."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from predictions.audit.verify import verify
from predictions.errors import Conflict, InvalidInput
from predictions.models import LedgerEvent, Question, RunningTotal
from predictions.queries.details import view_predictions, view_question
from predictions.questions.change import change_question
from predictions.questions.create import enter_question
from predictions.questions.lookup import find_question
from predictions.questions.proposals import propose
from predictions.questions.resolve import resolve
from predictions.schemas.change_inputs import QuestionChange
from predictions.schemas.inputs import PredictionIn, ProposalIn, QuestionIn, ResolutionIn
from predictions.submissions.record import record_prediction

NOW = datetime(2025, 4, 1, 12, tzinfo=UTC)
BY: dict[str, Any] = {"now": NOW, "actor": "editor"}
EVIDENCE = [{"url": "https://example.org/"}]


def enter(session: Session, slug: str, **more: Any) -> Question:
    body = {"slug": slug, "text": f"{slug}?", "resolution_criteria": "c", "deadline": "2025-12-01"}
    return enter_question(session, QuestionIn.model_validate(body | {"deadline_basis": "stated"} | more), **BY)


def predict(session: Session, slug: str, made_at: str = "2025-03-01", now: datetime = NOW, **stated: Any) -> Any:
    body = {"commentator": {"name": "Ann"}, "question": {"slug": slug}, "made_at": made_at}
    data = PredictionIn.model_validate(body | (stated or {"probability": 0.8}))
    return record_prediction(session, data, now=now, actor="editor")


def change(session: Session, question: Question, **fields: Any) -> None:
    data = QuestionChange.model_validate({"reason": "a mistake"} | fields)
    change_question(session, question, data, now=NOW, actor="editor")


def last_event(session: Session) -> dict[str, Any]:
    event = session.exec(select(LedgerEvent).order_by(col(LedgerEvent.seq).desc()).limit(1)).one()
    return json.loads(event.body)


def test_topics_move_with_the_totals_that_were_counted_in_them(session: Session) -> None:
    question = enter(session, "rain", topics=["weather", "sport"])
    predict(session, "rain")
    change(session, question, topics=["weather", "climate"], event="wet-april")
    view = view_question(session, question)
    assert (view.topics, view.event) == (["climate", "weather"], "wet-april")
    totals = {row.topic: row.questions for row in session.exec(select(RunningTotal)).all()}
    assert totals == {"": 1, "weather": 1, "climate": 1, "sport": 0}
    body = last_event(session)
    assert body["before"] == {"event": "rain", "topics": ["sport", "weather"]}
    assert body["after"] == {"event": "wet-april", "topics": ["climate", "weather"]}
    assert list(verify(session)) == []


def test_options_that_have_probabilities_are_renamed_in_their_places_or_not_at_all(session: Session) -> None:
    question = enter(session, "colour", kind="categorical", options=["red", "gren", "blue"])
    change(session, question, options=["red", "gren", "blue", "grey"])
    predict(session, "colour", probabilities=[0.1, 0.2, 0.3, 0.4])
    for other in (["red", "gren"], ["gren", "red", "blue", "grey"], ["blue", "gren", "black", "grey"]):
        with pytest.raises(Conflict, match="options can only be renamed"):
            change(session, question, options=other)
    change(session, question, options=["red", "green", "blue", "grey"])
    [prediction] = view_predictions(session, [predict(session, "colour", "2025-03-02", probabilities=[0, 1, 0, 0])])
    assert prediction.probabilities == {"red": 0, "green": 1, "blue": 0, "grey": 0}
    proposal = {"outcome": "green", "known_at": "2025-03-20", "evidence": EVIDENCE, "rationale": "r"}
    propose(session, question, ProposalIn.model_validate(proposal), **BY)
    with pytest.raises(Conflict, match="an outcome that was proposed names an option"):
        change(session, question, options=["red", "olive", "blue", "grey"])
    with pytest.raises(InvalidInput, match="the question is binary"):
        change(session, enter(session, "rain"), options=["a", "b"])
    assert list(verify(session)) == []


def test_a_condition_is_corrected_or_removed_and_decides_as_if_it_had_been_there(session: Session) -> None:
    war, peace = enter(session, "war"), enter(session, "peace")
    child = enter(session, "child", condition={"question": "war", "outcome": "yes"})
    with pytest.raises(InvalidInput, match="depends on this question itself"):
        change(session, war, condition={"question": "child", "outcome": "yes"})
    with pytest.raises(InvalidInput, match="no question has the id or slug 'nothing'"):
        change(session, child, condition={"question": "nothing", "outcome": "yes"})
    change(session, child, condition={"text": "If it snows."})
    assert (child.condition_question_id, child.condition_outcome, child.condition_text) == (None, None, "If it snows.")
    change(session, child, condition=None)
    assert not child.is_conditional
    outcome = ResolutionIn.model_validate({"outcome": "no", "known_at": "2025-03-20", "evidence": EVIDENCE})
    resolve(session, peace, outcome, **BY)
    change(session, child, condition={"question": "peace", "outcome": "yes"})
    assert (child.status.value, child.outcome) == ("annulled", "annulled")
    with pytest.raises(Conflict, match="retract its resolution first"):
        change(session, child, condition=None)
    assert list(verify(session)) == []


def test_predictions_made_before_a_change_of_criteria_are_marked(session: Session) -> None:
    question = enter(session, "rain")
    change(session, question, text="Will it rain?")
    assert question.criteria_changed_at is None, "there was no prediction yet"
    early = predict(session, "rain")
    change(session, question, topics=["weather"], deadline_basis="assigned")
    assert view_predictions(session, [early])[0].flags == []
    change(session, question, resolution_criteria="By the gauge at noon.")
    late = predict(session, "rain", "2025-04-01T12:00:00Z")
    assert [view.flags for view in view_predictions(session, [early, late])] == [["criteria_changed"], []]
    filed_later = predict(session, "rain", "2025-02-01", now=NOW + timedelta(days=1))
    assert view_predictions(session, [filed_later])[0].flags == [], "recorded under the present criteria"
    change(session, question, resolution_criteria="By the gauge at noon.")  # changes nothing
    changes = session.exec(select(LedgerEvent).where(LedgerEvent.action == "question.changed")).all()
    assert len(changes) == 3
    found = find_question(session, "rain")
    assert found is not None
    assert view_question(session, found).criteria_changed_at == NOW
