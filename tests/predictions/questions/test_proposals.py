"""Proposals of people: made, confirmed, rejected; none of them scores."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import Session, col, select

from predictions.audit.verify import verify
from predictions.enums import ProposalState, QuestionStatus
from predictions.errors import Conflict, InvalidInput
from predictions.models import LedgerEvent, Proposal, Question, Score
from predictions.questions.create import enter_question
from predictions.questions.proposals import confirm, propose, reject
from predictions.questions.resolve import current_resolution, resolve, retract_resolution
from predictions.schemas.inputs import PredictionIn, ProposalIn, QuestionIn, ResolutionIn
from predictions.submissions.record import record_prediction

NOW = datetime(2025, 6, 10, 12, tzinfo=UTC)
BY: dict[str, Any] = {"now": NOW, "actor": "editor"}


@pytest.fixture
def question(session: Session) -> Question:
    body = {"slug": "q", "text": "t", "resolution_criteria": "c", "deadline": "2025-06-01", "deadline_basis": "stated"}
    entered = enter_question(session, QuestionIn.model_validate(body), **BY)
    prediction = {
        "commentator": {"name": "Ann"},
        "question": {"slug": "q"},
        "made_at": "2025-05-01",
        "probability": 0.8,
    }
    record_prediction(session, PredictionIn.model_validate(prediction), **BY)
    return entered


def proposal_in(outcome: str = "yes", url: str = "https://example.org/a", **more: Any) -> ProposalIn:
    evidence = [{"url": url, "note": "seen"}]
    body = {"outcome": outcome, "known_at": "2025-06-01", "evidence": evidence, "rationale": "Both papers say so."}
    return ProposalIn.model_validate(body | more)


def resolution(outcome: str) -> ResolutionIn:
    body = {"outcome": outcome, "known_at": "2025-06-01", "evidence": [{"url": "https://example.org/b"}]}
    return ResolutionIn.model_validate(body)


def actions(session: Session) -> list[str]:
    return list(session.exec(select(LedgerEvent.action).order_by(col(LedgerEvent.seq))).all())


def test_a_proposal_scores_nothing_and_is_in_the_ledger(session: Session, question: Question) -> None:
    made = propose(session, question, proposal_in(), **BY)
    assert made.state is ProposalState.PENDING
    assert question.status is not QuestionStatus.RESOLVED
    assert session.exec(select(Score)).first() is None
    assert actions(session)[-1] == "proposal.made"


def test_the_same_proposal_made_twice_is_one(session: Session, question: Question) -> None:
    first, second = (propose(session, question, proposal_in(), **BY) for _ in range(2))
    assert first.id == second.id
    assert len(session.exec(select(Proposal)).all()) == 1


def test_contradicting_proposals_are_pending_together(session: Session, question: Question) -> None:
    propose(session, question, proposal_in("yes"), **BY)
    propose(session, question, proposal_in("no"), **BY)
    assert {row.state for row in session.exec(select(Proposal)).all()} == {ProposalState.PENDING}


def test_a_confirmed_proposal_resolves_the_question_with_its_evidence(session: Session, question: Question) -> None:
    made, other = (propose(session, question, proposal_in(outcome), **BY) for outcome in ("yes", "no"))
    resolved = confirm(session, made, None, **BY)
    assert (question.status, question.outcome) == (QuestionStatus.RESOLVED, "yes")
    assert resolved.proposal_id == made.id
    assert resolved.evidence == [{"url": "https://example.org/a", "note": "seen"}]
    assert (made.state, other.state) == (ProposalState.CONFIRMED, ProposalState.OVERTAKEN)
    assert session.exec(select(Score.opening)).one() == 40_000_000_000
    assert list(verify(session)) == []


def test_confirming_may_amend_evidence_and_date_but_not_the_outcome(session: Session, question: Question) -> None:
    made = propose(session, question, proposal_in("yes"), **BY)
    with pytest.raises(InvalidInput) as found:
        confirm(session, made, resolution("no"), **BY)
    assert found.value.faults[0].pointer == "/outcome"
    assert confirm(session, made, resolution("yes"), **BY).evidence[0]["url"] == "https://example.org/b"


def test_a_rejected_proposal_stays_with_its_reason_and_cannot_be_confirmed(
    session: Session, question: Question
) -> None:
    made = propose(session, question, proposal_in(), **BY)
    reject(session, made, "another event", **BY)
    assert (made.state, made.reason, made.decided_by) == (ProposalState.REJECTED, "another event", "editor")
    with pytest.raises(Conflict):
        confirm(session, made, None, **BY)
    with pytest.raises(Conflict):
        reject(session, made, "again", **BY)
    with pytest.raises(Conflict):
        propose(session, question, proposal_in(), **BY)


def test_a_resolved_question_takes_no_proposal(session: Session, question: Question) -> None:
    resolve(session, question, resolution("no"), **BY)
    with pytest.raises(Conflict):
        propose(session, question, proposal_in(), **BY)


def test_a_proposal_can_be_made_again_once_its_resolution_was_retracted(session: Session, question: Question) -> None:
    made = propose(session, question, proposal_in(), **BY)
    confirm(session, made, None, **BY)
    retract_resolution(session, question, "the papers retracted", **BY)
    again = propose(session, question, proposal_in(), **BY)
    assert (again.id, again.state) == (made.id, ProposalState.PENDING)
    assert current_resolution(session, question.id or 0).outcome is None  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("changes", "pointer"), [({"outcome": "perhaps"}, "/outcome"), ({"known_at": "2025-06-11"}, "/known_at")]
)
def test_a_proposal_must_fit_the_question_and_the_present(
    session: Session, question: Question, changes: dict[str, str], pointer: str
) -> None:
    with pytest.raises(InvalidInput) as found:
        propose(session, question, proposal_in(**changes), **BY)
    assert found.value.faults[0].pointer == pointer
