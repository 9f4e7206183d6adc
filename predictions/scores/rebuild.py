"""Recompute all stored scores and running totals from the append-only rows."""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Enum,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    select,
    type_coerce,
)
from sqlmodel import Session, col

from predictions import ledger
from predictions.enums import QuestionStatus, RankRecordedLate
from predictions.imports.uncounted import mark_counted
from predictions.models import Question, QuestionTopic, RunningTotal, Score, row_id
from predictions.scores.eligibility import select_active
from predictions.scores.late_rule import append_change, rule_in_force
from predictions.scores.question_scores import COLUMNS, ScoreRow, score_rows, with_column_names
from predictions.scores.running_totals import FIELDS, OVERALL, SUMS

#: Questions scored at once; their predictions are in memory together.
AT_ONCE = 200
_SCORE, _QUESTION = Score.__table__, Question.__table__  # type: ignore[attr-defined]
_FORGET = delete(_SCORE).where(
    _SCORE.c.commentator_id == bindparam("commentator"), _SCORE.c.question_id == bindparam("question")
)
_KEEP = insert(_SCORE)


def _as_stored(column: Any) -> Any:
    """Return a column without value conversion, which takes as long as reading: 1 equals True."""
    plain = {Boolean: Integer, Enum: String}.get(type(column.type))
    return type_coerce(column, plain) if plain else column


#: The columns of each stored score; the last, the deadline, is replaced by its equality with the question's, which
#: the database computes faster than times can be read.
_STORED = (
    select(*(_as_stored(_SCORE.c[name]) for name in COLUMNS[:-1]), _SCORE.c.deadline == _QUESTION.c.deadline)
    .join(_QUESTION, _QUESTION.c.id == _SCORE.c.question_id)
    .where(_SCORE.c.question_id.in_(bindparam("questions", expanding=True)))
)


@dataclass(frozen=True)
class Rescored:
    """Numbers of scores after a rebuild, and of scores that were corrected, added or removed."""

    scores: int
    changed: int


def rescore(session: Session, *, now: datetime, actor: str, progress: Callable[[int, int], None]) -> Rescored:
    """Recompute all scores and running totals and store the differences.

    Calls ``progress`` with the numbers of questions done and in total. Appends one ``record.rescored`` event to the
    ledger, unless there is no question.
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
        mark_counted(session, [row_id(question) for question in questions])
        body = {"questions": len(questions), "scores": scores, "changed": changed}
        ledger.append(session, now=now, actor=actor, action="record.rescored", subject=questions[0], body=body)
    return Rescored(scores, changed)


def bring_into_force(
    session: Session,
    rule: RankRecordedLate,
    *,
    now: datetime,
    actor: str,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Rescored | None:
    """Count predictions recorded late by ``rule`` from now on, and rescore; return None if it is in force already."""
    if rule_in_force(session) is rule:
        return None
    append_change(session, rule, now=now, actor=actor)
    return rescore(session, now=now, actor=actor, progress=progress)


@contextmanager
def uncollected() -> Iterator[None]:
    """Suspend the garbage collector, whose scans of millions of acyclic rows take a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@dataclass(frozen=True)
class ComparedScores:
    """The scores of questions as they should be, and what differs from them.

    ``unexpected`` are stored scores that should not be so, ``missing`` those that should be stored. In both the last
    column is 1 if it is the deadline of the question.
    """

    rows: list[ScoreRow]
    unexpected: set[ScoreRow]
    missing: set[ScoreRow]


def compare_scores(session: Session, questions: Sequence[Question]) -> ComparedScores:
    """Compare the stored scores of questions with their recomputation."""
    numbers = [question.id for question in questions]
    stored = set(map(tuple, session.connection().execute(_STORED, {"questions": numbers})))
    rows = list(score_rows(session, questions))
    expected = {(*row[:-1], 1) for row in rows}
    return ComparedScores(rows, stored - expected, expected - stored)


def _rescore(session: Session, questions: Sequence[Question]) -> tuple[int, int]:
    compared = compare_scores(session, questions)
    lacking, stale = ({row[:2] for row in each} for each in (compared.missing, compared.unexpected))
    # Correct rows stay untouched: writing them again would be most of the work.
    if stale:
        session.connection().execute(
            _FORGET, [{"commentator": person, "question": question} for person, question in stale]
        )
    if lacking:
        wrong = (row for row in compared.rows if row[:2] in lacking)
        session.connection().execute(_KEEP, with_column_names(wrong))
    return len(compared.rows), len(stale | lacking)


def _sum_up(session: Session) -> None:
    """Replace the running totals by sums of the stored scores, equal to the sums of ``contributions``."""
    session.execute(delete(RunningTotal))
    rows = list(running_totals(session))
    if rows:
        session.connection().execute(insert(RunningTotal.__table__), rows)  # type: ignore[attr-defined]


def running_totals(session: Session) -> Iterator[dict[str, Any]]:
    """Yield the running totals that follow from the stored scores."""
    names = ("commentator_id", "topic", *FIELDS)
    yield from (dict(zip(names, row, strict=True)) for row in session.execute(_sums(by_topic=False)))
    if session.execute(select(QuestionTopic).limit(1)).first():
        yield from (dict(zip(names, row, strict=True)) for row in session.execute(_sums(by_topic=True)))


def _sums(*, by_topic: bool) -> Select[Any]:
    """Select the running totals by commentator (and topic): counts of questions joined with sums of scores."""
    resolved, annulled = (col(Question.status) == state for state in (QuestionStatus.RESOLVED, QuestionStatus.ANNULLED))
    kept = {name: func.sum(case((col(Score.vague), 0), else_=getattr(Score, name))) for name in SUMS}
    totals = {"annulled": _number(annulled), "settled": _number(resolved)}
    asked = _summed(select_active().distinct().subquery(), totals, by_topic).subquery()
    totals = {"vague": _number(col(Score.vague)), **kept}
    scored = _summed(_SCORE, totals, by_topic).where(resolved).subquery()
    same = and_(scored.c.commentator_id == asked.c.commentator_id, scored.c.topic == asked.c.topic)
    pairs, *rest = (func.coalesce(scored.c[name], 0) for name in ("pairs", "vague", *SUMS))
    counts = (asked.c.pairs, pairs - rest[0], asked.c.annulled, asked.c.settled - pairs)  # COUNTS, but for the last
    wanted = select(asked.c.commentator_id, asked.c.topic, *counts, *rest)
    return wanted.join_from(asked, scored, same, isouter=True)


def _summed(pairs: Any, totals: dict[str, Any], by_topic: bool) -> Select[Any]:
    """Select the number of pairs of commentator and question, and their ``totals``, by commentator and topic."""
    topic = col(QuestionTopic.topic) if by_topic else literal(OVERALL)
    columns = (func.count().label("pairs"), *(total.label(name) for name, total in totals.items()))
    query = select(pairs.c.commentator_id, topic.label("topic"), *columns)
    query = query.join_from(pairs, Question, col(Question.id) == pairs.c.question_id)
    if by_topic:
        query = query.join(QuestionTopic, col(QuestionTopic.question_id) == col(Question.id)).group_by(topic)
    return query.group_by(pairs.c.commentator_id)


def _number(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))
