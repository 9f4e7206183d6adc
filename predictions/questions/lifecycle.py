"""Declare a question decided before its deadline, or postpone it."""

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


def declare_decided(session: Session, question: Question, reason: str, *, now: datetime, actor: str) -> None:
    """Make a question due now because it is decided before its deadline. Raises ``Conflict`` unless it is open."""
    if question.status is not QuestionStatus.OPEN:
        raise Conflict(f"the question is {question.status.value}: only an open question can be declared decided")
    changes = _due_at(min(now, question.deadline))
    ledger.append_change(
        session, question, changes, now=now, actor=actor, action="question.declared_decided", reason=reason
    )


def postpone(
    session: Session, question: Question, deadline: datetime, reason: str, *, now: datetime, actor: str
) -> None:
    """Move the deadline of an unresolved question to a later instant; the ledger keeps the earlier one and the reason.

    Raises ``Conflict`` for a question with an outcome, ``InvalidInput`` unless the deadline is later.
    """
    if question.status not in UNRESOLVED:
        raise Conflict(f"the question is {question.status.value}: retract its resolution before moving its deadline")
    if deadline <= question.deadline:
        present = time_text(question.deadline)
        raise InvalidInput.at("/deadline", f"must be later than the present deadline, {present}; or correct it")
    changes = {"deadline": deadline, "status": QuestionStatus.OPEN, **_due_at(deadline)}
    ledger.append_change(session, question, changes, now=now, actor=actor, action="question.postponed", reason=reason)


def _due_at(at: datetime) -> dict[str, Any]:
    """Return the changes that make a question due at an instant, and plan its prompts from then on."""
    return {"due_at": at, "next_prompt_at": at, "prompts": 0}
