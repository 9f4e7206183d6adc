"""Propose outcomes, and confirm or reject the proposals. A proposal does not score until confirmed."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Text, cast
from sqlmodel import Session, col, select

from predictions import ledger
from predictions.enums import RETRACTED, ProposalState
from predictions.errors import Conflict, InvalidInput
from predictions.models import Proposal, Question, Resolution, row_id
from predictions.outcomes import checked_outcome
from predictions.questions.resolve import checked_known_at, close_proposal, resolve, retract_resolution
from predictions.schemas.inputs import EvidenceIn, ProposalIn, ResolutionIn

PERSON = "person"

#: Higher tiers of confidence are fixed for kinds of sources; a person's proposal claims none of them.
CONFIDENCE_OF_A_PERSON = 0.5


def propose(session: Session, question: Question, data: ProposalIn, *, now: datetime, actor: str) -> Proposal:
    """Propose an outcome with evidence.

    The same outcome with the same evidence is one proposal: a repetition returns the one on record, pending again if
    a resolution that has since been retracted had closed it. Raises ``InvalidInput`` for an impossible outcome or a
    ``known_at`` in the future, ``Conflict`` if the question has an outcome or the proposal was rejected before.
    """
    outcome = checked_outcome(question, data.outcome, pointer="/outcome", may_be_annulled=True)
    known_at = checked_known_at(data.known_at, now, question.deadline_zone)
    if question.outcome is not None:
        raise Conflict(
            f"the question is {question.status.value} ({question.outcome!r}): correct its resolution if it is wrong"
        )
    evidence = [item.model_dump() for item in data.evidence]
    finding = Finding(
        resolver=PERSON,
        config_sha256="",
        outcome=outcome,
        known_at=known_at,
        confidence=CONFIDENCE_OF_A_PERSON,
        rationale=data.rationale,
        evidence=evidence,
        evidence_sha256=_digest(evidence),
    )
    existing = _same(session, question, finding)
    if existing is not None and existing.state is ProposalState.REJECTED:
        raise Conflict(
            f"proposal {existing.id} has the same outcome and evidence and was rejected ({existing.reason}): "
            "give other evidence"
        )
    return _put(session, question, finding, existing, now, actor)


@dataclass(frozen=True)
class Finding:
    """An outcome with evidence, found by a resolver. The hashes identify a repeated finding."""

    resolver: str
    config_sha256: str
    outcome: str
    known_at: datetime | None
    confidence: float
    rationale: str
    evidence: list[dict[str, Any]]
    evidence_sha256: str


def propose_finding(
    session: Session, question: Question, finding: Finding, *, now: datetime, actor: str
) -> Proposal | None:
    """Propose the outcome that a resolver found, or ``retracted``. Returns None if the question has that state already.

    The same finding is one proposal: a repetition returns the one on record, rejected as it was, or pending again if
    a resolution that has since been retracted had closed it. On a question with an outcome only news is proposed:
    another outcome than a person knew of, or that the source took back what it had said. Raises ``InvalidInput`` for
    an impossible outcome.
    """
    if finding.outcome != RETRACTED:
        checked_outcome(question, finding.outcome, pointer="/outcome", may_be_annulled=True)
    if finding.outcome == (question.outcome or RETRACTED):
        _withdraw_contradictions(session, question, finding, now, actor)
        return None
    existing = _same(session, question, finding)
    if existing is not None and existing.state is ProposalState.REJECTED:
        return existing
    if question.outcome is not None and not _is_news(session, question, finding, existing, actor):
        return existing
    if question.outcome is not None and (existing is None or existing.state is not ProposalState.PENDING):
        # Nobody looks at a resolved question without being asked.
        planned = {"next_prompt_at": now}
        ledger.append_change(session, question, planned, now=now, actor=actor, action="question.prompt_planned")
    return _put(session, question, finding, existing, now, actor)


def _is_news(session: Session, question: Question, finding: Finding, existing: Proposal | None, actor: str) -> bool:
    """Return whether a finding that contradicts the outcome on record is more than was known when it was recorded."""
    own = select(Proposal).where(Proposal.question_id == question.id, Proposal.resolver == finding.resolver)
    if existing is None:
        said_before = own.where(Proposal.config_sha256 == finding.config_sha256, Proposal.outcome == question.outcome)
        return finding.outcome != RETRACTED or session.exec(said_before).first() is not None
    if existing.decided_at is None or existing.decided_by == actor:
        return True  # nobody has decided it, or the resolver itself had withdrawn it
    return session.exec(own.where(Proposal.proposed_at > existing.decided_at)).first() is not None


def _withdraw_contradictions(session: Session, question: Question, finding: Finding, now: datetime, actor: str) -> None:
    """Close the pending proposals of a resolver whose source agrees with the outcome on record again."""
    pending = select(Proposal).where(
        Proposal.question_id == question.id,
        Proposal.state == ProposalState.PENDING,
        Proposal.resolver == finding.resolver,
        Proposal.config_sha256 == finding.config_sha256,
    )
    for proposal in session.exec(pending).all() if question.outcome is not None else ():
        reason = f"the source says {question.outcome} again"
        state, action = ProposalState.OVERTAKEN, "proposal.withdrawn"
        close_proposal(session, proposal, state, now=now, actor=actor, action=action, reason=reason)


def _same(session: Session, question: Question, finding: Finding) -> Proposal | None:
    unique = (
        Proposal.question_id == question.id,
        Proposal.resolver == finding.resolver,
        Proposal.config_sha256 == finding.config_sha256,
        Proposal.outcome == finding.outcome,
        Proposal.evidence_sha256 == finding.evidence_sha256,
    )
    return session.exec(select(Proposal).where(*unique)).first()


def _put(
    session: Session, question: Question, finding: Finding, existing: Proposal | None, now: datetime, actor: str
) -> Proposal:
    """Return a new proposal, or the equal one on record as pending."""
    if existing is not None:
        return _again(session, existing, now, actor)
    proposal = Proposal(question_id=row_id(question), **asdict(finding), proposed_by=actor, proposed_at=now)
    session.add(proposal)
    session.flush()
    body = ledger.contents(proposal)
    ledger.append(session, now=now, actor=actor, action="proposal.made", subject=proposal, body=body)
    return proposal


def _digest(evidence: list[dict[str, Any]]) -> str:
    """Return the hash of the evidence, independent of its order."""
    items = sorted([item["url"], item["note"]] for item in evidence)
    return sha256(json.dumps(items, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


def _again(session: Session, proposal: Proposal, now: datetime, actor: str) -> Proposal:
    """Make a proposal pending again, or the newest again if another of its resolver has contradicted it since."""
    later = select(Proposal).where(
        Proposal.question_id == proposal.question_id,
        Proposal.resolver == proposal.resolver,
        Proposal.state == ProposalState.PENDING,
        Proposal.outcome != proposal.outcome,
        Proposal.proposed_at > proposal.proposed_at,
    )
    if proposal.state is not ProposalState.PENDING or session.exec(later).first() is not None:
        undecided: dict[str, Any] = dict.fromkeys(("decided_at", "decided_by", "reason"))
        changes = {"state": ProposalState.PENDING, "proposed_at": now, **undecided}
        ledger.append_change(session, proposal, changes, now=now, actor=actor, action="proposal.made_again")
    return proposal


def confirm(
    session: Session, proposal: Proposal, amendments: ResolutionIn | None, *, now: datetime, actor: str
) -> Resolution:
    """Resolve the question with the outcome of the proposal, or retract its outcome if the proposal says so.

    ``amendments`` replace the proposal's date, evidence and note; their outcome must be the proposal's. Raises
    ``Conflict`` if the proposal is already decided, ``InvalidInput`` for another outcome or if neither gives
    ``known_at``, and the errors of ``resolve``.
    """
    _must_be_pending(proposal)
    question = session.get_one(Question, proposal.question_id)
    if proposes_retraction(proposal):
        return _confirm_retraction(session, question, proposal, amendments, now=now, actor=actor)
    data = amendments or resolution_in(proposal)
    outcome = checked_outcome(question, data.outcome, pointer="/outcome", may_be_annulled=True)
    if outcome != proposal.outcome:
        raise InvalidInput.at(
            "/outcome",
            f"the proposal says {proposal.outcome!r}, not {outcome!r}: resolve the question itself to say otherwise",
        )
    return resolve(session, question, data, now=now, actor=actor, proposal=proposal)


def proposes_retraction(proposal: Proposal) -> bool:
    """Return whether a proposal says that the outcome on record was taken back; an option may have that name too."""
    return proposal.outcome == RETRACTED and proposal.resolver != PERSON


def _confirm_retraction(
    session: Session,
    question: Question,
    proposal: Proposal,
    amendments: ResolutionIn | None,
    *,
    now: datetime,
    actor: str,
) -> Resolution:
    if amendments is not None:
        raise InvalidInput.at("/outcome", "the proposal retracts the outcome on record: confirm it without a body")
    return retract_resolution(session, question, proposal.rationale, now=now, actor=actor, proposal=proposal)


def resolution_in(proposal: Proposal, **changes: Any) -> ResolutionIn:
    """Return the resolution that a proposal suggests, with ``changes`` to its fields.

    Each piece of evidence has the note of a person or the excerpt of a resolver. Raises ``InvalidInput`` at
    ``/known_at`` without a date.
    """
    same = {"outcome": proposal.outcome, "known_at": proposal.known_at, "note": proposal.rationale} | changes
    if same["known_at"] is None:
        raise InvalidInput.at("/known_at", "the proposal has no date: say when the outcome became public")
    evidence = [
        EvidenceIn(url=item["url"], note=item.get("note") or item.get("excerpt") or "") for item in proposal.evidence
    ]
    return ResolutionIn(evidence=evidence, **same)


def reject(session: Session, proposal: Proposal, reason: str, *, now: datetime, actor: str) -> None:
    """Reject a proposal with a reason. Raises ``Conflict`` if it is already decided."""
    _must_be_pending(proposal)
    close_proposal(session, proposal, ProposalState.REJECTED, now=now, actor=actor, reason=reason)


def _must_be_pending(proposal: Proposal) -> None:
    if proposal.state is not ProposalState.PENDING:
        raise Conflict(f"proposal {proposal.id} is {proposal.state.value} already: only a pending one can be decided")


def list_proposals(
    session: Session, *, question: int | None, state: ProposalState | None, after: int, limit: int
) -> list[Proposal]:
    """Return up to ``limit`` proposals with ids above ``after`` in order of entry, by question and state if given."""
    query = select(Proposal).where(col(Proposal.id) > after)
    if question is not None:
        query = query.where(Proposal.question_id == question)
    if state is not None:
        query = query.where(Proposal.state == state)
    return list(session.exec(query.order_by(col(Proposal.id)).limit(limit)).all())


def cites_snapshot(session: Session, sha256: str) -> bool:
    """Return whether the evidence of any proposal names the snapshot."""
    cites = cast(col(Proposal.evidence), Text).contains(f'"snapshot": "{sha256}"')
    return session.execute(select(col(Proposal.id)).where(cites).limit(1)).first() is not None
