"""Proposals as a person makes and decides them: an outcome is suggested, then confirmed or rejected. None scores."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Text, cast
from sqlmodel import Session, col, select

from predictions import ledger
from predictions.enums import ProposalState
from predictions.errors import Conflict, InvalidInput
from predictions.models import Proposal, Question, Resolution, row_id
from predictions.outcomes import checked_outcome
from predictions.questions.resolve import checked_known_at, close_proposal, resolve
from predictions.schemas.inputs import EvidenceIn, ProposalIn, ResolutionIn

PERSON = "person"

#: The fixed tiers of confidence belong to kinds of sources; a person's suggestion claims none of them.
CONFIDENCE_OF_A_PERSON = 0.5


def propose(session: Session, question: Question, data: ProposalIn, *, now: datetime, actor: str) -> Proposal:
    """Put an outcome with its evidence before those who resolve.

    The same outcome with the same evidence is one proposal, however often it is made: the one on record is given
    back, pending again if a resolution that was since taken back had closed it. Raises ``InvalidInput`` for an
    outcome that the question cannot have or a ``known_at`` in the future, and ``Conflict`` where the question has an
    outcome or the proposal was rejected before.
    """
    outcome = checked_outcome(question, data.outcome, pointer="/outcome", may_be_annulled=True)
    known_at = checked_known_at(data.known_at, now)
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
    found = _same(session, question, finding)
    if found is not None and found.state is ProposalState.REJECTED:
        raise Conflict(
            f"proposal {found.id} said the same with the same evidence and was rejected ({found.reason}): "
            "bring other evidence"
        )
    return _put(session, question, finding, found, now, actor)


@dataclass(frozen=True)
class Finding:
    """An outcome with its evidence, as a resolver has found it. The hashes tell what is the same finding again."""

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
    """Put what a resolver found before those who resolve; None where the question already has its outcome.

    The same finding is one proposal, however often it is made: the one on record is given back, as it was decided, or
    pending again if a resolution that was since taken back had closed it. Raises ``InvalidInput`` for an outcome that
    the question cannot have.
    """
    checked_outcome(question, finding.outcome, pointer="/outcome", may_be_annulled=True)
    if question.outcome is not None:
        return None
    found = _same(session, question, finding)
    if found is not None and found.state is ProposalState.REJECTED:
        return found
    return _put(session, question, finding, found, now, actor)


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
    session: Session, question: Question, finding: Finding, found: Proposal | None, now: datetime, actor: str
) -> Proposal:
    """A new proposal, or the one on record that says the same, open to be decided."""
    if found is not None:
        return _again(session, found, now, actor)
    proposal = Proposal(question_id=row_id(question), **asdict(finding), proposed_by=actor, proposed_at=now)
    session.add(proposal)
    session.flush()
    _append_ledger_event(session, "proposal.made", proposal, ledger.contents(proposal), now, actor)
    return proposal


def _digest(evidence: list[dict[str, Any]]) -> str:
    """The hash of the evidence, whatever its order."""
    seen = sorted([item["url"], item["note"]] for item in evidence)
    return sha256(json.dumps(seen, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


def _again(session: Session, proposal: Proposal, now: datetime, actor: str) -> Proposal:
    if proposal.state is not ProposalState.PENDING:
        before = {"state": proposal.state, "decided_by": proposal.decided_by, "decided_at": proposal.decided_at}
        close_proposal(proposal, ProposalState.PENDING, dict.fromkeys(("decided_at", "decided_by", "reason")))
        session.flush()
        _append_ledger_event(session, "proposal.made_again", proposal, {"before": before}, now, actor)
    return proposal


def confirm(
    session: Session, proposal: Proposal, amendments: ResolutionIn | None, *, now: datetime, actor: str
) -> Resolution:
    """Resolve the question as the proposal says. ``amendments`` give the resolution's date, evidence and note in
    place of the proposal's; its outcome must be the proposal's.

    Raises ``Conflict`` where the proposal is decided already, ``InvalidInput`` for another outcome or where neither
    says when the outcome became known, and otherwise as ``resolve`` does.
    """
    _must_be_pending(proposal)
    question = session.get_one(Question, proposal.question_id)
    data = amendments or resolution_in(proposal)
    outcome = checked_outcome(question, data.outcome, pointer="/outcome", may_be_annulled=True)
    if outcome != proposal.outcome:
        raise InvalidInput.at(
            "/outcome",
            f"the proposal says {proposal.outcome!r}, not {outcome!r}: resolve the question itself to say otherwise",
        )
    resolution = resolve(session, question, data, now=now, actor=actor, proposal=proposal)
    _append_ledger_event(session, "proposal.confirmed", proposal, {"resolution": row_id(resolution)}, now, actor)
    return resolution


def resolution_in(proposal: Proposal, **changes: Any) -> ResolutionIn:
    """Return a proposal as a resolution, some of its fields replaced by ``changes``.

    Each piece of evidence has a person's note or the passage that a resolver saw. Raises ``InvalidInput`` without a
    date.
    """
    same = {"outcome": proposal.outcome, "known_at": proposal.known_at, "note": proposal.rationale} | changes
    if same["known_at"] is None:
        raise InvalidInput.at("/known_at", "the proposal has no date: say when the outcome became public")
    evidence = [
        EvidenceIn(url=item["url"], note=item.get("note") or item.get("excerpt") or "") for item in proposal.evidence
    ]
    return ResolutionIn(evidence=evidence, **same)


def reject(session: Session, proposal: Proposal, reason: str, *, now: datetime, actor: str) -> None:
    """Say that a proposal is not what happened, and why. Raises ``Conflict`` where it is decided already."""
    _must_be_pending(proposal)
    close_proposal(proposal, ProposalState.REJECTED, {"decided_at": now, "decided_by": actor, "reason": reason})
    session.flush()
    _append_ledger_event(session, "proposal.rejected", proposal, {"reason": reason}, now, actor)


def _must_be_pending(proposal: Proposal) -> None:
    if proposal.state is not ProposalState.PENDING:
        raise Conflict(f"proposal {proposal.id} is {proposal.state.value} already: only a pending one can be decided")


def _append_ledger_event(
    session: Session, action: str, proposal: Proposal, body: dict[str, Any], now: datetime, actor: str
) -> None:
    ledger.append(session, now=now, actor=actor, action=action, subject=proposal, body=body)


def list_proposals(
    session: Session, *, question: int | None, state: ProposalState | None, after: int, limit: int
) -> list[Proposal]:
    """Proposals in order of entry, those behind number ``after``; of one question and in one state, if given."""
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
