"""Find questions that are due, or have an outcome that is contradicted, and create their prompts and deliveries.

The schedule is stored in the rows (``Question.next_prompt_at``). One batch is one transaction of the caller, so
status, prompts, deliveries and ledger are written together or not at all. Any number of processes may sweep at the
same time; each stage of a question is recorded once.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from predictions import ledger
from predictions.demo_mark import is_demo
from predictions.enums import QuestionStatus
from predictions.models import Question, QuestionTopic, row_id
from predictions.outcomes import UNRESOLVED, outcomes
from predictions.questions.triage import is_snoozed
from resolvers.notifications.delivery_queue import new_delivery
from resolvers.notifications.models import Channel, Delivery
from resolvers.notifications.payloads import prompt_message
from resolvers.notifications.recipients import recipients
from resolvers.notifications.subscriptions import subscribed_channels
from resolvers.prompts.inbox import pending_proposals
from resolvers.prompts.models import Prompt
from resolvers.prompts.schedule import REMINDER_DAYS, Step, next_step, reversal_step

BATCH_SIZE = 64


Plan = dict[str, dict[str, Any]]
Row = dict[str, Any]


@dataclass(frozen=True)
class SweepResult:
    """Result of one batch: questions examined, prompts recorded, and when the next question has to be examined."""

    examined: int
    prompted: int
    next_at: datetime | None


@dataclass(frozen=True)
class _DueQuestion:
    """A question claimed by this sweep, its next step, and how its plan changes; ``newly_due`` if it was open.

    ``step`` is None if there is nothing to say about it any more.
    """

    question: Question
    step: Step | None
    newly_due: bool
    plan: Plan


def sweep_due(
    session: Session, *, now: datetime, base_url: str, batch: int = BATCH_SIZE, days: Sequence[int] = REMINDER_DAYS
) -> SweepResult:
    """Prompt for up to ``batch`` questions that are due, the longest overdue first.

    ``base_url`` is the start of the links in messages; ``days`` are the reminder days of ``schedule.next_step``. The
    caller commits, and calls again until a batch examines no question.
    """
    due = _claim_questions(session, now, batch, days)
    due += _claim_contradicted(session, now, batch)
    prompts = _record_prompts(session, due, now) if due else {}
    if prompts:
        _create_deliveries(session, due, prompts, now, base_url)
    _append_ledger_events(session, due, prompts, now)
    examined = sum(each.step is not None for each in due)
    return SweepResult(examined, len(prompts), next_prompt_at(session))


def next_prompt_at(session: Session) -> datetime | None:
    """Return the earliest time at which a question is to be prompted; None if nothing is planned."""
    planned = col(Question.next_prompt_at)
    return session.execute(select(planned).where(planned.is_not(None)).order_by(planned).limit(1)).scalar()


def _claim_questions(session: Session, now: datetime, batch: int, days: Sequence[int]) -> list[_DueQuestion]:
    """Claim the due questions for this sweep, and move each on to its next stage."""
    is_due = (col(Question.next_prompt_at) <= now, col(Question.status).in_(UNRESOLVED))
    waiting = select(Question).where(*is_due).order_by(col(Question.next_prompt_at), col(Question.id)).limit(batch)
    locked = waiting.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    questions = {row_id(question): question for question in session.execute(locked).scalars()}
    # The condition is repeated: another process may have claimed the row between the query and this update.
    claim = update(Question).where(col(Question.id).in_(questions), *is_due).values(status=QuestionStatus.DUE)
    claimed_ids = session.execute(
        claim.returning(col(Question.id)), execution_options={"synchronize_session": False}
    ).scalars()
    due = []
    for question in [questions[number] for number in sorted(claimed_ids)]:
        snooze = question.snoozes if is_snoozed(question) else 0
        planned_at = question.next_prompt_at or now
        step = next_step(question.due_at, question.prompts, planned_at, now, days, snooze=snooze)
        if step is not None:
            newly_due = question.status is QuestionStatus.OPEN
            plan = {"status": QuestionStatus.DUE, "next_prompt_at": step.next_at, "prompts": step.stages_passed}
            due.append(_DueQuestion(question, step, newly_due, _set(question, plan)))
    session.flush()
    return due


def _claim_contradicted(session: Session, now: datetime, batch: int) -> list[_DueQuestion]:
    """Claim questions with an outcome that a new proposal contradicts: one prompt for each such proposal."""
    asked = (col(Question.next_prompt_at) <= now, col(Question.status).not_in(UNRESOLVED))
    waiting = select(Question).where(*asked).order_by(col(Question.next_prompt_at), col(Question.id)).limit(batch)
    locked = waiting.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    questions = {row_id(question): question for question in session.execute(locked).scalars()}
    proposals = pending_proposals(session, set(questions)) if questions else {}
    due = []
    for number, question in sorted(questions.items()):
        step = None
        if number in proposals:
            newest = max(proposals[number], key=lambda proposal: (proposal.proposed_at, proposal.id))
            step = reversal_step(newest.id, question.next_prompt_at or now, question.prompts)
        due.append(_DueQuestion(question, step, False, _set(question, {"next_prompt_at": None})))
    session.flush()
    return due


def _set(question: Question, values: Row) -> Plan:
    """Set columns of a question; return them before and after, as its event is to hold them."""
    before = {name: getattr(question, name) for name in values}
    for name, value in values.items():
        setattr(question, name, value)
    return {"before": before, "after": values}


def _record_prompts(session: Session, due: list[_DueQuestion], now: datetime) -> dict[int, Row]:
    """Insert the prompts that are not recorded yet; return them by question."""
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
        if each.step is not None
    ]
    if not rows:
        return {}
    columns = Prompt.__table__.c  # type: ignore[attr-defined]
    new_prompts = dialect.insert(Prompt).on_conflict_do_nothing().returning(*columns)
    return {row["question_id"]: dict(row) for row in session.execute(new_prompts, rows).mappings()}


def _create_deliveries(
    session: Session, due: list[_DueQuestion], prompts: dict[int, Row], now: datetime, base_url: str
) -> None:
    """Insert one delivery of each new prompt for each of its recipients."""
    channels = session.execute(select(Channel).where(col(Channel.enabled)).order_by(col(Channel.id))).scalars().all()
    if not channels:
        return
    topics, demo = _topics_by_question(session, prompts), is_demo(session)
    subscribed = subscribed_channels(session, topics)
    rows = []
    for each in due:
        prompt = prompts.get(row_id(each.question))
        if prompt is None or each.step is None:
            continue
        prompt_id = prompt["id"]
        of_question, subscribers = topics[row_id(each.question)], subscribed.get(row_id(each.question), ())
        receivers = recipients(
            channels, each.step.stage, of_question, subscribers=subscribers, assignee=each.question.assignee
        )
        if not receivers:
            continue
        payload = prompt_message(
            prompt_id, each.step, each.question, outcomes(each.question), of_question, now, base_url, demo=demo
        )
        rows += [new_delivery(channel, payload, now=now, prompt_id=prompt_id) for channel in receivers]
    if rows:
        session.execute(insert(Delivery), rows)


def _topics_by_question(session: Session, questions: Collection[int]) -> dict[int, list[str]]:
    query = select(QuestionTopic).where(col(QuestionTopic.question_id).in_(questions))
    topics: dict[int, list[str]] = {question: [] for question in questions}
    for row in session.execute(query.order_by(col(QuestionTopic.topic))).scalars():
        topics[row.question_id].append(row.topic)
    return topics


def _append_ledger_events(session: Session, due: list[_DueQuestion], prompts: dict[int, Row], now: datetime) -> None:
    """Append an event for each question, with its prompt if it got one."""
    events = []
    for each in due:
        prompt = prompts.get(row_id(each.question))
        named = "question.reminded" if prompt else "question.prompt_planned"
        action = "question.came_due" if each.newly_due else named
        body = {**each.plan, "prompt": prompt}
        events.append(ledger.NewEvent(now, ledger.SYSTEM, action, "question", row_id(each.question), body))
    if events:
        ledger.append_all(session, events)
