"""Record the proposal of a resolver, and resolve the question by it if an admin has allowed that."""

from datetime import datetime

from sqlmodel import Session, select

from predictions.enums import ProposalState
from predictions.errors import TrackRecordError
from predictions.models import Proposal, Question, row_id
from predictions.questions.proposals import Finding, confirm, propose_finding, resolution_in
from predictions.questions.resolve import current_resolution
from predictions.schemas.fields import end_of_day
from resolvers.probing.models import AttachedResolver
from resolvers.sources.evidence import KEYWORD, Basis, ProposedOutcome

MAX_ACTOR = 120


def record_finding(
    session: Session, row: AttachedResolver, question: Question, proposal: ProposedOutcome, now: datetime
) -> tuple[Proposal | None, str]:
    """Record a proposal, and resolve by it if the resolver is automatic; return it with a sentence on the result.

    It is None if it says what is on record already, or retracts what its source had not said.
    """
    actor = f"resolver {row.resolver}"
    recorded = propose_finding(session, question, _finding(question, proposal, now), now=now, actor=actor)
    if recorded is None:
        return None, f"the question has the outcome {question.outcome}, which this does not contradict"
    summary = f"proposal {recorded.id} says {recorded.outcome} and is {recorded.state.value}"
    if not row.automatic or recorded.state is not ProposalState.PENDING:
        return recorded, summary
    obstacle = _reason_for_review(session, question, recorded)
    if obstacle is None:
        obstacle = _resolve(session, row, recorded, now)
    end = f", and a person must decide: {obstacle}" if obstacle else ": it resolved the question"
    return recorded, summary + end


def snapshot_path(sha256: str) -> str:
    """Return the path under which a snapshot is shown."""
    return f"/snapshots/{sha256}"


def _finding(question: Question, proposal: ProposedOutcome, now: datetime) -> Finding:
    evidence = []
    for item in proposal.evidence:
        link = {"snapshot_url": snapshot_path(item.snapshot)} if item.snapshot else {}
        evidence.append(item.model_dump(mode="json") | link)
    return Finding(
        resolver=proposal.resolver,
        config_sha256=proposal.config_sha256,
        outcome=proposal.outcome,
        known_at=_known_at(question, proposal, now),
        confidence=proposal.confidence,
        rationale=proposal.rationale,
        evidence=evidence,
        evidence_sha256=proposal.evidence_sha256,
    )


def _known_at(question: Question, proposal: ProposedOutcome, now: datetime) -> datetime | None:
    """Return when the outcome became public: at the latest at the end of the event's day, in the question's zone.

    That nothing happened becomes known at the deadline. None if the source does not give a time; a person has to.
    """
    if proposal.event_date is not None:
        return min(end_of_day(proposal.event_date, question.deadline_zone), now)
    if proposal.basis is Basis.ABSENT:
        return question.deadline
    return proposal.observed_at if proposal.basis is Basis.VOID else None


def _reason_for_review(session: Session, question: Question, recorded: Proposal) -> str | None:
    """Return why a person must confirm this proposal; None if it may resolve the question."""
    if question.outcome is not None:
        return f"it contradicts the outcome on record, {question.outcome}"
    if recorded.confidence <= KEYWORD:
        return "its confidence is too low"
    if recorded.known_at is None:
        return "the source does not say when it became known"
    if current_resolution(session, row_id(question)) is not None:
        return "an earlier resolution of this question was retracted"
    others = select(Proposal).where(Proposal.question_id == question.id, Proposal.outcome != recorded.outcome)
    if session.exec(others.where(Proposal.state == ProposalState.PENDING)).first() is not None:
        return "another proposal contradicts it"
    return None


def _resolve(session: Session, row: AttachedResolver, recorded: Proposal, now: datetime) -> str | None:
    """Resolve the question by its resolver; return the error if that fails."""
    data = resolution_in(
        recorded,
        note=f"{recorded.rationale} Resolved by its resolver without a person, as {row.automatic_by} set for this "
        "question; a correction reverses it.",
        supersedes="none",
    )
    actor = f"resolver {row.resolver}, automatically"[:MAX_ACTOR]
    try:
        with session.begin_nested():
            confirm(session, recorded, data, now=now, actor=actor)
    except TrackRecordError as error:
        return error.detail
    return None
