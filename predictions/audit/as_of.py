"""The record as of a past instant, rebuilt from the append-only rows into a database in memory."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, create_engine, insert, or_, select
from sqlalchemy.pool import StaticPool
from sqlmodel import Session, SQLModel, col

from predictions import ledger
from predictions.enums import ANNULLED, QuestionStatus
from predictions.import_models import BulkImport, ImportQuestion
from predictions.models import (
    Commentator,
    LedgerEvent,
    Prediction,
    Question,
    QuestionTopic,
    Reference,
    Resolution,
    RunningTotal,
    Score,
    Source,
)
from predictions.questions.deadlines import Move, moves
from predictions.scores.late_rule import SUBJECT
from predictions.scores.rebuild import rescore

_COPIED: tuple[tuple[type[SQLModel], str], ...] = (
    (Commentator, "created_at"),
    (Source, "created_at"),
    (Reference, "created_at"),
    (Prediction, "recorded_at"),
)
_TABLES: tuple[type[SQLModel], ...] = (
    *(table for table, _ in _COPIED),
    *(Question, QuestionTopic, Resolution, Score, RunningTotal, LedgerEvent),
    *(BulkImport, ImportQuestion),
)
_BATCH = 5000
Row = dict[str, Any]


def rebuild(session: Session, at: datetime) -> Engine:
    """Return an in-memory database engine with the record as of ``at``; the caller disposes of it.

    It holds the rows recorded, the outcomes confirmed and the deadlines set by then, with scores computed from them.
    Names are today's. Time and memory are proportional to the size of the record.
    """
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    SQLModel.metadata.create_all(engine, tables=[_table(model) for model in _TABLES])
    with Session(engine) as past, past.begin():
        for model, moment in _COPIED:
            _copy(session, past, model, *_was_there(model, moment, at))
        _copy(session, past, QuestionTopic)
        _copy(session, past, LedgerEvent, col(LedgerEvent.subject) == SUBJECT, col(LedgerEvent.at) <= at)
        _copy(session, past, BulkImport, col(BulkImport.finished_at).is_not(None), col(BulkImport.completed_at) <= at)
        _copy(session, past, Resolution, col(Resolution.resolved_at) <= at)
        for rows in _batches(session, Question, *_was_there(Question, "created_at", at)):
            past.execute(insert(_table(Question)), list(_as_they_were(session, rows, at)))
        rescore(past, now=at, actor=ledger.SYSTEM, progress=lambda *_: None)
    return engine


def head_at(session: Session, at: datetime) -> ledger.Head:
    """Return the head of the ledger as of ``at``."""
    query = select(col(LedgerEvent.seq), col(LedgerEvent.hash)).where(col(LedgerEvent.at) <= at)
    row = session.execute(query.order_by(col(LedgerEvent.seq).desc()).limit(1)).first()
    return ledger.Head(row.seq, row.hash) if row else ledger.Head(0, ledger.GENESIS)


def _table(model: type[SQLModel]) -> Any:
    return model.__table__  # type: ignore[attr-defined]


def _columns(model: type[SQLModel]) -> list[Any]:
    return [getattr(model, name) for name in model.model_fields]


def _was_there(model: type[SQLModel], moment: str, at: datetime) -> list[Any]:
    """Return the conditions of the rows on record as of ``at``: those of an import since its completion."""
    table: Any = model
    complete = select(col(BulkImport.id)).where(col(BulkImport.completed_at) <= at)
    return [getattr(table, moment) <= at, or_(table.import_id.is_(None), table.import_id.in_(complete))]


def _batches(session: Session, model: type[SQLModel], *conditions: Any) -> Iterator[list[Row]]:
    query = select(*_columns(model)).where(*conditions).execution_options(yield_per=_BATCH)
    for rows in session.execute(query).mappings().partitions(_BATCH):
        yield [dict(row) for row in rows]


def _copy(session: Session, past: Session, model: type[SQLModel], *conditions: Any) -> None:
    for rows in _batches(session, model, *conditions):
        past.execute(insert(_table(model)), rows)


def _as_they_were(session: Session, rows: list[Row], at: datetime) -> Iterator[Row]:
    ids = [row["id"] for row in rows]
    resolutions, moved = _resolutions(session, ids, at), _first_moves(session, ids, at)
    for row in rows:
        move = moved.get(row["id"])
        deadline: datetime = move.deadline if move else row["deadline"]
        due_at: datetime = (move.due_at or move.deadline) if move else row["due_at"]
        due_at = due_at if due_at <= min(at, deadline) else deadline
        outcome, known_at = resolutions.get(row["id"], (None, None))
        yield row | {
            "deadline": deadline,
            "due_at": due_at,
            "outcome": outcome,
            "known_at": known_at,
            "status": _status(outcome, due_at <= at),
            "next_prompt_at": None,
        }


def _status(outcome: str | None, is_due: bool) -> QuestionStatus:
    if outcome is None:
        return QuestionStatus.DUE if is_due else QuestionStatus.OPEN
    return QuestionStatus.ANNULLED if outcome == ANNULLED else QuestionStatus.RESOLVED


def _resolutions(session: Session, ids: list[int], at: datetime) -> dict[int, tuple[str | None, datetime | None]]:
    """Return outcome and ``known_at`` of each question's newest resolution as of ``at``."""
    query = select(col(Resolution.question_id), col(Resolution.outcome), col(Resolution.known_at))
    query = query.where(col(Resolution.question_id).in_(ids), col(Resolution.resolved_at) <= at)
    return {row[0]: (row[1], row[2]) for row in session.execute(query.order_by(col(Resolution.id)))}


def _first_moves(session: Session, ids: list[int], at: datetime) -> dict[int, Move]:
    """Return the first change of each question's deadline after ``at``: it holds the deadline as of then."""
    after = list(moves(session, col(LedgerEvent.subject_id).in_(ids), col(LedgerEvent.at) > at))
    return {move.question: move for move in reversed(after)}
