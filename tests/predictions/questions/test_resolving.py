"""Resolving: an outcome is scored at once, is corrected visibly, and decides the questions conditional on it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import Session, col, select

from predictions import ledger
from predictions.audit.verify import verify
from predictions.enums import QuestionStatus
from predictions.errors import Conflict, InvalidInput
from predictions.models import LedgerEvent, Question, Resolution, RunningTotal, Score
from predictions.questions.change import change_question
from predictions.questions.create import enter_question
from predictions.questions.lifecycle import declare_decided, postpone
from predictions.questions.lookup import find_question
from predictions.questions.resolve import resolve, retract_resolution
from predictions.schemas.change_inputs import QuestionChange
from predictions.schemas.inputs import PredictionIn, QuestionIn, ResolutionIn
from predictions.scoring.units import SCALE
from predictions.submissions.record import record_prediction

NOW = datetime(2025, 4, 1, 12, tzinfo=UTC)
EARLY = datetime(2025, 3, 10, 12, tzinfo=UTC)
BY: dict[str, Any] = {"now": NOW, "actor": "editor"}


def enter(session: Session, slug: str, **more: Any) -> Question:
    body = {"slug": slug, "text": f"{slug}?", "resolution_criteria": "c"}
    body |= {"deadline": "2025-03-20", "deadline_basis": "stated"}
    question = enter_question(session, QuestionIn.model_validate(body | more), **BY)
    prediction = {
        "commentator": {"name": "Ann"},
        "question": {"slug": slug},
        "made_at": "2025-03-01",
        "probability": 0.8,
    }
    record_prediction(session, PredictionIn.model_validate(prediction), **BY)
    return question


def resolve_checked(session: Session, slug: str, outcome: str, **more: Any) -> Resolution:
    body = {"outcome": outcome, "known_at": "2025-03-20", "evidence": [{"url": "https://example.org/"}]}
    row = resolve(session, the(session, slug), ResolutionIn.model_validate(body | more), **BY)
    assert list(verify(session)) == []
    return row


def the(session: Session, slug: str) -> Question:
    found = find_question(session, slug)
    assert found is not None
    return found


def opening_scores(session: Session) -> list[float]:
    return [score / SCALE for score in session.exec(select(Score.opening).order_by(col(Score.question_id))) if score]


@pytest.fixture
def conditional_questions(session: Session) -> Session:
    """A question, one that counts only if it ends with yes, and one that counts only if that one does too."""
    enter(session, "parent")
    enter(session, "child", condition={"question": "parent", "outcome": "yes"})
    enter(session, "grandchild", condition={"question": "child", "outcome": "yes"})
    return session


def states(session: Session) -> list[str]:
    return [question.status.value for question in session.exec(select(Question).order_by(col(Question.id)))]


def test_a_correction_rescores_in_the_same_transaction_and_the_trail_stays(session: Session) -> None:
    enter(session, "rain")
    first = resolve_checked(session, "rain", "yes")
    assert opening_scores(session) == [0.04]
    second = resolve_checked(session, "rain", "no")
    assert opening_scores(session) == [0.64]
    assert (second.supersedes_id, first.outcome, len(session.exec(select(Resolution)).all())) == (first.id, "yes", 2)


def test_a_retraction_leaves_no_score_and_the_question_due(session: Session) -> None:
    enter(session, "rain")
    resolve_checked(session, "rain", "yes")
    retract_resolution(session, the(session, "rain"), "too soon", **BY)
    assert (opening_scores(session), states(session)) == ([], ["due"])
    with pytest.raises(Conflict):
        retract_resolution(session, the(session, "rain"), "again", **BY)
    assert {row.resolved for row in session.exec(select(RunningTotal))} == {0}
    resolve_checked(session, "rain", "no")
    assert opening_scores(session) == [0.64]


def test_the_slower_of_two_resolutions_gets_a_conflict(session: Session) -> None:
    enter(session, "rain")
    first = resolve_checked(session, "rain", "yes", supersedes="none")
    for seen in ("none", (first.id or 0) + 1):
        with pytest.raises(Conflict):
            resolve_checked(session, "rain", "no", supersedes=seen)
    assert resolve_checked(session, "rain", "no", supersedes=first.id).supersedes_id == first.id


def test_a_failed_condition_annuls_every_question_that_depends_on_it(conditional_questions: Session) -> None:
    resolve_checked(conditional_questions, "parent", "no")
    assert states(conditional_questions) == ["resolved", "annulled", "annulled"]
    assert opening_scores(conditional_questions) == [0.64]


def test_a_correction_of_the_condition_brings_the_annulled_back(conditional_questions: Session) -> None:
    resolve_checked(conditional_questions, "parent", "no")
    resolve_checked(conditional_questions, "parent", "yes")
    assert states(conditional_questions) == ["resolved", "open", "open"], "as they were"
    resolve_checked(conditional_questions, "child", "yes")
    resolve_checked(conditional_questions, "grandchild", "no")
    assert opening_scores(conditional_questions) == [0.04, 0.04, 0.64]


def test_a_correction_of_the_condition_annuls_what_was_resolved(conditional_questions: Session) -> None:
    for slug in ("parent", "child", "grandchild"):
        resolve_checked(conditional_questions, slug, "yes")
    resolve_checked(conditional_questions, "parent", "no")
    assert states(conditional_questions) == ["resolved", "annulled", "annulled"]
    assert opening_scores(conditional_questions) == [0.64]
    assert list(verify(conditional_questions)) == []


def test_what_a_failed_condition_annulled_comes_back_only_with_its_condition(conditional_questions: Session) -> None:
    resolve_checked(conditional_questions, "parent", "no")
    with pytest.raises(Conflict, match="correct or retract the resolution of that question"):
        retract_resolution(conditional_questions, the(conditional_questions, "child"), "a slip", **BY)
    assert the(conditional_questions, "child").status is QuestionStatus.ANNULLED
    retract_resolution(conditional_questions, the(conditional_questions, "parent"), "a slip", **BY)
    assert the(conditional_questions, "child").outcome is None


def test_a_conditional_question_waits_for_its_condition(conditional_questions: Session) -> None:
    with pytest.raises(Conflict, match="no outcome yet"):
        resolve_checked(conditional_questions, "child", "yes")
    resolve_checked(conditional_questions, "child", "annulled")
    assert states(conditional_questions)[1:] == ["annulled", "annulled"]


def test_a_question_entered_after_its_condition_failed_is_annulled_at_once(session: Session) -> None:
    enter(session, "parent")
    resolve_checked(session, "parent", "no")
    assert enter(session, "child", condition={"question": "parent", "outcome": "yes"}).status is QuestionStatus.ANNULLED
    assert list(verify(session)) == []


def test_an_annulled_question_is_counted_in_the_open_and_not_scored(session: Session) -> None:
    enter(session, "rain")
    resolve_checked(session, "rain", "annulled")
    assert opening_scores(session) == []
    assert [(row.questions, row.annulled, row.resolved) for row in session.exec(select(RunningTotal))] == [(1, 1, 0)]


def test_an_outcome_may_be_spelled_in_any_case_but_must_be_one_of_the_question(session: Session) -> None:
    enter(session, "rain")
    assert resolve_checked(session, "rain", "YES").outcome == "yes"
    with pytest.raises(InvalidInput, match="yes, no, annulled"):
        resolve_checked(session, "rain", "perhaps")


def test_a_question_declared_decided_is_due_before_its_deadline(session: Session) -> None:
    question = enter(session, "rain", deadline="2025-12-31")
    declare_decided(session, question, "the club folded", now=EARLY, actor="editor")
    assert (question.due_at, question.next_prompt_at) == (EARLY, EARLY)
    assert question.deadline.year == 2025
    assert _last(session).action == "question.declared_decided"


def test_a_postponed_deadline_is_a_new_event_and_the_earlier_one_stays_in_the_ledger(session: Session) -> None:
    question = enter(session, "rain")
    later = datetime(2025, 5, 1, tzinfo=UTC)
    postpone(session, question, later, "the vote was moved", **BY)
    assert (question.deadline, question.due_at, question.status) == (later, later, QuestionStatus.OPEN)
    event = _last(session)
    assert event.action == "question.postponed"
    assert "2025-03-20T23:59:59" in event.body
    with pytest.raises(InvalidInput, match="later"):
        postpone(session, question, later, "same", **BY)
    assert list(verify(session)) == []


def test_a_resolved_question_is_neither_moved_nor_reworded_nor_declared_decided(session: Session) -> None:
    question = enter(session, "rain")
    resolve_checked(session, "rain", "yes")
    with pytest.raises(Conflict):
        postpone(session, question, datetime(2025, 5, 1, tzinfo=UTC), "r", **BY)
    with pytest.raises(Conflict):
        change_question(session, question, QuestionChange(text="other", reason="r"), **BY)
    with pytest.raises(Conflict):
        declare_decided(session, question, "r", **BY)


def test_the_ledger_is_one_chain_over_everything_that_was_done(conditional_questions: Session) -> None:
    resolve_checked(conditional_questions, "parent", "no")
    resolve_checked(conditional_questions, "parent", "yes")
    events = conditional_questions.exec(select(LedgerEvent).order_by(col(LedgerEvent.seq))).all()
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert len({event.hash for event in events}) == len(events)
    assert ledger.head(conditional_questions).hash == events[-1].hash
    assert list(ledger.chain_errors(conditional_questions)) == []


def _last(session: Session) -> LedgerEvent:
    return session.exec(select(LedgerEvent).order_by(col(LedgerEvent.seq).desc())).first() or pytest.fail("no event")
