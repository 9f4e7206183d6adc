"""Resolve a question, correct or retract its resolution, or annul it because its condition failed.

The state of a question with a condition follows from its newest resolution by a person and from the outcome of the
question on which it depends: it is annulled while that is another than required, and not scored while there is none.
"""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from sqlmodel import Session, col, select

from predictions import ledger
from predictions.clock_tolerance import CLOCK_TOLERANCE
from predictions.enums import ANNULLED, RETRACTED, ProposalState, QuestionStatus
from predictions.errors import Conflict, InvalidInput, time_text
from predictions.models import LedgerEvent, Proposal, Question, Resolution, row_id
from predictions.outcomes import UNRESOLVED, checked_outcome
from predictions.schemas.fields import end_of_day
from predictions.schemas.inputs import ResolutionIn
from predictions.scores.running_totals import rescoring
from predictions.scores.waiting import waits_for_condition

#: The event of what the annulment by a failed condition has ended.
SET_ASIDE = "question.set_aside"
_CONTENT = ("outcome", "known_at", "evidence", "proposal_id")


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
    condition_must_hold: bool = True,
) -> Resolution:
    """Resolve a question or correct its outcome, and update scores, running totals and dependent questions.

    Raises ``InvalidInput`` for an impossible outcome or a ``known_at`` in the future, and ``Conflict`` if the newest
    resolution is not the one in ``supersedes``, or the question's condition is not met. Without
    ``condition_must_hold``, the outcome is recorded whatever the condition, and does not count until it is met.
    """
    outcome = checked_outcome(question, data.outcome, pointer="/outcome", may_be_annulled=True)
    known_at = checked_known_at(data.known_at, now, question.deadline_zone)
    before = current_resolution(session, row_id(question))
    _must_be_expected(before, data)
    if condition_must_hold:
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
    annul_if_condition_failed(session, question, now=now)
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


def annul_if_condition_failed(session: Session, question: Question, *, now: datetime) -> bool:
    """Annul a question whose condition failed; if that annulment has no reason any more, restore what was before it.

    Returns whether anything changed. Call it after entering a question with a condition, and after any change of that
    condition's outcome.
    """
    condition, last = _failed_condition(session, question), current_resolution(session, row_id(question))
    annulment = last if last is not None and last.automatic and last.outcome == ANNULLED else None
    following = None
    if condition is None and annulment is not None:
        following = _restored(session, annulment, now)
    elif condition is not None and (annulment is not None or question.status is not QuestionStatus.ANNULLED):
        following = _annulment(question, condition, last, now)
        if annulment is not None and (annulment.known_at, annulment.note) == (following.known_at, following.note):
            following = None
    if following is not None:
        _store_resolution(session, question, following, now=now, actor=ledger.SYSTEM)
    return following is not None


def _failed_condition(session: Session, question: Question) -> Question | None:
    """Return the question on which this one depends if it has another outcome than required, else None."""
    if question.condition_question_id is None:
        return None
    condition = session.get_one(Question, question.condition_question_id)
    return None if condition.outcome in (None, question.condition_outcome) else condition


def _annulment(question: Question, condition: Question, last: Resolution | None, now: datetime) -> Resolution:
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


