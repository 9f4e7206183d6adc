"""The life of a question up to its outcome: entered, found, declared decided early, postponed."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from predictions import ledger
from predictions.enums import QuestionStatus
from predictions.errors import Conflict, InvalidInput
from predictions.models import (
    Question,
)
from predictions.outcomes import UNRESOLVED
from predictions.schemas.fields import Input, Instant


def change_question(
    session: Session, question: Question, changes: dict[str, Any], reason: str, *, now: datetime, actor: str
) -> None:
    """Correct the wording, the criteria or the basis of the deadline; the ledger keeps what stood there, and why.

    Raises ``Conflict`` for a question with an outcome: it was resolved by the criteria that stand there.
    """
    if question.status not in UNRESOLVED:
        raise Conflict(f"the question is {question.status.value}: retract its resolution first")
    before = {field: getattr(question, field) for field in changes}
    for field, value in changes.items():
        setattr(question, field, value)
    session.flush()
    body = {"before": before, "after": changes, "reason": reason}
    ledger.append(session, now=now, actor=actor, action="question.changed", subject=question, body=body)


def declare_decided(session: Session, question: Question, reason: str, *, now: datetime, actor: str) -> None:
    """Let a question come due now because it is decided before its deadline. Raises ``Conflict`` unless it is open."""
    if question.status is not QuestionStatus.OPEN:
        raise Conflict(f"the question is {question.status.value}, no longer open: it needs no declaration")
    question.due_at = min(now, question.deadline)
    _prompt_anew(question)
    session.flush()
    body = {"due_at": question.due_at, "reason": reason}
    ledger.append(session, now=now, actor=actor, action="question.declared_decided", subject=question, body=body)


def postpone(
    session: Session, question: Question, deadline: datetime, reason: str, *, now: datetime, actor: str
) -> None:
    """Move the deadline of an unresolved question to a later instant; the ledger keeps the earlier one and the reason.

    Raises ``Conflict`` for a question with an outcome, ``InvalidInput`` for a deadline that is not later.
    """
    if question.status not in UNRESOLVED:
        raise Conflict(f"the question is {question.status.value}: take its resolution back before moving its deadline")
    if deadline <= question.deadline:
        raise InvalidInput.at("/deadline", f"must be later than the present deadline, {question.deadline.isoformat()}")
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
    """What the ledger says about a postponement."""

    before: Instant
    after: Instant
    reason: str
