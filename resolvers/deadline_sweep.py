"""Questions that have come due, and those due for a reminder: prompts and deliveries, in bounded batches.

The rows are the schedule. A batch is one transaction of the caller: status, prompts, deliveries and ledger stand
together or not at all. Any number of processes may sweep at once; each stage of a question is recorded once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from predictions import ledger
from predictions.enums import QuestionStatus
from predictions.models import Question, QuestionTopic, row_id
from predictions.outcomes import UNRESOLVED, outcomes
from predictions.questions.triage import is_snoozed
from resolvers.notifications.channels import wants
from resolvers.notifications.models import Channel, Delivery, DeliveryState
from resolvers.notifications.payloads import prompt_message
from resolvers.notifications.quiet_hours import send_at
from resolvers.notifications.subscriptions import subscribed_channels
from resolvers.prompts.models import Prompt
from resolvers.prompts.schedule import REMINDER_DAYS, Step, next_step

BATCH = 64


@dataclass(frozen=True)
class Swept:
    """What a batch did: questions looked at, prompts recorded, and when the next question is to be looked at."""

    looked_at: int
    prompted: int
    next_at: datetime | None


@dataclass(frozen=True)
class _Due:
    """A question claimed by this sweep, and the step it takes; ``new`` where it was open until now."""

    question: Question
    step: Step
    new: bool


def sweep_due(
    session: Session, *, now: datetime, base_url: str, batch: int = BATCH, days: Sequence[int] = REMINDER_DAYS
) -> Swept:
    """Prompt for up to ``batch`` questions whose time has come, the longest overdue first.

    ``base_url`` is where links in messages lead; ``days`` are those of ``reminders.next_step``. The caller commits,
    and calls again until nothing was looked at.
    """
    due = _claim(session, now, batch, days)
    prompts = _record(session, due, now) if due else {}
    if prompts:
        _address(session, due, prompts, now, base_url)
    _append_ledger_event(session, due, prompts, now)
    return Swept(len(due), len(prompts), next_prompt_at(session))


def next_prompt_at(session: Session) -> datetime | None:
    """When the sweep is to look at a question next; None where nothing is planned."""
    planned = col(Question.next_prompt_at)
    return session.execute(select(planned).where(planned.is_not(None)).order_by(planned).limit(1)).scalar()


def _claim(session: Session, now: datetime, batch: int, days: Sequence[int]) -> list[_Due]:
    """The questions that are this sweep's alone, each moved on to its next stage."""
    is_time = (col(Question.next_prompt_at) <= now, col(Question.status).in_(UNRESOLVED))
    waiting = select(Question).where(*is_time).order_by(col(Question.next_prompt_at), col(Question.id)).limit(batch)
    locked = waiting.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    found = {row_id(question): question for question in session.execute(locked).scalars()}
    # Whoever was quicker has changed what the condition looks at: for the loser the row is not there.
    taken = update(Question).where(col(Question.id).in_(found), *is_time).values(status=QuestionStatus.DUE)
    ours = session.execute(
        taken.returning(col(Question.id)), execution_options={"synchronize_session": False}
    ).scalars()
    due = []
    for question in [found[number] for number in sorted(ours)]:
        snooze = question.snoozes if is_snoozed(question) else 0
        planned_at = question.next_prompt_at or now
        step = next_step(question.due_at, question.prompts, planned_at, now, days, snooze=snooze)
        if step is not None:
            due.append(_Due(question, step, question.status is QuestionStatus.OPEN))
            question.status, question.next_prompt_at, question.prompts = QuestionStatus.DUE, step.next_at, step.past
    session.flush()
    return due


def _record(session: Session, due: list[_Due], now: datetime) -> dict[int, int]:
    """Record the prompts that are not on record yet: their ids by question."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    rows = [
        {
            "question_id": row_id(each.question),
            "stage": each.step.stage,
            "due_at": each.question.due_at,
            "scheduled_at": each.step.scheduled_at,
            "created_at": now,
        }
        for each in due
    ]
    fresh = dialect.insert(Prompt).on_conflict_do_nothing().returning(col(Prompt.question_id), col(Prompt.id))
    return {row.question_id: row.id for row in session.execute(fresh, rows)}


def _address(session: Session, due: list[_Due], prompts: dict[int, int], now: datetime, base_url: str) -> None:
    """Write one delivery of each new prompt for each channel that wants it."""
    channels = session.execute(select(Channel).where(col(Channel.enabled)).order_by(col(Channel.id))).scalars().all()
    if not channels:
        return
    topics = _topics(session, prompts)
    watching = subscribed_channels(session, topics)
    rows = []
    for each in due:
        number = prompts.get(row_id(each.question))
        if number is None:
            continue
        about, watched_by = topics[row_id(each.question)], watching.get(row_id(each.question), ())
        listens = partial(wants, stage=each.step.stage, topics=about, assignee=each.question.assignee)
        hearers = [channel for channel in channels if listens(channel, watching=row_id(channel) in watched_by)]
        if not hearers:
            continue
        payload = prompt_message(number, each.step, each.question, outcomes(each.question), about, now, base_url)
        rows += [
            {
                "prompt_id": number,
                "channel_id": channel.id,
                "message_id": f"msg_{uuid4().hex}",
                "payload": payload,
                "state": DeliveryState.PENDING,
                "next_at": send_at(channel, now),
                "created_at": now,
            }
            for channel in hearers
        ]
    if rows:
        session.execute(insert(Delivery), rows)


def _topics(session: Session, questions: dict[int, int]) -> dict[int, list[str]]:
    query = select(QuestionTopic).where(col(QuestionTopic.question_id).in_(questions))
    found: dict[int, list[str]] = {question: [] for question in questions}
    for row in session.execute(query.order_by(col(QuestionTopic.topic))).scalars():
        found[row.question_id].append(row.topic)
    return found


def _append_ledger_event(session: Session, due: list[_Due], prompts: dict[int, int], now: datetime) -> None:
    """The ledger: an event for each question that came due, and one for all reminders of the batch."""
    reminded = [each for each in due if not each.new and row_id(each.question) in prompts]
    for each in due:
        if each.new:
            body = {"due_at": each.question.due_at, "prompt": prompts.get(row_id(each.question))}
            _append(session, now, "question.came_due", each.question, body)
    if reminded:
        said = [
            {"question": row_id(each.question), "prompt": prompts[row_id(each.question)], "stage": each.step.stage}
            for each in reminded
        ]
        _append(session, now, "questions.reminded", reminded[0].question, {"reminders": said})


def _append(session: Session, now: datetime, action: str, question: Question, body: dict[str, Any]) -> None:
    ledger.append(session, now=now, actor=ledger.SYSTEM, action=action, subject=question, body=body)
