"""Contests as read models: what everybody may see of them, and what only editors and their senders may."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import Field
from sqlalchemy import func, select
from sqlmodel import Session, SQLModel, col

from predictions.contests.models import PUBLIC, WAITING, Contest, ContestState
from predictions.models import Commentator, Question, row_id
from predictions.schemas.views import CommentatorRef, QuestionRefView, View

#: The newest contests of a question or commentator that its page shows.
MOST_SHOWN = 50


class ContestView(View):
    """A contest that an editor has taken up."""

    id: int = Field(description="number of the contest")
    state: ContestState = Field(
        description="taken_up, upheld or rejected; for editors also received, withdrawn, deleted"
    )
    prediction: int | None = Field(description="id of the contested prediction; null if it is not about one")
    question: QuestionRefView | None = Field(description="question that it is about; null if about none")
    commentator: CommentatorRef | None = Field(description="commentator that it is about; null if about none")
    name: str = Field(description="who sent it")
    text: str = Field(description="what is wrong")
    evidence: list[dict[str, Any]] = Field(description="web pages that show it: url and note of each")
    received_at: datetime = Field(description="time at which it was received")
    due_at: datetime = Field(description="time by which it should be answered")
    taken_up_at: datetime | None = Field(description="time at which an editor took it up")
    taken_up_by: str | None = Field(description="name of that editor")
    decided_at: datetime | None = Field(description="time of the answer; null while it is being checked")
    decided_by: str | None = Field(description="name of the person who answered")
    answer: str = Field(description="the answer; empty while it is being checked")
    correction: int | None = Field(description="number of the correction that was made; null unless upheld")


class EditorContestView(ContestView):
    """A contest as editors see it."""

    contact: str = Field(description="how to reach the sender; confidential")


def list_contests(
    session: Session, *, states: Sequence[ContestState], after: int = 0, limit: int = 100
) -> list[EditorContestView]:
    """Return contests in these states with an id above ``after``, in order of receipt."""
    wanted = (col(Contest.state).in_(states), col(Contest.id) > after)
    rows = session.execute(select(Contest).where(*wanted).order_by(col(Contest.id)).limit(limit)).scalars().all()
    return view_contests(session, rows)


def public_contests(
    session: Session, *, question: int | None = None, commentator: int | None = None
) -> list[ContestView]:
    """Return the newest public contests of a question or commentator, newest first."""
    about = col(Contest.question_id) == question if question else col(Contest.commentator_id) == commentator
    query = select(Contest).where(about, col(Contest.state).in_(PUBLIC)).order_by(col(Contest.id).desc())
    views = view_contests(session, session.execute(query.limit(MOST_SHOWN)).scalars().all())
    return [public(view) for view in views]


def public(view: EditorContestView) -> ContestView:
    """Return what everybody may see of a public contest."""
    return ContestView.model_validate(view.model_dump(exclude={"contact"}))


def count_waiting(session: Session) -> int:
    """Return the number of contests that wait for an answer."""
    query = select(func.count()).select_from(Contest).where(col(Contest.state).in_(WAITING))
    return int(session.execute(query).scalar_one())


def view_contests(session: Session, rows: Sequence[Contest]) -> list[EditorContestView]:
    """Return contests as editors see them, in the order given."""
    questions = {it.id: QuestionRefView.of(it) for it in _named(session, Question, {row.question_id for row in rows})}
    people = _named(session, Commentator, {row.commentator_id for row in rows})
    commentators = {it.id: CommentatorRef.of(it) for it in people}
    other = {"id", "prediction", "question", "commentator"}
    same = [name for name in EditorContestView.model_fields if name not in other]
    return [
        EditorContestView(
            id=row_id(row),
            prediction=row.prediction_id,
            question=questions.get(row.question_id),
            commentator=commentators.get(row.commentator_id),
            **{name: getattr(row, name) for name in same},
        )
        for row in rows
    ]


def _named(session: Session, table: type[SQLModel], ids: set[int | None]) -> Sequence[Any]:
    number = table.id  # type: ignore[attr-defined]
    return session.execute(select(table).where(col(number).in_(ids - {None}))).scalars().all()
