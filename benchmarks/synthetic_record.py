"""Large records for benchmarks, put straight into the tables: commentators x questions, and their running totals."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, func, insert, select, text
from sqlmodel import col

from predictions.enums import CommentatorKind, DeadlineBasis, QuestionKind, QuestionStatus
from predictions.models import Commentator, Prediction, Question, RunningTotal
from predictions.scores.running_totals import FIELDS
from service.db.engine import write_transaction

MADE = datetime(2025, 1, 1, tzinfo=UTC)
DEADLINE = datetime(2025, 6, 1, tzinfo=UTC)
PEOPLE = 1000
CHUNK = 20_000


def enter_record(engine: Engine, predictions: int, *, people: int = PEOPLE, seed: int = 1) -> int:
    """Put that many predictions on record, one of each of ``people`` on each question; gives the number of questions.

    The questions are due and have no outcome. No ledger events are written for them.
    """
    questions = predictions // people
    with write_transaction(engine) as session:
        session.execute(insert(Commentator), [_commentator(number) for number in range(1, people + 1)])
        session.execute(insert(Question), [_question(number) for number in range(1, questions + 1)])
        chunk: list[dict[str, Any]] = []
        for row in _predictions(people, questions, random.Random(seed)):
            chunk.append(row)
            if len(chunk) == CHUNK:
                session.execute(insert(Prediction), chunk)
                chunk = []
        if chunk:
            session.execute(insert(Prediction), chunk)
        zeros = dict.fromkeys(FIELDS, 0) | {"questions": questions}
        running_totals = [{"commentator_id": number, "topic": "", **zeros} for number in range(1, people + 1)]
        session.execute(insert(RunningTotal), running_totals)
        _set_sequences(session)
    _analyze(engine)
    return questions


def _commentator(number: int) -> dict[str, Any]:
    name = f"Invented commentator {number}"
    return {
        "id": number,
        "slug": f"invented-commentator-{number}",
        "name": name,
        "name_key": name.casefold(),
        "kind": CommentatorKind.PERSON,
        "description": "",
        "statement": "",
        "created_at": MADE,
    }


def _question(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "slug": f"q-{number}",
        "text": f"Will event {number} of the benchmark happen?",
        "resolution_criteria": "Yes if it happened.",
        "kind": QuestionKind.BINARY,
        "deadline": DEADLINE,
        "deadline_zone": "UTC",
        "deadline_basis": DeadlineBasis.STATED,
        "event": f"q-{number}",
        "status": QuestionStatus.DUE,
        "due_at": DEADLINE,
        "next_prompt_at": None,
        "prompts": 1,
        "created_at": MADE,
    }


def _predictions(people: int, questions: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    for question in range(1, questions + 1):
        for person in range(1, people + 1):
            probability = round(chance.random(), 3)
            yield {
                "commentator_id": person,
                "question_id": question,
                "made_at": MADE + timedelta(minutes=person),
                "recorded_at": MADE + timedelta(minutes=person),
                "recorded_by": "benchmark",
                "probability": probability,
                "low": probability,
                "high": probability,
                "vague": False,
                "overridden": False,
                "commitment": False,
                "note": "",
                "withdrawn": False,
            }


def _set_sequences(session: Any) -> None:
    """On PostgreSQL, ids given by hand leave the sequences behind."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for table in (Commentator, Question):
        name = table.__tablename__
        newest = session.execute(select(func.max(col(table.id)))).scalar_one()
        statement = text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :newest)")
        session.execute(statement, {"name": name, "newest": newest})


def _analyze(engine: Engine) -> None:
    statement = "VACUUM ANALYZE" if engine.dialect.name == "postgresql" else "ANALYZE"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))
