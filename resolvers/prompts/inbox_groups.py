"""What waits for an outcome, in groups by when it is due, with what an editor needs beside each."""

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
from resolvers.prompts.inbox import pending_proposals

SOON = timedelta(days=14)
PAGE = 25


@dataclass(frozen=True)
class Group:
    """Questions that are due at about the same time: one page of them, and how many there are in all."""

    name: str
    title: str
    questions: Sequence[Question]
    total: int


@dataclass(frozen=True)
class InboxDetails:
    """What lies beside the questions shown, by their ids."""

    proposals: Mapping[int, Sequence[ProposalView]]
    predictions: Mapping[int, int]
    resolutions: Mapping[int, int]


def groups(session: Session, *, now: datetime, assignee: str | None, page: int) -> list[Group]:
    """Overdue, due today, soon and resting; the longest overdue first, ``PAGE`` of each on a page. Days are UTC's."""
    today = datetime.combine(now.astimezone(UTC), time(), UTC)
    tomorrow = today + timedelta(days=1)
    rests = is_snoozed_at(now)
    due_at, waits = col(Question.due_at), and_(col(Question.status).in_(UNRESOLVED), ~rests)
    conditions = {
        ("overdue", "Overdue"): and_(waits, due_at < today),
        ("today", "Due today"): and_(waits, due_at >= today, due_at < tomorrow),
        ("soon", f"In the next {SOON.days} days"): and_(waits, due_at >= tomorrow, due_at < tomorrow + SOON),
        ("resting", "Resting"): and_(col(Question.status) == QuestionStatus.DUE, rests),
    }
    mine = col(Question.assignee) == assignee if assignee is not None else true()
    return [
        _group(session, name, title, and_(condition, mine), page) for (name, title), condition in conditions.items()
    ]


def _group(session: Session, name: str, title: str, condition: Any, page: int) -> Group:
    total = session.execute(select(func.count()).select_from(Question).where(condition)).scalar_one()
    query = select(Question).where(condition).order_by(col(Question.due_at), col(Question.id))
    rows = session.execute(query.offset((page - 1) * PAGE).limit(PAGE)).scalars().all()
    return Group(name, title, rows, total)


def inbox_details(session: Session, questions: Sequence[Question]) -> InboxDetails:
    """Pending proposals, the number of predictions, and the id of the newest resolution (one taken back, too)."""
    ids = {row_id(each) for each in questions}
    return InboxDetails(
        pending_proposals(session, ids),
        _by_question(session, Prediction.question_id, func.count(), ids),
        _by_question(session, Resolution.question_id, func.max(Resolution.id), ids),
    )


def _by_question(session: Session, column: Any, figure: Any, ids: set[int]) -> dict[int, int]:
    rows = session.execute(select(column, figure).where(col(column).in_(ids)).group_by(column))
    return {row[0]: row[1] for row in rows}
