"""Change a question before its outcome: correct it, declare it decided early, postpone it."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from predictions import ledger
from predictions.enums import QuestionStatus
from predictions.errors import Conflict, InvalidInput, time_text
from predictions.models import (
    Question,
)
from predictions.outcomes import UNRESOLVED
from predictions.schemas.fields import Input, Instant


def change_question(
    session: Session, question: Question, changes: dict[str, Any], reason: str, *, now: datetime, actor: str
) -> None:
    """Correct the text, criteria or deadline basis of a question; the ledger keeps the old values and the reason.

    Raises ``Conflict`` for a question with an outcome, which was resolved by the present criteria.
    """
    if question.status not in UNRESOLVED:
        raise Conflict(f"the question is {question.status.value}: retract its resolution first")
    ledger.append_change(session, question, changes, now=now, actor=actor, action="question.changed", reason=reason)


def declare_decided(session: Session, question: Question, reason: str, *, now: datetime, actor: str) -> None:
    """Make a question due now because it is decided before its deadline. Raises ``Conflict`` unless it is open."""
    if question.status is not QuestionStatus.OPEN:
        raise Conflict(f"the question is {question.status.value}: only an open question can be declared decided")
    question.due_at = min(now, question.deadline)
    _prompt_anew(question)
    session.flush()
    body = {"due_at": question.due_at, "reason": reason}
    ledger.append(session, now=now, actor=actor, action="question.declared_decided", subject=question, body=body)


def postpone(
    session: Session, question: Question, deadline: datetime, reason: str, *, now: datetime, actor: str
) -> None:
    """Move the deadline of an unresolved question to a later instant; the ledger keeps the earlier one and the reason.

    Raises ``Conflict`` for a question with an outcome, ``InvalidInput`` unless the deadline is later.
    """
    if question.status not in UNRESOLVED:
        raise Conflict(f"the question is {question.status.value}: retract its resolution before moving its deadline")
    if deadline <= question.deadline:
        raise InvalidInput.at("/deadline", f"must be later than the present deadline, {time_text(question.deadline)}")
    body = {"before": question.deadline, "after": deadline, "reason": reason}
    question.deadline = question.due_at = deadline
    question.status = QuestionStatus.OPEN
    _prompt_anew(question)
    session.flush()
    ledger.append(session, now=now, actor=actor, action="question.postponed", subject=question, body=body)


def _prompt_anew(question: Question) -> None:
    question.next_prompt_at = question.due_at
    question.prompts = 0


class Postponed(Input):
    """The body of a postponement's ledger event."""

    before: Instant
    after: Instant
    reason: str
