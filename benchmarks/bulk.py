"""Bulk work: loading predictions against the database's own executemany, rescoring against the read alone."""

import io
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, func, insert, select, update
from sqlmodel import Session

from benchmarks.databases import database
from benchmarks.report import Line, Options
from benchmarks.synthetic_record import DEADLINE, MADE, PEOPLE, enter_record
from predictions.enums import QuestionStatus
from predictions.imports.lifecycle import complete, open_import
from predictions.models import Prediction, Question, Score
from predictions.schemas.inputs import PredictionIn
from predictions.scores.rebuild import rescore
from predictions.submissions.in_pieces import no_pause
from predictions.submissions.record import record_predictions
from predictions.transfer.finish import finish_import
from predictions.transfer.importer import Import
from service.db.engine import make_engine, read_transaction, write_transaction
from service.files.import_file import Format, read_lines, take_lines

NOW = datetime(2025, 7, 1, tzinfo=UTC)
_TABLE = Prediction.__table__  # type: ignore[attr-defined]
_READ = select(
    *(_TABLE.c.id, _TABLE.c.question_id, _TABLE.c.commentator_id, _TABLE.c.made_at, _TABLE.c.recorded_at),
    *(_TABLE.c.probability, _TABLE.c.low, _TABLE.c.high, _TABLE.c.hedge, _TABLE.c.vague, _TABLE.c.supersedes_id),
)


def bulk(options: Options) -> list[Line]:
    """Loading and rescoring, on each database."""
    return [line for kind in options.databases for line in (*_loading(kind, options), *_rescoring(kind, options))]


def _loading(kind: str, options: Options) -> list[Line]:
    """Recorded over the domain, and from a file with its checks, against the same rows inserted as they are."""
    count = options.number(100_000, 5_000)
    with database(kind) as url:
        engine = make_engine(url)
        enter_record(engine, 10 * PEOPLE)
        items = [_item(number) for number in range(count)]
        rows = [_row(number, item) for number, item in enumerate(items)]
        text = "\n".join(json.dumps(_line(number)) for number in range(count)).encode()
        floor = _seconds(engine, lambda session: session.connection().execute(insert(_TABLE), rows))
        ours = _seconds(engine, lambda session: record_predictions(session, items, now=NOW, actor="benchmark"))
        whole = _seconds(engine, lambda session: _import(session, text))
        engine.dispose()
    held = f"executemany of the rows {floor:.2f} s"
    return [
        Line(
            f"record {count:,} checked predictions with ledger and sums, {kind}", f"{ours:.2f} s", held, ours / floor, 3
        ),
        Line(f"import {count:,} predictions from JSON Lines, {kind}", f"{whole:.2f} s", held, whole / floor),
    ]


def _rescoring(kind: str, options: Options) -> list[Line]:
    count = options.number(options.largest // 4, 10_000)
    with database(kind) as url:
        engine = make_engine(url)
        enter_record(engine, count)
        resolved = {"status": QuestionStatus.RESOLVED, "outcome": "yes", "known_at": DEADLINE}
        with write_transaction(engine) as session:
            session.execute(update(Question).values(**resolved))
        with read_transaction(engine) as session:
            began = time.perf_counter()
            session.execute(_READ).all()
            floor = time.perf_counter() - began
        whole = _seconds(engine, lambda session: _rescore(session))
        with read_transaction(engine) as session:
            stored = session.execute(select(func.count()).select_from(Score)).scalar_one()
        again = _seconds(engine, lambda session: _rescore(session))
        engine.dispose()
    held = f"reading the predictions {floor:.2f} s"
    return [
        Line(f"first score {stored:,} predictions and store the scores, {kind}", f"{whole:.2f} s", held, whole / floor),
        Line(f"rescore {stored:,} predictions, {kind}", f"{again:.2f} s", held, again / floor, 3),
    ]


def _rescore(session: Session) -> None:
    rescore(session, now=NOW, actor="benchmark", progress=lambda *_: None)


def _import(session: Session, text: bytes) -> None:
    staging = open_import(session, now=NOW, actor="benchmark")
    into = Import(session, staging, now=NOW, actor="benchmark", keep=False)
    take_lines(into, read_lines(io.BytesIO(text), Format.JSONL, progress=lambda *_: None))
    report = into.finish(lambda *_: None)
    assert not report.refused, report
    complete(session, staging, now=NOW, actor="benchmark")
    finish_import(
        session, staging.import_id, now=lambda: NOW, actor="benchmark", is_alone=lambda _: True, pause=no_pause
    )


def _seconds(engine: Engine, job: Callable[[Session], Any]) -> float:
    began = time.perf_counter()
    with write_transaction(engine) as session:
        job(session)
    return time.perf_counter() - began


def _line(number: int) -> dict[str, Any]:
    person, question = number % PEOPLE + 1, number // PEOPLE % 10 + 1
    return {
        "commentator": {"id": person},
        "question": {"id": question},
        "made_at": MADE.isoformat(),
        "probability": (number % 1000) / 1000,
        "note": f"line {number}",
    }


def _item(number: int) -> PredictionIn:
    return PredictionIn.model_validate(_line(number))


def _row(number: int, item: PredictionIn) -> dict[str, Any]:
    """Every column, as the record stores it."""
    line = _line(number)
    return {
        **dict.fromkeys(column.name for column in _TABLE.columns if column.name != "id"),
        "commentator_id": line["commentator"]["id"],
        "question_id": line["question"]["id"],
        "made_at": item.made_at,
        "recorded_at": NOW,
        "recorded_by": "benchmark",
        "probability": item.probability,
        "low": item.probability,
        "high": item.probability,
        "note": item.note,
        **dict.fromkeys(("vague", "overridden", "against", "commitment", "withdrawn"), False),
    }
