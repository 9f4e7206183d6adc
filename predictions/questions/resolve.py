"""Resolve a question, correct or retract its resolution, or annul it because its condition failed."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from predictions import ledger
from predictions.clock_tolerance import CLOCK_TOLERANCE
from predictions.enums import ANNULLED, RETRACTED, ProposalState, QuestionStatus
from predictions.errors import Conflict, InvalidInput, time_text
from predictions.models import Proposal, Question, Resolution, row_id
from predictions.outcomes import UNRESOLVED, checked_outcome
from predictions.schemas.fields import end_of_day
from predictions.schemas.inputs import ResolutionIn
from predictions.scores.running_totals import rescoring


def current_resolution(session: Session, question_id: int) -> Resolution | None:
    """Return the newest resolution of a question; outcome None marks a retraction."""
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
    """Resolve a question or correct its outcome, and update scores, running totals and dependent questions.

    Raises ``InvalidInput`` for an impossible outcome or a ``known_at`` in the future, and ``Conflict`` if the newest
    resolution is not the one in ``supersedes``, or the question's condition is undecided.
    """
    outcome = checked_outcome(question, data.outcome, pointer="/outcome", may_be_annulled=True)
    known_at = checked_known_at(data.known_at, now, question.deadline_zone)
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


def checked_known_at(known_at: datetime | date, now: datetime, zone: str) -> datetime:
    """Return ``known_at`` as an instant: a date alone is its end in the question's ``zone``, and today is ``now``.

    Raises ``InvalidInput`` at ``/known_at`` if it lies in the future.
    """
    if not isinstance(known_at, datetime):
        is_today = known_at == now.astimezone(ZoneInfo(zone)).date()
        known_at = min(end_of_day(known_at, zone), now) if is_today else end_of_day(known_at, zone)
    if known_at - now > CLOCK_TOLERANCE:
        raise InvalidInput.at("/known_at", f"lies in the future: give a time up to now, {time_text(now)}")
    return known_at


def retract_resolution(
    session: Session, question: Question, reason: str, *, now: datetime, actor: str, proposal: Proposal | None = None
) -> Resolution:
    """Retract the resolution of a question, which is then open or due again. The resolution stays on record.

    Raises ``Conflict`` if there is no outcome, or if the question is annulled by its failed condition.
    """
    before = current_resolution(session, row_id(question))
    if before is None or before.outcome is None:
        raise Conflict("the question has no outcome: there is nothing to retract")
    if (condition := _failed_condition(session, question)) is not None:
        raise Conflict(
            f"the question is annulled because {condition.slug!r} ended as {condition.outcome!r}, not "
            f"{question.condition_outcome!r}: correct or retract the resolution of that question instead"
        )
    resolution = Resolution(
        question_id=row_id(question),
        evidence=[],
        note=reason,
        resolved_at=now,
        resolved_by=actor,
        proposal_id=proposal.id if proposal else None,
        supersedes_id=before.id,
    )
    _store_resolution(session, question, resolution, now=now, actor=actor)
    return resolution


def annul_if_condition_failed(session: Session, question: Question, *, now: datetime) -> None:
    """Annul a question whose condition failed; retract that annulment if the condition no longer fails.

    Call it after entering a question with a condition, and after any change of that condition's outcome.
    """
    condition = _failed_condition(session, question)
    last = current_resolution(session, row_id(question))
    if condition is not None and question.status is not QuestionStatus.ANNULLED:
        _store_resolution(session, question, _automatic(question, condition, last, now), now=now, actor=ledger.SYSTEM)
    elif condition is None and last is not None and last.automatic and last.outcome is not None:
        retract_resolution(session, question, "Its condition no longer fails.", now=now, actor=ledger.SYSTEM)


def _failed_condition(session: Session, question: Question) -> Question | None:
    """Return the question on which this one depends if it has another outcome than required, else None."""
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
            f"the newest resolution is {present or 'none'}, not {data.supersedes}: somebody else changed it; "
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
        session.flush()
        body = ledger.contents(resolution)
        ledger.append(session, now=now, actor=actor, action=_action(resolution), subject=resolution, body=body)
        status = _status(question, resolution, now)
        changes = {
            "outcome": resolution.outcome,
            "known_at": resolution.known_at,
            "status": status,
            "next_prompt_at": question.due_at if status in UNRESOLVED else None,
            "prompts": 0,
        }
        ledger.append_change(session, question, changes, now=now, actor=actor, action="question.status_changed")
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
    """Close the pending proposals on a resolved question: the confirmed one as such, the others as overtaken.

    After a retraction only those that proposed it are closed: the others may be its next outcome.
    """
    query = select(Proposal).where(Proposal.question_id == question.id, Proposal.state == ProposalState.PENDING)
    if resolution.outcome is None:
        query = query.where(Proposal.outcome == RETRACTED)
    for proposal in session.exec(query).all():
        state = ProposalState.CONFIRMED if proposal.id == resolution.proposal_id else ProposalState.OVERTAKEN
        close_proposal(session, proposal, state, now=now, actor=resolution.resolved_by, resolution=row_id(resolution))


def close_proposal(
    session: Session,
    proposal: Proposal,
    state: ProposalState,
    *,
    now: datetime,
    actor: str,
    action: str = "",
    reason: str | None = None,
    **more: Any,
) -> None:
    """Decide a proposal; without an ``action`` its event is named by its new state; ``more`` is added to the body."""
    changes = {"state": state, "decided_at": now, "decided_by": actor, "reason": reason}
    if reason is not None:
        more["reason"] = reason
    named = action or f"proposal.{state.value}"
    ledger.append_change(session, proposal, changes, now=now, actor=actor, action=named, **more)
