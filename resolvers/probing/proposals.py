"""From what a resolver found to a proposal on record, and, where an admin has said so, to the outcome."""

from datetime import UTC, datetime

from sqlmodel import Session, select

from predictions.enums import ProposalState
from predictions.errors import TrackRecordError
from predictions.models import Proposal, Question, row_id
from predictions.questions.proposals import Finding, confirm, propose_finding, resolution_in
from predictions.questions.resolve import current_resolution
from predictions.schemas.fields import LAST_INSTANT_OF_DAY
from resolvers.probing.models import AttachedResolver
from resolvers.sources.evidence import KEYWORD, Basis, ProposedOutcome
from resolvers.sources.interface import ProbedQuestion

MAX_ACTOR = 120


def record_finding(
    session: Session, row: AttachedResolver, question: Question, proposal: ProposedOutcome, now: datetime
) -> str:
    """Put a proposal on record, resolve by it where the policy says so; gives what came of it, in words."""
    actor = f"resolver {row.resolver}"
    made = propose_finding(session, question, _finding(question, proposal, now), now=now, actor=actor)
    if made is None:
        return "the question has its outcome already"
    told = f"proposal {made.id} says {made.outcome} and is {made.state.value}"
    if not row.automatic or made.state is not ProposalState.PENDING:
        return told
    why_not = _needs_a_person(session, question, made)
    if why_not is None:
        why_not = _resolve(session, row, made, now)
    return f"{told}, and a person must decide: {why_not}" if why_not else f"{told}: it resolved the question"


def snapshot_path(sha256: str) -> str:
    """Where the bytes of a snapshot are shown."""
    return f"/snapshots/{sha256}"


def _finding(question: Question, proposal: ProposedOutcome, now: datetime) -> Finding:
    evidence = []
    for item in proposal.evidence:
        shown = {"snapshot_url": snapshot_path(item.snapshot)} if item.snapshot else {}
        evidence.append(item.model_dump(mode="json") | shown)
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
    """When the outcome became public: by the end of the event's day, as the question counts days.

    That nothing happened is known at the deadline. None where the source does not tell: a person has to.
    """
    if proposal.event_date is not None:
        zone = ProbedQuestion.of(question).zone
        end = datetime.combine(proposal.event_date, LAST_INSTANT_OF_DAY, zone).astimezone(UTC)
        return min(end, now)
    if proposal.basis is Basis.ABSENT:
        return question.deadline
    return proposal.observed_at if proposal.basis is Basis.VOID else None


def _needs_a_person(session: Session, question: Question, made: Proposal) -> str | None:
    """Why the policy does not hold for this proposal; None where it does."""
    if made.confidence <= KEYWORD:
        return "it is a lead only"
    if made.known_at is None:
        return "the source does not say when it became known"
    if current_resolution(session, row_id(question)) is not None:
        return "a resolution of this question was taken back before"
    others = select(Proposal).where(Proposal.question_id == question.id, Proposal.outcome != made.outcome)
    if session.exec(others.where(Proposal.state == ProposalState.PENDING)).first() is not None:
        return "another proposal contradicts it"
    return None


def _resolve(session: Session, row: AttachedResolver, made: Proposal, now: datetime) -> str | None:
    """Resolve the question by its resolver; why that cannot be, where it cannot."""
    data = resolution_in(
        made,
        note=f"{made.rationale} Resolved by its resolver without a person, as {row.automatic_by} set for this "
        "question; a correction reverses it.",
        supersedes="none",
    )
    actor = f"resolver {row.resolver}, automatically"[:MAX_ACTOR]
    try:
        with session.begin_nested():
            confirm(session, made, data, now=now, actor=actor)
    except TrackRecordError as error:
        return error.detail
    return None
