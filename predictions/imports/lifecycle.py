"""Open, renew, complete, finish and drop imports.

An import is staged in pieces, each in a transaction of its own. Its completion makes all its rows visible at once.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, select, update
from sqlmodel import Session, col

from predictions import ledger
from predictions.errors import Conflict
from predictions.import_models import BulkImport, ImportLine, ImportQuestion
from predictions.imports.staging import Staging, stage
from predictions.imports.visibility import forget_unfinished, show_import
from predictions.models import Commentator, Prediction, Question, QuestionTopic, Reference, Source, row_id

#: An import that was not renewed for so long has lost its process.
LEASE = timedelta(seconds=60)
#: Rows deleted in one piece.
DROPPED_AT_ONCE = 500
_IMPORT: Any = BulkImport.__table__  # type: ignore[attr-defined]


def open_import(session: Session, *, now: datetime, actor: str) -> Staging:
    """Open an import, for which the session stages what it enters from now on."""
    row = BulkImport(actor=actor, begun_at=now, renewed_at=now)
    session.add(row)
    session.flush()
    forget_unfinished(session)
    into = Staging(row_id(row))
    show_import(session, into.import_id)
    stage(session, into)
    return into


def renew(session: Session, number: int, *, now: datetime) -> None:
    """Say that the import goes on. Raises ``Conflict`` if it was dropped meanwhile."""
    own = update(_IMPORT).where(_IMPORT.c.id == number)
    if not session.connection().execute(own.values(renewed_at=now)).rowcount:
        raise Conflict("the import stood still for too long and was dropped: nothing was recorded; import it again")


def complete(session: Session, into: Staging, *, now: datetime, actor: str) -> bool:
    """Make the rows of an import visible, with the events ``import.started`` and ``import.completed``.

    The first has the number of rows and the root hash: the SHA-256 of the body of the second, which has the ids and
    digests of the rows by table. Returns False for an import that brings nothing, which leaves nothing.
    """
    stage(session, None)
    lines = _table(ImportLine)
    kept = select(lines.c.import_id).where(lines.c.import_id == into.import_id).limit(1)
    if not into.tables and session.connection().execute(kept).first() is None:
        drop_piece(session, into.import_id)
        return False
    contents = {name: table.summary() for name, table in sorted(into.tables.items())}
    count = sum(table.count for table in into.tables.values())
    row = session.get_one(BulkImport, into.import_id)
    root = sha256(ledger.canonical(contents).encode()).hexdigest()
    started = {"count": count, "root": root, "begun_at": row.begun_at}
    ledger.append(session, now=now, actor=actor, action="import.started", subject=row, body=started)
    row.completed_at = row.renewed_at = now
    session.flush()
    ledger.append(session, now=now, actor=actor, action="import.completed", subject=row, body=contents)
    forget_unfinished(session)
    return True


def finish(session: Session, number: int, *, now: datetime, actor: str) -> bool:
    """Finish an import if all its rows are counted and all its lines applied; return whether it is finished.

    The event ``import.finished`` says that no score or total changes by it any more.
    """
    row = session.get_one(BulkImport, number)
    waiting = (
        select(table.c.import_id).where(table.c.import_id == number).limit(1)
        for table in (_table(ImportQuestion), _table(ImportLine))
    )
    if any(session.connection().execute(query).first() for query in waiting):
        return False
    row.finished_at = now
    session.flush()
    ledger.append(session, now=now, actor=actor, action="import.finished", subject=row, body={})
    forget_unfinished(session)
    return True


def abandoned(session: Session, *, now: datetime) -> Iterator[tuple[int, bool]]:
    """Yield the unfinished imports whose process was lost: id, and whether the import is complete."""
    query = select(col(BulkImport.id), col(BulkImport.completed_at)).where(
        col(BulkImport.finished_at).is_(None), col(BulkImport.renewed_at) < now - LEASE
    )
    for row in session.execute(query.order_by(col(BulkImport.id))).all():
        yield row[0], row[1] is not None


def drop_piece(session: Session, number: int) -> bool:
    """Delete some rows of an import that is not complete; return whether there are more."""
    incomplete = (_IMPORT.c.id == number, _IMPORT.c.completed_at.is_(None))
    if session.connection().execute(select(_IMPORT.c.id).where(*incomplete)).first() is None:
        return False
    for table, key, condition in _rows(number):
        some = select(key).where(condition).order_by(key.desc()).limit(DROPPED_AT_ONCE)
        done: Any = session.connection().execute(delete(table).where(key.in_(some.scalar_subquery()), condition))
        if done.rowcount:
            return True
    session.connection().execute(delete(_IMPORT).where(*incomplete))
    forget_unfinished(session)
    return False


def _table(model: Any) -> Any:
    return model.__table__


def _rows(number: int) -> Iterator[tuple[Any, Any, Any]]:
    """Yield the tables of an import in the order in which rows may be deleted: table, key, condition."""
    lines, counted = _table(ImportLine), _table(ImportQuestion)
    yield lines, lines.c.position, lines.c.import_id == number
    yield counted, counted.c.question_id, counted.c.import_id == number
    predictions, references, questions, sources, people = (
        _table(model) for model in (Prediction, Reference, Question, Source, Commentator)
    )
    for table in (predictions, references):
        yield table, table.c.id, table.c.import_id == number
    topics, own = _table(QuestionTopic), select(questions.c.id).where(questions.c.import_id == number)
    yield topics, topics.c.question_id, topics.c.question_id.in_(own)
    for table in (questions, sources, people):
        yield table, table.c.id, table.c.import_id == number
