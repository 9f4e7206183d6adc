"""Find contests that were not answered in time, and create one message about them for each of their channels.

Stages are those of deadlines: when due, reminders, one escalation. All contests that are due on a day are due at its
beginning in UTC, so a channel gets one message a day however many there are. It has their numbers, not their texts,
which are confidential.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, insert, select
from sqlmodel import Session, col

from predictions import ledger
from predictions.contests.models import WAITING, Contest
from predictions.demo_mark import is_demo
from predictions.models import Question, QuestionTopic, row_id
from resolvers.notifications.delivery_queue import new_delivery
from resolvers.notifications.models import Channel, Delivery
from resolvers.notifications.payloads import contests_message
from resolvers.notifications.recipients import recipients
from resolvers.notifications.subscriptions import subscribed_channels
from resolvers.prompts.schedule import REMINDER_DAYS, Step, next_step

BATCH_SIZE = 500


@dataclass(frozen=True)
class _DueContest:
    """A contest and the stage of its prompt."""

    contest: Contest
    step: Step


def contests_due(session: Session, now: datetime) -> bool:
    """Return whether a contest is to be prompted for."""
    return session.execute(_due(now).limit(1)).first() is not None


def sweep_contests(
    session: Session, *, now: datetime, base_url: str, batch: int = BATCH_SIZE, days: Sequence[int] = REMINDER_DAYS
) -> int:
    """Prompt for up to ``batch`` contests that are due, and return their number.

    ``base_url`` is the start of the links in messages. Callers hold the write transaction, and commit.
    """
    due = []
    for contest in session.execute(_due(now).limit(batch)).scalars().all():
        step = next_step(contest.due_at, contest.prompts, contest.next_prompt_at or now, now, days)
        if step is not None:
            changes = {"prompts": step.stages_passed, "next_prompt_at": step.next_at}
            by = {"actor": ledger.SYSTEM, "action": "contest.prompted", "stage": step.stage}
            ledger.append_change(session, contest, changes, now=now, **by)
            due.append(_DueContest(contest, step))
    if due:
        _create_deliveries(session, due, now, base_url)
    return len(due)


def _due(now: datetime) -> Select[Contest]:
    planned = col(Contest.next_prompt_at)
    waiting = select(Contest).where(planned <= now, col(Contest.state).in_(WAITING))
    return waiting.order_by(planned, col(Contest.id))


def _create_deliveries(session: Session, due: list[_DueContest], now: datetime, base_url: str) -> None:
    channels = session.execute(select(Channel).where(col(Channel.enabled)).order_by(col(Channel.id))).scalars().all()
    receivers = _receivers(session, due, channels) if channels else {}
    demo, rows = is_demo(session), []
    for channel in channels:
        asked = [each for each in due if row_id(channel) in receivers[row_id(each.contest)]]
        if asked:
            payload = contests_message([(each.contest, each.step) for each in asked], now, base_url, demo=demo)
            rows.append(new_delivery(channel, payload, now=now))
    if rows:
        session.execute(insert(Delivery), rows)


def _receivers(session: Session, due: list[_DueContest], channels: Sequence[Channel]) -> Mapping[int, set[int]]:
    """Return the ids of the channels that are asked, by contest.

    As for its question; an assigned person is who took it up, else who is to resolve the question.
    """
    questions = {each.contest.question_id for each in due if each.contest.question_id is not None}
    topics: dict[int, list[str]] = {question: [] for question in questions}
    query = select(QuestionTopic).where(col(QuestionTopic.question_id).in_(questions))
    for row in session.execute(query.order_by(col(QuestionTopic.topic))).scalars():
        topics[row.question_id].append(row.topic)
    assigned = select(col(Question.id), col(Question.assignee)).where(col(Question.id).in_(questions))
    assignees = {row[0]: row[1] for row in session.execute(assigned)}
    subscribed, found = subscribed_channels(session, topics), {}
    for each in due:
        question = each.contest.question_id or 0
        wanted = recipients(
            channels,
            each.step.stage,
            topics.get(question, ()),
            subscribers=subscribed.get(question, ()),
            assignee=each.contest.taken_up_by or assignees.get(question),
        )
        found[row_id(each.contest)] = {row_id(channel) for channel in wanted}
    return found
