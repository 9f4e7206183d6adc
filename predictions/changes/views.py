"""Read models of changes of what is settled."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import Field
from sqlmodel import Session, col, select

from predictions.changes.listing import people_in
from predictions.changes.models import PendingChange
from predictions.models import Question, row_id
from predictions.schemas.views import CommentatorRef, QuestionRefView, View


class ScoreMoved(View):
    """A commentator's score on the question before and after a change; null where there is none."""

    commentator: CommentatorRef = Field(description="commentator whose score it moves")
    before: dict[str, Any] | None = Field(
        description="before: brier, brier_latest, brier_time_weighted, brier_low, brier_high, reference_brier, "
        "reference_type, verbal, vague and recorded_late, as in the export of scores"
    )
    after: dict[str, Any] | None = Field(description="the same after the change")


class ChangeView(View):
    """A change of what is settled: pending until another person decides, and on record from then on."""

    id: int = Field(description="id of the change")
    kind: str = Field(
        description="reference.addition, prediction.correction, prediction.withdrawal or resolver.attachment"
    )
    question: QuestionRefView = Field(description="question whose settled record it changes")
    subject: str = Field(description="table of the row that it changes or adds to: question or prediction")
    subject_id: int = Field(description="id of that row")
    payload: dict[str, Any] = Field(description="the change as it was asked for, in the form of its own address")
    reason: str = Field(description="why the record is to change")
    requested_by: str = Field(description="name of the person who asked for it")
    requested_at: datetime = Field(description="time at which it was asked for")
    state: str = Field(description="pending, approved or rejected")
    decided_by: str | None = Field(description="name of the person who decided it")
    decided_at: datetime | None = Field(description="time of the decision, at which an approved change took effect")
    decision: str | None = Field(description="reason for the decision")
    approval: str | None = Field(
        description="of an approved change: another_person, only_person (nobody else might approve it, so it took "
        "effect at once) or no_score_moved (at once too); null of others"
    )
    result_id: int | None = Field(description="id of the row that it entered or changed; null until approved")
    affected: int = Field(description="number of commentators whose scores it moves")
    scores: list[ScoreMoved] = Field(description="the scores that it moves, of the first 200 commentators")
    links: dict[str, str] = Field(description="addresses of the change, its approval and rejection, and its question")


def view_changes(session: Session, changes: Sequence[PendingChange]) -> list[ChangeView]:
    """Return changes as read models, in the order given."""
    people = {number: CommentatorRef.of(row) for number, row in people_in(session, changes).items()}
    ids = {change.question_id for change in changes}
    rows = session.exec(select(Question).where(col(Question.id).in_(ids))).all()
    questions = {row_id(row): QuestionRefView.of(row) for row in rows}
    return [_view(change, questions[change.question_id or 0], people) for change in changes]


def view_change(session: Session, change: PendingChange) -> ChangeView:
    """Return a change as a read model."""
    return view_changes(session, [change])[0]


def _view(change: PendingChange, question: QuestionRefView, people: dict[int, CommentatorRef]) -> ChangeView:
    number = row_id(change)
    own = f"/api/changes/{number}"
    computed = {"id", "question", "scores", "links", "state", "approval"}
    return ChangeView(
        **{name: getattr(change, name) for name in ChangeView.model_fields if name not in computed},
        id=number,
        question=question,
        state=change.state.value,
        approval=change.approval.value if change.approval else None,
        scores=[
            ScoreMoved(commentator=people[each["commentator"]], before=each["before"], after=each["after"])
            for each in change.scores
        ],
        links={
            "self": own,
            "approval": f"{own}/approval",
            "rejection": f"{own}/rejection",
            "question": f"/api/questions/{question.slug}",
        },
    )
