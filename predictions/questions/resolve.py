"""How a question gets its outcome: resolved, corrected, taken back, or annulled because its condition failed."""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from predictions import ledger
from predictions.enums import ANNULLED, ProposalState, QuestionStatus
from predictions.errors import Conflict, InvalidInput
from predictions.models import Proposal, Question, Resolution, row_id
from predictions.outcomes import UNRESOLVED, checked_outcome
from predictions.schemas.fields import LAST_INSTANT_OF_DAY
from predictions.schemas.inputs import ResolutionIn
from predictions.scores.running_totals import rescoring

CLOCK_TOLERANCE_SECONDS = 300


def current_resolution(session: Session, question_id: int) -> Resolution | None:
    """The newest resolution of a question; one with outcome None was taken back."""
    query = select(Resolution).where(Resolution.question_id == question_id).order_by(col(Resolution.id).desc())
    return session.exec(query.limit(1)).first()


def resolve(
    session: Session,
    question: Question,
    data: ResolutionIn,
    *,
    now: datetime,
    actor: str,
    proposal: Proposal | None = None,
) -> Resolution:
    """Give a question its outcome, or correct it: scores, running totals and dependent questions follow at once.

    Raises ``InvalidInput`` for an outcome that the question cannot have or a ``known_at`` in the future, and
    ``Conflict`` where ``supersedes`` shows that somebody else was quicker, or the question's condition is undecided.
    """
    outcome = checked_outcome(question, data.outcome, pointer="/outcome", may_be_annulled=True)
    known_at = checked_known_at(data.known_at, now)
    before = current_resolution(session, row_id(question))
    _must_be_expected(before, data)
    _condition_must_hold(session, question, outcome)
    resolution = Resolution(
        question_id=row_id(question),
        outcome=outcome,
        known_at=known_at,
        evidence=[item.model_dump() for item in data.evidence],
        note=data.note,
        resolved_at=now,
        resolved_by=actor,
        proposal_id=proposal.id if proposal else None,
        supersedes_id=before.id if before else None,
    )
    _store_resolution(session, question, resolution, now=now, actor=actor)
    return resolution


def checked_known_at(known_at: datetime, now: datetime) -> datetime:
    """When an outcome became known: the last second of today, which stands for a date alone, is ``now``.

    Raises ``InvalidInput`` where it lies in the future.
    """
    if known_at.date() == now.date() and known_at.time() == LAST_INSTANT_OF_DAY:
        return min(known_at, now)
    if (known_at - now).total_seconds() > CLOCK_TOLERANCE_SECONDS:
        raise InvalidInput.at("/known_at", f"lies in the future (it is {now.isoformat()}): an outcome must be known")
    return known_at


def retract_resolution(session: Session, question: Question, reason: str, *, now: datetime, actor: str) -> Resolution:
    """Undo a resolution that should not have been made: the question is open or due again. The trail stays.

    Raises ``Conflict`` where there is nothing to take back, or the question stays annulled by its failed condition.
    """
    before = current_resolution(session, row_id(question))
    if before is None or before.outcome is None:
        raise Conflict("the question has no outcome: there is nothing to take back")
    if (condition := _failed_condition(session, question)) is not None:
        raise Conflict(
            f"it is annulled because {condition.slug!r} ended as {condition.outcome!r}, not "
            f"{question.condition_outcome!r}: correct or take back the outcome of that question instead"
        )
    resolution = Resolution(
        question_id=row_id(question),
        evidence=[],
        note=reason,
        resolved_at=now,
        resolved_by=actor,
        supersedes_id=before.id,
    )
    _store_resolution(session, question, resolution, now=now, actor=actor)
    return resolution


def annul_if_condition_failed(session: Session, question: Question, *, now: datetime) -> None:
    """Annul a conditional question whose condition has turned out false; undo that where it no longer has.

    Call it after a question with a condition is entered, and after any change of that condition's outcome.
    """
    condition = _failed_condition(session, question)
    last = current_resolution(session, row_id(question))
    if condition is not None and question.status is not QuestionStatus.ANNULLED:
        _store_resolution(session, question, _automatic(question, condition, last, now), now=now, actor=ledger.SYSTEM)
    elif condition is None and last is not None and last.automatic and last.outcome is not None:
        retract_resolution(session, question, "Its condition no longer fails.", now=now, actor=ledger.SYSTEM)


