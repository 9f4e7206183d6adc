"""What the pure formulas of calibration and of pairs say about the record."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from predictions.columns import QuestionKind
from predictions.models import Commentator, Prediction, Question, Score, key
from predictions.pairs import MIN_EVENTS, compare
from predictions.record import CalibrationView, view_calibration
from predictions.scored import Filters, pair_filters
from predictions.scoring import SCALE
from predictions.views import CommentatorRef, View


class PairView(View):
    """Two commentators on the resolved questions that both answered. ``difference`` is the mean over events of (score
    of ``second`` - score of ``first``): above 0 the first was better. With too few shared events only the counts."""

    first: CommentatorRef
    second: CommentatorRef
    questions: int
    events: int
    difference: float | None
    low: float | None
    high: float | None
    p_value: float | None
    note: str


def compare_commentators(
    session: Session, first: Commentator, second: Commentator, filters: Filters, *, now: datetime
) -> PairView:
    """Compare two commentators by the Brier scores of their opening calls, whole events as one piece of evidence."""
    one, other = (_scores(session, key(person), filters, now) for person in (first, second))
    found = compare(
        [row[0] for row in one],
        [row[1] for row in one],
        [row[2] / SCALE for row in one],
        [row[0] for row in other],
        [row[2] / SCALE for row in other],
    )
    note = "" if found.enough else f"they are compared from {MIN_EVENTS} shared events on: fewer would show luck"
    return PairView(first=CommentatorRef.of(first), second=CommentatorRef.of(second), note=note, **asdict(found))


def _scores(session: Session, person: int, filters: Filters, now: datetime) -> list[tuple[int, str, int]]:
    query = (
        select(col(Score.question_id), col(Question.event), col(Score.opening))
        .join(Question, col(Question.id) == col(Score.question_id))
        .where(col(Score.commentator_id) == person, *pair_filters(filters, now))
        .order_by(col(Score.question_id))
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def calibration_of(
    session: Session, filters: Filters, *, commentator: Commentator | None = None, now: datetime
) -> CalibrationView:
    """The reliability diagram of the opening calls on yes-or-no questions under ``filters``: of everyone, or of one."""
    query = (
        select(col(Prediction.probability), col(Question.outcome))
        .select_from(Score)
        .join(Question, col(Question.id) == col(Score.question_id))
        .join(Prediction, col(Prediction.id) == col(Score.opening_id))
        .where(col(Question.kind) == QuestionKind.BINARY, *pair_filters(filters, now))
    )
    if commentator is not None:
        query = query.where(col(Score.commentator_id) == commentator.id)
    calls = session.execute(query.order_by(col(Score.question_id), col(Score.commentator_id))).all()
    return view_calibration([row[0] for row in calls], [int(row[1] == "yes") for row in calls])
