"""Every stored score and standing made anew from the append-only rows."""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, delete, func, insert, literal, select
from sqlmodel import Session, col

from predictions import ledger
from predictions.columns import QuestionStatus
from predictions.models import Question, QuestionTopic, Score, Standing
from predictions.settling import COLUMNS, named, score_rows
from predictions.standings import FIELDS, OVERALL, SUMS, standing_predictions

#: Questions scored in one go: their predictions are in memory together.
AT_ONCE = 200
_SCORE = Score.__table__  # type: ignore[attr-defined]
_FORGET = delete(_SCORE).where(_SCORE.c.commentator_id == bindparam("who"), _SCORE.c.question_id == bindparam("what"))
_KEEP = insert(_SCORE)
#: The columns of each stored score; in place of the last, the deadline, whether it is the question's: the database
#: compares times sooner than they could be read.
_STORED = (
    select(*(_SCORE.c[name] for name in COLUMNS[:-1]), _SCORE.c.deadline == col(Question.deadline))
    .join(Question, col(Question.id) == _SCORE.c.question_id)
    .where(_SCORE.c.question_id.in_(bindparam("questions", expanding=True)))
)


@dataclass(frozen=True)
class Rescored:
    """How many scores there are now, and how many of them (or of those gone) were stored otherwise."""

    scores: int
    changed: int


def rescore(session: Session, *, now: datetime, actor: str, progress: Callable[[int, int], None]) -> Rescored:
    """Make all scores and standings anew and store what differs; ``progress`` hears questions done, and of how many.

    The ledger gets one ``record.rescored`` event, unless there is no question.
    """
    questions = session.execute(select(Question).order_by(col(Question.id))).scalars().all()
    scores = changed = 0
    with uncollected():
        for start in range(0, len(questions), AT_ONCE):
            batch = questions[start : start + AT_ONCE]
            fresh, differing = _rescore(session, batch)
            scores, changed = scores + fresh, changed + differing
            progress(start + len(batch), len(questions))
    if questions:
        _sum_up(session)
        body = {"questions": len(questions), "scores": scores, "changed": changed}
        ledger.append(session, now=now, actor=actor, action="record.rescored", subject=questions[0], body=body)
    return Rescored(scores, changed)


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the garbage collector, which would look through millions of rows again and again that all go by
    themselves; a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _rescore(session: Session, questions: Sequence[Question]) -> tuple[int, int]:
    stored = {
        row[:2]: tuple(row) for row in session.execute(_STORED, {"questions": [one.id for one in questions]}).all()
    }
    rows = list(score_rows(session, questions))
    wrong = [row for row in rows if stored.get(row[:2]) != (*row[:-1], True)]
    stale = (stored.keys() - {row[:2] for row in rows}) | (stored.keys() & {row[:2] for row in wrong})
    # What is stored as it should be stays untouched: writing it again would be most of the work.
    if stale:
        session.connection().execute(_FORGET, [{"who": who, "what": what} for who, what in stale])
    if wrong:
        session.connection().execute(_KEEP, named(wrong))
    return len(rows), len(stale | {row[:2] for row in wrong})


def _sum_up(session: Session) -> None:
    """The standings as sums over the stored scores, as ``standings.additions`` gives them question by question."""
    session.execute(delete(Standing))
    names = ["commentator_id", "topic", *FIELDS]
    asked = standing_predictions().distinct().subquery()
    resolved, annulled = (col(Question.status) == state for state in (QuestionStatus.RESOLVED, QuestionStatus.ANNULLED))
    scored = col(Score.commentator_id).is_not(None)
    counted = and_(resolved, scored, ~col(Score.hedged))
    counts = [func.count(), *map(_number, (counted, annulled, and_(resolved, ~scored)))]
    counts.append(_number(and_(resolved, scored, col(Score.hedged))))
    sums = [func.sum(case((counted, getattr(Score, name)), else_=0)) for name in SUMS]
    same_pair = and_(col(Score.commentator_id) == asked.c.commentator_id, col(Score.question_id) == asked.c.question_id)
    pairs = (
        select(asked.c.commentator_id)
        .join(Question, col(Question.id) == asked.c.question_id)
        .join(Score, same_pair, isouter=True)
        .group_by(asked.c.commentator_id)
    )
    overall = pairs.add_columns(literal(OVERALL), *counts, *sums)
    topic = col(QuestionTopic.topic)
    by_topic = pairs.join(QuestionTopic, col(QuestionTopic.question_id) == asked.c.question_id).group_by(topic)
    for query in (overall, by_topic.add_columns(topic, *counts, *sums)):
        session.execute(insert(Standing).from_select(names, query))


def _number(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))