def _failed_condition(session: Session, question: Question) -> Question | None:
    """The question on which this one depends, if it ended otherwise than this one needs; else None."""
    if question.condition_question_id is None:
        return None
    condition = session.get_one(Question, question.condition_question_id)
    return None if condition.outcome in (None, question.condition_outcome) else condition


def _automatic(question: Question, condition: Question, last: Resolution | None, now: datetime) -> Resolution:
    wanted = f"{condition.slug!r} = {question.condition_outcome!r}"
    return Resolution(
        question_id=row_id(question),
        outcome=ANNULLED,
        known_at=condition.known_at,
        evidence=[],
        note=f"Annulled: the condition {wanted} was not met; that question ended as {condition.outcome!r}.",
        automatic=True,
        resolved_at=now,
        resolved_by=ledger.SYSTEM,
        supersedes_id=last.id if last else None,
    )


def _must_be_expected(before: Resolution | None, data: ResolutionIn) -> None:
    if data.supersedes is None:
        return
    expected = None if data.supersedes == "none" else data.supersedes
    present = before.id if before else None
    if expected != present:
        raise Conflict(
            f"the newest resolution is {present or 'none'}, not {data.supersedes}: somebody was quicker; "
            "read the question again before you decide"
        )


def _condition_must_hold(session: Session, question: Question, outcome: str) -> None:
    if question.condition_question_id is None or outcome == ANNULLED:
        return
    condition = session.get_one(Question, question.condition_question_id)
    if condition.outcome != question.condition_outcome:
        state = f"ended as {condition.outcome!r}" if condition.outcome else "has no outcome yet"
        raise Conflict(
            f"this question counts only if {condition.slug!r} is {question.condition_outcome!r}, and that question "
            f"{state}: resolve that one first, or annul this one"
        )


def _store_resolution(
    session: Session, question: Question, resolution: Resolution, *, now: datetime, actor: str
) -> None:
    with rescoring(session, question, now=now, actor=actor):
        session.add(resolution)
        question.outcome, question.known_at = resolution.outcome, resolution.known_at
        question.status = _status(question, resolution, now)
        question.next_prompt_at = question.due_at if question.status in UNRESOLVED else None
        question.prompts = 0
        session.flush()
        body = ledger.contents(resolution)
        ledger.append(session, now=now, actor=actor, action=_action(resolution), subject=resolution, body=body)
    _overtake_proposals(session, question, resolution, now)
    for dependent in session.exec(select(Question).where(Question.condition_question_id == question.id)).all():
        annul_if_condition_failed(session, dependent, now=now)


def _status(question: Question, resolution: Resolution, now: datetime) -> QuestionStatus:
    if resolution.outcome is None:
        return QuestionStatus.DUE if question.due_at <= now else QuestionStatus.OPEN
    return QuestionStatus.ANNULLED if resolution.outcome == ANNULLED else QuestionStatus.RESOLVED


def _action(resolution: Resolution) -> str:
    if resolution.outcome is None:
        return "resolution.retracted"
    return "resolution.corrected" if resolution.supersedes_id else "resolution.confirmed"


def _overtake_proposals(session: Session, question: Question, resolution: Resolution, now: datetime) -> None:
    """A proposal still pending when the question is resolved another way is no longer to be decided."""
    if resolution.outcome is None:
        return
    query = select(Proposal).where(Proposal.question_id == question.id, Proposal.state == ProposalState.PENDING)
    for proposal in session.exec(query).all():
        confirmed = proposal.id == resolution.proposal_id
        close_proposal(
            proposal,
            ProposalState.CONFIRMED if confirmed else ProposalState.OVERTAKEN,
            {"decided_at": now, "decided_by": resolution.resolved_by, "reason": None},
        )
    session.flush()


def close_proposal(proposal: Proposal, state: ProposalState, decision: dict[str, Any]) -> None:
    """Set what was decided about a proposal."""
    proposal.state = state
    for field, value in decision.items():
        setattr(proposal, field, value)
