"""The check of the whole record, against selecting all rows and parsing all bodies of the ledger."""

import json
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Engine, select
from sqlmodel import Session, SQLModel

from benchmarks.databases import database
from benchmarks.report import Line, Options
from predictions.audit.fold import EVENT
from predictions.audit.verify import verify
from predictions.models import Question
from predictions.questions.triage import assign_question
from service.db.audit import other_tables
from service.db.engine import make_engine, read_transaction, write_transaction
from tests.support.generated_record import fill

NOW = datetime(2025, 6, 1, tzinfo=UTC)
SECRET = b"the secret of the benchmark"


def verification(options: Options) -> list[Line]:
    """One line for each database."""
    return [_on(options, kind) for kind in options.databases]


def _on(options: Options, kind: str) -> Line:
    people, questions = options.number(500, 10), options.number(200, 10)
    with database(kind) as url:
        engine = make_engine(url)
        with write_transaction(engine) as session:
            fill(session, now=NOW, people=people, questions=questions)
        floors, checks = [], []
        for number in range(options.number(5, 1)):
            with write_transaction(engine) as session:
                question = session.get_one(Question, questions)
                assign_question(session, question, f"person {number}", now=NOW, actor="the benchmark")
            floors.append(_seconds(engine, _read_all))
            checks.append(_seconds(engine, _verify))
        engine.dispose()
    floor, check = statistics.median(floors), statistics.median(checks)
    what = f"verify {people * questions:,} predictions ({kind})"
    return Line(what, f"{check:.2f} s", f"read and parse {floor:.2f} s", check / floor, 3.0)


def _seconds(engine: Engine, work: Callable[[Session], None]) -> float:
    with read_transaction(engine) as session:
        before = time.perf_counter()
        work(session)
        return time.perf_counter() - before


def _read_all(session: Session) -> None:
    connection = session.connection()
    for table in SQLModel.metadata.sorted_tables:
        for _ in connection.execute(select(table).execution_options(yield_per=1000)):
            pass
    for body in connection.execute(select(EVENT.c.body).execution_options(yield_per=1000)).scalars():
        json.loads(body)


def _verify(session: Session) -> None:
    if found := list(verify(session, other_tables(SECRET))):
        raise RuntimeError(f"the record does not agree with its ledger: {found[0]}")