def _restored(session: Session, annulment: Resolution, now: datetime) -> Resolution:
    """Return the resolution after an annulment without reason: the newest one by a person again, or a retraction."""
    by_person = (Resolution.question_id == annulment.question_id, Resolution.resolved_by != ledger.SYSTEM)
    own = session.exec(select(Resolution).where(*by_person).order_by(col(Resolution.id).desc()).limit(1)).first()
    again = {"evidence": []} if own is None else {name: getattr(own, name) for name in _CONTENT}
    is_known = own is not None and own.outcome is not None
    note = f"As confirmed in resolution {row_id(own)}: " if own is not None and is_known else ""
    return Resolution(
        question_id=annulment.question_id,
        **again,
        note=f"{note}The condition no longer fails.",
        automatic=True,
        resolved_at=now,
        resolved_by=ledger.SYSTEM,
        supersedes_id=annulment.id,
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
    wanted = f"this question counts only if {condition.slug!r} is {question.condition_outcome!r}, and that question"
    if condition.outcome != question.condition_outcome:
        state = f"ended as {condition.outcome!r}" if condition.outcome else "has no outcome yet"
        raise Conflict(f"{wanted} {state}: resolve that one first, or annul this one")
    if waits_for_condition(session, question):
        raise Conflict(f"{wanted} waits for its own condition: resolve that one first, or annul this one")


def _store_resolution(
    session: Session, question: Question, resolution: Resolution, *, now: datetime, actor: str
) -> None:
    """Store a resolution with its consequences for the question, its proposals, and the questions that depend on it."""
    before = _schedule(question)
    with rescoring(session, question, now=now, actor=actor):
        session.add(resolution)
        session.flush()
        body = ledger.contents(resolution)
        ledger.append(session, now=now, actor=actor, action=_action(resolution), subject=resolution, body=body)
        status = _status(question, resolution, now)
        changes: dict[str, Any] = {
            "outcome": resolution.outcome,
            "known_at": resolution.known_at,
            "status": status,
            "next_prompt_at": question.due_at if status in UNRESOLVED else None,
        }
        if not resolution.automatic:
            changes["prompts"] = 0
        ledger.append_change(session, question, changes, now=now, actor=actor, action="question.status_changed")
    overtaken = _overtake_proposals(session, question, resolution, now)
    if resolution.automatic and resolution.outcome == ANNULLED:
        if before["status"] is not QuestionStatus.ANNULLED:
            _set_aside(session, question, before, overtaken, now)
    elif resolution.automatic:
        _take_up_again(session, question, now)
    _follow_conditions(session, question, now)


def _follow_conditions(session: Session, question: Question, now: datetime) -> None:
    """Annul, restore or rescore the questions that depend on this one, after its outcome changed."""
    for dependent in session.exec(select(Question).where(Question.condition_question_id == question.id)).all():
        if annul_if_condition_failed(session, dependent, now=now):
            continue
        if dependent.status is QuestionStatus.RESOLVED:  # it is not scored while a condition is open
            with rescoring(session, dependent, now=now, actor=ledger.SYSTEM):
                pass
        _follow_conditions(session, dependent, now)


def _schedule(question: Question) -> dict[str, Any]:
    return {"status": question.status, "next_prompt_at": question.next_prompt_at}


def _set_aside(
    session: Session, question: Question, before: dict[str, Any], proposals: list[int], now: datetime
) -> None:
    """Enter in the ledger what the annulment by a failed condition has ended: planned prompt and pending proposals."""
    body = {"planned": before, "proposals": proposals}
    ledger.append(session, now=now, actor=ledger.SYSTEM, action=SET_ASIDE, subject=question, body=body)


def _take_up_again(session: Session, question: Question, now: datetime) -> None:
    """Restore the prompt and the proposals that the annulment had ended."""
    by: dict[str, Any] = {"now": now, "actor": ledger.SYSTEM}
    of_question = (LedgerEvent.subject == question.__tablename__, LedgerEvent.subject_id == question.id)
    events = select(LedgerEvent).where(*of_question, LedgerEvent.action == SET_ASIDE)
    event = session.exec(events.order_by(col(LedgerEvent.seq).desc()).limit(1)).first()
    if event is None:  # it was annulled before such events were written
        return
    ended = _Ended.model_validate_json(event.body)
    changes: dict[str, Any] = {"next_prompt_at": ended.planned.next_prompt_at}
    if question.status in UNRESOLVED:
        changes["status"] = ended.planned.status
    ledger.append_change(session, question, changes, action="question.taken_up_again", **by)
    pending = {"state": ProposalState.PENDING, "decided_at": None, "decided_by": None}
    overtaken = (col(Proposal.id).in_(ended.proposals), Proposal.state == ProposalState.OVERTAKEN)
    for proposal in session.exec(select(Proposal).where(*overtaken)).all():
        ledger.append_change(session, proposal, pending, action="proposal.reopened", **by)


class _Planned(BaseModel):
    status: QuestionStatus
    next_prompt_at: datetime | None


class _Ended(BaseModel):
    planned: _Planned
    proposals: list[int]


def _status(question: Question, resolution: Resolution, now: datetime) -> QuestionStatus:
    if resolution.outcome is None:
        return QuestionStatus.DUE if question.due_at <= now else QuestionStatus.OPEN
    return QuestionStatus.ANNULLED if resolution.outcome == ANNULLED else QuestionStatus.RESOLVED


def _action(resolution: Resolution) -> str:
    if resolution.outcome is None:
        return "resolution.retracted"
    return "resolution.corrected" if resolution.supersedes_id else "resolution.confirmed"


def _overtake_proposals(session: Session, question: Question, resolution: Resolution, now: datetime) -> list[int]:
    """Close the pending proposals on a resolved question: the confirmed one as such, the others as overtaken.

    After a retraction only those that proposed it are closed: the others may be its next outcome. Returns the ids of
    the overtaken ones.
    """
    query = select(Proposal).where(Proposal.question_id == question.id, Proposal.state == ProposalState.PENDING)
    if resolution.outcome is None:
        query = query.where(Proposal.outcome == RETRACTED)
    overtaken = []
    for proposal in session.exec(query.order_by(col(Proposal.id))).all():
        confirmed = proposal.id == resolution.proposal_id
        state = ProposalState.CONFIRMED if confirmed else ProposalState.OVERTAKEN
        close_proposal(session, proposal, state, now=now, actor=resolution.resolved_by, resolution=row_id(resolution))
        overtaken += [] if confirmed else [row_id(proposal)]
    return overtaken


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
