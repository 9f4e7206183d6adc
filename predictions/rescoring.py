"""Every stored score and standing made anew from the append-only rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, delete, func, insert, literal, select
from sqlmodel import Session, col

from predictions import ledger
from predictions.columns import QuestionStatus
from predictions.models import Question, QuestionTopic, Score, Standing
from predictions.settling import ScoreRow, score_rows
from predictions.standings import FIELDS, OVERALL, SUMS, standing_predictions

#: Questions scored in one go: their predictions are in memory together.
AT_ONCE = 200
_SCORE = Score.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Rescored:
    """How many scores there are now, and how many of them (or of those gone) were stored otherwise."""

    scores: int
    changed: int


def rescore(session: Session, *, now: datetime, actor: str, progress: Callable[[int, int], None]) -> Rescored:
    """Replace all scores and standings by freshly computed ones; ``progress`` hears questions done, and of how many.

    The ledger gets one ``record.rescored`` event, unless there is no question.
    """
    questions = session.execute(select(Question).order_by(col(Question.id))).scalars().all()
    scores = changed = 0
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


def _rescore(session: Session, questions: Sequence[Question]) -> tuple[int, int]:
    mine = col(Score.question_id).in_([question.id for question in questions])
    stored = session.execute(select(*_SCORE.c).where(mine)).mappings()
    before = {_key(row): row for row in map(dict, stored)}
    rows = list(score_rows(session, questions))
    session.execute(delete(Score).where(mine))
    if rows:
        session.execute(insert(Score), rows)
    same = sum(_agree(before.pop(_key(row), None), row) for row in rows)
    return len(rows), len(rows) - same + len(before)


def _key(row: ScoreRow) -> tuple[int, int]:
    return row["commentator_id"], row["question_id"]


def _agree(stored: dict[str, Any] | None, row: ScoreRow) -> bool:
    return stored is not None and all(stored[name] == value for name, value in row.items())


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
