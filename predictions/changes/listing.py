"""Lists of changes of what is settled: all, those on one question, and those that moved one commentator's scores."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from predictions.changes.effects import Effect
from predictions.changes.models import ChangeState, PendingChange
from predictions.errors import NotFound
from predictions.models import Commentator, Prediction, Question

MAX_CHANGES = 100


def change_of(session: Session, number: int) -> PendingChange:
    """Return the change with this id. Raises ``NotFound``."""
    change = session.get(PendingChange, number)
    if change is None:
        raise NotFound(f"no change has the id {number}: see GET /api/changes for all")
    return change


def list_changes(session: Session, *, state: ChangeState | None, after: int, limit: int) -> Sequence[PendingChange]:
    """Return up to ``limit`` changes with ids above ``after`` in order of request, by state if given."""
    query = select(PendingChange).where(col(PendingChange.id) > after)
    if state is not None:
        query = query.where(PendingChange.state == state)
    return session.exec(query.order_by(col(PendingChange.id)).limit(limit)).all()


def count_pending(session: Session) -> int:
    """Return the number of changes that wait for approval."""
    query = select(func.count()).select_from(PendingChange).where(PendingChange.state == ChangeState.PENDING)
    return session.exec(query).one()


def changes_on(session: Session, question_id: int) -> Sequence[PendingChange]:
    """Return the newest changes on a question, newest first."""
    query = select(PendingChange).where(PendingChange.question_id == question_id)
    return session.exec(query.order_by(col(PendingChange.id).desc()).limit(MAX_CHANGES)).all()


@dataclass(frozen=True)
class MovedScore:
    """An approved change, its question, and what it did to one commentator's score; None if that is not stored."""

    change: PendingChange
    question: Question
    effect: Effect | None


def scores_moved(session: Session, commentator_id: int) -> list[MovedScore]:
    """Return the newest approved changes that moved a score of a commentator, newest first.

    A change stores its effect on a bounded number of commentators; on the others its effect is not known here.
    """
    asked = select(Prediction.question_id).where(Prediction.commentator_id == commentator_id)
    query = (
        select(PendingChange, Question)
        .join(Question, col(Question.id) == col(PendingChange.question_id))
        .where(PendingChange.state == ChangeState.APPROVED, col(PendingChange.question_id).in_(asked))
        .order_by(col(PendingChange.id).desc())
        .limit(MAX_CHANGES)
    )
    found = []
    for change, question in session.exec(query).all():
        own = next((effect for effect in change.scores if effect["commentator"] == commentator_id), None)
        if own is not None or change.affected > len(change.scores):
            found.append(MovedScore(change, question, own))
    return found


def people_in(session: Session, changes: Sequence[PendingChange]) -> dict[int, Commentator]:
    """Return the commentators whose scores the changes move, by id."""
    ids = {effect["commentator"] for change in changes for effect in change.scores}
    rows = session.exec(select(Commentator).where(col(Commentator.id).in_(sorted(ids)))).all()
    return {row.id or 0: row for row in rows}
