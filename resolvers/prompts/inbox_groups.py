"""The inbox of an editor: questions that wait for an outcome, grouped by when they are due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import and_, func, select, true
from sqlmodel import Session, col

from predictions.enums import QuestionStatus
from predictions.models import Prediction, Question, Resolution, row_id
from predictions.outcomes import UNRESOLVED
from predictions.questions.triage import is_snoozed_at
from predictions.schemas.views import ProposalView
from resolvers.prompts.inbox import is_contradicted, pending_proposals

SOON = timedelta(days=14)
PAGE = 25


@dataclass(frozen=True)
class InboxGroup:
    """Questions that are due at about the same time: one page of them, and the total number."""

    name: str
    title: str
    questions: Sequence[Question]
    total: int


@dataclass(frozen=True)
class InboxDetails:
    """Pending proposals, numbers of predictions and newest resolutions, by question id."""

    proposals: Mapping[int, Sequence[ProposalView]]
    predictions: Mapping[int, int]
    resolutions: Mapping[int, int]


def list_groups(session: Session, *, now: datetime, assignee: str | None, page: int) -> list[InboxGroup]:
    """Return the groups contradicted, overdue, today, soon and snoozed, ``PAGE`` of each on a page.

    Contradicted are questions with an outcome and a pending proposal. Within a group the longest overdue is first.

    Days are days in UTC.
    """
    today = datetime.combine(now.astimezone(UTC), time(), UTC)
    tomorrow = today + timedelta(days=1)
    snoozed = is_snoozed_at(now)
    due_at, waiting = col(Question.due_at), and_(col(Question.status).in_(UNRESOLVED), ~snoozed)
    conditions = {
        ("contradicted", "Resolved, and contradicted since"): is_contradicted(),
        ("overdue", "Overdue"): and_(waiting, due_at < today),
        ("today", "Due today"): and_(waiting, due_at >= today, due_at < tomorrow),
        ("soon", f"In the next {SOON.days} days"): and_(waiting, due_at >= tomorrow, due_at < tomorrow + SOON),
        ("snoozed", "Snoozed"): and_(col(Question.status) == QuestionStatus.DUE, snoozed),
    }
    assigned = col(Question.assignee) == assignee if assignee is not None else true()
    return [
        _group(session, name, title, and_(condition, assigned), page) for (name, title), condition in conditions.items()
    ]


def _group(session: Session, name: str, title: str, condition: Any, page: int) -> InboxGroup:
    total = session.execute(select(func.count()).select_from(Question).where(condition)).scalar_one()
    query = select(Question).where(condition).order_by(col(Question.due_at), col(Question.id))
    rows = session.execute(query.offset((page - 1) * PAGE).limit(PAGE)).scalars().all()
    return InboxGroup(name, title, rows, total)


def inbox_details(session: Session, questions: Sequence[Question]) -> InboxDetails:
    """Return pending proposals, the number of predictions, and the newest resolution (retracted ones included)."""
    ids = {row_id(each) for each in questions}
    return InboxDetails(
        pending_proposals(session, ids),
        _value_by_question(session, Prediction.question_id, func.count(), ids),
        _value_by_question(session, Resolution.question_id, func.max(Resolution.id), ids),
    )


def _value_by_question(session: Session, column: Any, aggregate: Any, ids: set[int]) -> dict[int, int]:
    rows = session.execute(select(column, aggregate).where(col(column).in_(ids)).group_by(column))
    return {row[0]: row[1] for row in rows}
