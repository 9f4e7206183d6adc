"""Compare outcomes of questions, stored scores and running totals with what follows from the rows."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from predictions.audit.unreadable import UNREADABLE
from predictions.models import Question, QuestionTopic, Resolution, RunningTotal, Score
from predictions.scores.question_scores import COLUMNS
from predictions.scores.rebuild import AT_ONCE, compare_scores, running_totals
from predictions.scores.running_totals import FIELDS


def score_errors(session: Session, skipped: Collection[int]) -> Iterator[str]:
    """Yield one message for each difference; questions with ``skipped`` ids, which cannot be read, are left out."""
    numbers = session.execute(select(col(Question.id)).order_by(col(Question.id))).scalars().all()
    readable = [number for number in numbers if number not in skipped]
    for start in range(0, len(readable), AT_ONCE):
        batch = readable[start : start + AT_ONCE]
        try:
            found = list(_of_questions(session, batch))
        except UNREADABLE:
            found = [message for number in batch for message in _of_one(session, number)]
        yield from found
    yield from _of_no_question(session)


def _of_one(session: Session, number: int) -> list[str]:
    try:
        return list(_of_questions(session, [number]))
    except UNREADABLE as error:
        return [
            f"question {number}: not checked to the end, as a value makes no sense ({type(error).__name__}: {error})"
        ]


def _of_questions(session: Session, numbers: Sequence[int]) -> Iterator[str]:
    questions = session.execute(select(Question).where(col(Question.id).in_(numbers))).scalars().all()
    newest = select(func.max(Resolution.id)).where(col(Resolution.question_id).in_(numbers))
    rows = select(col(Resolution.question_id), col(Resolution.outcome)).where(
        col(Resolution.id).in_(newest.group_by(col(Resolution.question_id)))
    )
    outcomes: dict[int, str | None] = {row[0]: row[1] for row in session.execute(rows)}
    for question in questions:
        outcome = outcomes.get(question.id or 0)
        if outcome != question.outcome:
            yield f"question {question.id}: outcome {question.outcome!r}, but its newest resolution says {outcome!r}"
    compared = compare_scores(session, questions)
    stored, expected = ({row[:2]: row for row in each} for each in (compared.unexpected, compared.missing))
    for person, number in sorted(stored.keys() | expected.keys()):
        is_, should_be = (_named(each.get((person, number))) for each in (stored, expected))
        yield f"score of commentator {person} on question {number}: stored {is_}, expected {should_be}"


def _named(row: Sequence[Any] | None) -> dict[str, Any] | str:
    """Return a stored score with the names of its columns; the deadline is the question's (1) or not."""
    return dict(zip(COLUMNS, row, strict=True)) if row else "none"


def _of_no_question(session: Session) -> Iterator[str]:
    known = select(col(Question.id))
    for table, column in ((Score, Score.question_id), (QuestionTopic, QuestionTopic.question_id)):
        for number in session.execute(select(col(column)).where(col(column).not_in(known)).distinct()).scalars():
            yield f"{table.__tablename__} of question {number}: there is no such question"


def total_errors(session: Session) -> Iterator[str]:
    """Yield one message for each running total that is not the sum of the stored scores."""
    sums = {(row["commentator_id"], row["topic"]): [row[field] for field in FIELDS] for row in running_totals(session)}
    for row in session.execute(select(RunningTotal.__table__)).mappings():  # type: ignore[attr-defined]
        stored = [row[field] for field in FIELDS]
        expected = sums.pop((row["commentator_id"], row["topic"]), [0] * len(FIELDS))
        if stored != expected:
            context = f"running total of commentator {row['commentator_id']} in {row['topic'] or 'all topics'}"
            yield f"{context}: stored {stored}, expected {expected}"
    for (person, topic), expected in sums.items():
        yield f"running total of commentator {person} in {topic or 'all topics'}: missing, expected {expected}"
