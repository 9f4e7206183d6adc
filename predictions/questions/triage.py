"""Assign a question to a person, and snooze it until a time.

A snooze is in force while ``next_prompt_at`` equals its end: anything else that plans the next prompt (a later
deadline, a retraction, the sweep itself when the time has come) ends it.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_
from sqlmodel import Session, col

from predictions import ledger
from predictions.enums import QuestionStatus
from predictions.errors import Conflict, InvalidInput, time_text
from predictions.models import Question
from predictions.outcomes import UNRESOLVED

LONGEST_SNOOZE = timedelta(days=366)

#: The condition that a question is snoozed; never NULL, so that it can be negated.
SNOOZED: Any = and_(
    col(Question.snoozed_until).is_not(None),
    col(Question.next_prompt_at).is_not(None),
    col(Question.snoozed_until) == col(Question.next_prompt_at),
)


def is_snoozed_at(now: datetime) -> Any:
    """Return the SQL condition that a question is snoozed beyond ``now``; after that it only waits for the sweep."""
    return and_(SNOOZED, col(Question.snoozed_until) > now)


def is_resting(question: Question, now: datetime) -> bool:
    """Return whether a question is snoozed beyond ``now``."""
    return is_snoozed(question) and question.snoozed_until is not None and question.snoozed_until > now


def is_snoozed(question: Question) -> bool:
    """Return whether the snooze of a question is in force."""
    return question.snoozed_until is not None and question.snoozed_until == question.next_prompt_at


def snooze_question(session: Session, question: Question, until: datetime | None, *, now: datetime, actor: str) -> None:
    """Snooze a due question: its next prompt is sent at ``until``, even if all reminders were sent before.

    ``until`` is an instant in UTC; None ends a snooze now. Raises ``Conflict`` for a question that is not due, or that
    is not snoozed when ``until`` is None, and ``InvalidInput`` for a time that is past or more than a year ahead.
    """
    if question.status is not QuestionStatus.DUE:
        raise Conflict(f"the question is {question.status.value}: snooze it when it is due")
    snoozed = is_snoozed(question)
    if until is None and not snoozed:
        raise Conflict("the question is not snoozed: give a time in until to snooze it")
    if until is not None and not now < until <= now + LONGEST_SNOOZE:
        longest = f"at most {LONGEST_SNOOZE.days} days ahead"
        raise InvalidInput.at("/until", f"must be later than now, {time_text(now)}, and {longest}")
    end = until or now
    changes = {"snoozed_until": end, "next_prompt_at": end, "snoozes": question.snoozes + (0 if snoozed else 1)}
    ledger.append_change(session, question, changes, now=now, actor=actor, action="question.snoozed")


def assign_question(session: Session, question: Question, assignee: str | None, *, now: datetime, actor: str) -> None:
    """Assign a question to a person by name, or to nobody (None). Does nothing if that is already so.

    Raises ``Conflict`` for a question with an outcome.
    """
    if question.status not in UNRESOLVED:
        raise Conflict(f"the question is {question.status.value}: there is nothing left to resolve")
    if question.assignee == assignee:
        return
    changes = {"assignee": assignee}
    ledger.append_change(session, question, changes, now=now, actor=actor, action="question.assigned")
