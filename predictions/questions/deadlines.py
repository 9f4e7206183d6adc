"""Correct a deadline that was typed too late, undo a postponement, and read the former deadlines from the ledger."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlmodel import Session, col

from predictions import ledger
from predictions.enums import QuestionStatus
from predictions.errors import Conflict, InvalidInput, time_text
from predictions.models import LedgerEvent, Question
from predictions.outcomes import UNRESOLVED
from predictions.schemas.fields import Input, Instant, Prose

POSTPONED, CORRECTED, UNDONE = "question.postponed", "question.deadline_corrected", "question.postponement_undone"
#: The events that move a deadline.
MOVES = (POSTPONED, CORRECTED, UNDONE)


def correct_deadline(
    session: Session, question: Question, deadline: datetime, reason: str, *, now: datetime, actor: str
) -> None:
    """Move the deadline of an unresolved question to an earlier instant, because it was recorded too late.

    Predictions made from then on stay on record and no longer count. If the instant has passed, the question comes due
    with the next sweep. Raises ``Conflict`` for a question with an outcome, ``InvalidInput`` unless the deadline is
    earlier, and later than the opening.
    """
    _must_be_unresolved(question)
    if deadline >= question.deadline:
        present = time_text(question.deadline)
        raise InvalidInput.at("/deadline", f"must be earlier than the present deadline, {present}; or postpone it")
    if question.opens_at is not None and deadline <= question.opens_at:
        raise InvalidInput.at("/deadline", f"must be later than the opening, {time_text(question.opens_at)}")
    due_at = min(question.due_at, deadline)
    _move(session, question, deadline, due_at, now=now, actor=actor, action=CORRECTED, reason=reason)


def undo_postponement(session: Session, question: Question, reason: str, *, now: datetime, actor: str) -> None:
    """Move the deadline of an unresolved question back to what it was before the postponement to the present one.

    A question that was due, or declared decided early, is due again as of then. Raises ``Conflict`` for a question
    with an outcome, or if no postponement led to the present deadline.
    """
    _must_be_unresolved(question)
    move = last_postponement(session, question)
    if move is None:
        raise Conflict("no postponement led to the present deadline: correct the deadline, or postpone it")
    due_at = move.due_at or move.deadline
    _move(session, question, move.deadline, due_at, now=now, actor=actor, action=UNDONE, reason=reason)


def _must_be_unresolved(question: Question) -> None:
    if question.status not in UNRESOLVED:
        raise Conflict(f"the question is {question.status.value}: retract its resolution before moving its deadline")


def _move(session: Session, question: Question, deadline: datetime, due_at: datetime, **event: Any) -> None:
    changes: dict[str, Any] = {"deadline": deadline, "due_at": due_at}
    if due_at != question.due_at:  # else it was declared decided before, and its prompts go on
        changes |= {"status": QuestionStatus.OPEN, "next_prompt_at": due_at, "prompts": 0}
    ledger.append_change(session, question, changes, **event)


@dataclass(frozen=True)
class Move:
    """A change of a deadline: deadline and ``due_at`` until then (None if the event does not hold it)."""

    question: int
    at: datetime
    deadline: datetime
    due_at: datetime | None
    moved_to: datetime


class UndoneIn(Input):
    """The reason for undoing a postponement."""

    reason: Prose = Field(description="why the deadline moves back")


class _Schedule(BaseModel):
    deadline: Instant
    due_at: Instant | None = None


class _Body(BaseModel):
    """The body of an event; those of the first postponements hold bare times."""

    before: Instant | _Schedule
    after: Instant | _Schedule


def last_postponement(session: Session, question: Question) -> Move | None:
    """Return the newest postponement to the present deadline, or None if there is none."""
    of_question = (col(LedgerEvent.subject_id) == question.id, col(LedgerEvent.action) == POSTPONED)
    to_present = [move for move in moves(session, *of_question) if move.moved_to == question.deadline]
    return to_present[-1] if to_present else None


def moves(session: Session, *conditions: Any) -> Iterator[Move]:
    """Yield the changes of deadlines by the events under ``conditions``, in order."""
    columns = (col(LedgerEvent.subject_id), col(LedgerEvent.at), col(LedgerEvent.body))
    of_deadlines = (col(LedgerEvent.subject) == Question.__tablename__, col(LedgerEvent.action).in_(MOVES))
    for number, at, text in session.execute(
        select(*columns).where(*of_deadlines, *conditions).order_by(col(LedgerEvent.seq))
    ):
        body = _Body.model_validate_json(text)
        before, after = _schedule(body.before), _schedule(body.after)
        yield Move(number, at, before.deadline, before.due_at, after.deadline)


def _schedule(value: datetime | _Schedule) -> _Schedule:
    return value if isinstance(value, _Schedule) else _Schedule(deadline=value)
