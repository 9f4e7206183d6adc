"""Compare all stored scores and totals with the append-only rows."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlmodel import Session, col, select

from predictions import ledger
from predictions.audit.ledger_check import mismatches
from predictions.audit.row_check import changed_rows
from predictions.audit.unreadable import UNREADABLE, unreadable_rows
from predictions.imports.visibility import unfinished
from predictions.models import Question, RunningTotal, Score
from predictions.questions.resolve import current_resolution
from predictions.scores.question_scores import score_rows, with_column_names
from predictions.scores.running_totals import FIELDS, OVERALL, contributions, question_topics


def verify(session: Session) -> Iterator[str]:
    """Yield one message for each stored number that differs from its recomputation; none if all agree.

    A row that cannot be read is named, and the others are checked all the same.
    """
    unreadable: dict[str, set[Any]] = defaultdict(set)
    for table, key in unreadable_rows(session):
        unreadable[table].add(key[0])
        yield f"{table} {', '.join(map(str, key))} cannot be read: a value is not of its column's type"
    yield from _guarded("imports", _uncounted(session))
    skipped = unreadable["ledger_event"]
    yield from _guarded("the chain of the ledger", ledger.chain_errors(session, skipped))
    yield from _guarded("predictions and resolutions", mismatches(session, skipped))
    yield from _guarded("rows and their events", changed_rows(session, unreadable))
    sums: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0] * len(FIELDS))
    for number in session.execute(select(col(Question.id)).order_by(col(Question.id))).scalars().all():
        if number not in unreadable["question"]:
            yield from _guarded(f"question {number}", _question(session, session.get_one(Question, number), sums))
    yield from _guarded("running totals", _totals(session, sums))


def _guarded(what: str, findings: Iterator[str]) -> Iterator[str]:
    """Yield the findings, and one more if a value that makes no sense ends the check."""
    try:
        yield from findings
    except UNREADABLE as error:
        yield f"{what}: not checked to the end, as a value makes no sense ({type(error).__name__}: {error})"


def _uncounted(session: Session) -> Iterator[str]:
    for number in sorted(unfinished(session).uncounted):
        yield f"import {number} is complete, but not counted in all scores yet: verify again in a minute"


def _totals(session: Session, sums: dict[tuple[int, str], list[int]]) -> Iterator[str]:
    for row in session.exec(select(RunningTotal)).all():
        stored = [getattr(row, field) for field in FIELDS]
        expected = sums.pop((row.commentator_id, row.topic), [0] * len(FIELDS))
        if stored != expected:
            context = f"running total of commentator {row.commentator_id} in {row.topic or 'all topics'}"
            yield f"{context}: stored {stored}, expected {expected}"
    for (person, topic), expected in sums.items():
        yield f"running total of commentator {person} in {topic or 'all topics'}: missing, expected {expected}"


def _question(session: Session, question: Question, sums: dict[tuple[int, str], list[int]]) -> Iterator[str]:
    """Yield what differs of the question, and add its scores to the sums of commentators by topic."""
    newest = current_resolution(session, question.id or 0)
    outcome = newest.outcome if newest else None
    if outcome != question.outcome:
        yield f"question {question.id}: outcome {question.outcome!r}, but its newest resolution says {outcome!r}"
    expected = {row["commentator_id"]: row for row in with_column_names(score_rows(session, [question]))}
    for score in session.exec(select(Score).where(Score.question_id == question.id)).all():
        row = expected.pop(score.commentator_id, None)
        if row is None or any(getattr(score, name) != value for name, value in row.items()):
            context = f"score of commentator {score.commentator_id} on question {question.id}"
            yield f"{context}: stored {score.model_dump()}, expected {row}"
    for person, row in expected.items():
        yield f"score of commentator {person} on question {question.id}: missing, expected {row['opening']}"
    topics = (OVERALL, *question_topics(session, question.id or 0))
    for person, added in contributions(session, question).items():
        for topic in topics:
            total = sums[person, topic]
            total[:] = [a + b for a, b in zip(total, added, strict=True)]
