"""Who sees to a question, and how long it may rest: assigned to a person, snoozed until a time.

A snooze holds while its end is what the sweep waits for: whatever else plans the next prompt (a later deadline, a
resolution taken back, the sweep itself when the time has come) ends it.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_
from sqlmodel import Session, col

from predictions import ledger
from predictions.enums import QuestionStatus
from predictions.errors import Conflict, InvalidInput
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
    """The condition that a question rests at this instant: once its snooze has ended it waits for the sweep only."""
    return and_(SNOOZED, col(Question.snoozed_until) > now)


def is_resting(question: Question, now: datetime) -> bool:
    """Whether a question rests at this instant."""
    return is_snoozed(question) and question.snoozed_until is not None and question.snoozed_until > now


def is_snoozed(question: Question) -> bool:
    """Whether a question rests until ``snoozed_until``."""
    return question.snoozed_until is not None and question.snoozed_until == question.next_prompt_at


def snooze_question(session: Session, question: Question, until: datetime | None, *, now: datetime, actor: str) -> None:
    """Let a due question rest: nobody is prompted before ``until``, and then somebody is, reminders or not.

    ``until`` is an instant in UTC; None ends a snooze now. Raises ``Conflict`` for a question that is not due, or not
    snoozed where a snooze is to end, and ``InvalidInput`` for a time that is past or more than a year ahead.
    """
    if question.status is not QuestionStatus.DUE:
        raise Conflict(f"the question is {question.status.value}, and only one that is due can be snoozed")
    if until is None and not is_snoozed(question):
        raise Conflict("the question is not snoozed: give a time until which it is to rest")
    if until is not None and not now < until <= now + LONGEST_SNOOZE:
        raise InvalidInput.at("/until", f"must be later than now and at most {LONGEST_SNOOZE.days} days ahead")
    before = question.snoozed_until if is_snoozed(question) else None
    if before is None:
        question.snoozes += 1
    question.snoozed_until = question.next_prompt_at = until or now
    session.flush()
    body = {"before": before, "until": question.snoozed_until}
    ledger.append(session, now=now, actor=actor, action="question.snoozed", subject=question, body=body)


def assign_question(session: Session, question: Question, assignee: str | None, *, now: datetime, actor: str) -> None:
    """Say who is to resolve a question, by name; None: nobody in particular. Nothing happens where that is so already.

    Raises ``Conflict`` for a question with an outcome.
    """
    if question.status not in UNRESOLVED:
        raise Conflict(f"the question is {question.status.value}: there is nothing left to resolve")
    if question.assignee == assignee:
        return
    body = {"before": question.assignee, "assignee": assignee}
    question.assignee = assignee
    session.flush()
    ledger.append(session, now=now, actor=actor, action="question.assigned", subject=question, body=body)
