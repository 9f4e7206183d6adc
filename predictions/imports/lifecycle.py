"""Open, renew, complete, finish and drop imports.

An import is staged in pieces, each in a transaction of its own. Its completion makes all its rows visible at once.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, select, update
from sqlmodel import Session

from predictions import ledger
from predictions.errors import Conflict
from predictions.import_models import BulkImport, ImportLine, ImportQuestion, ImportSource
from predictions.imports.staging import Staging, stage
from predictions.imports.visibility import forget_unfinished, show_import
from predictions.models import Commentator, Prediction, Question, QuestionTopic, Reference, Source, row_id

#: An import that was not renewed for so long has lost its process.
LEASE = timedelta(seconds=60)
#: Rows deleted in one piece.
DROPPED_AT_ONCE = 500
_IMPORT: Any = BulkImport.__table__  # type: ignore[attr-defined]


def open_import(session: Session, *, now: datetime, actor: str, source: ImportSource = ImportSource.BATCH) -> Staging:
    """Open an import, for which the session stages what it enters from now on.

    Raises ``Conflict`` for a file while another one is imported: it may be the same, whose lines would count twice.
    """
    if source is ImportSource.FILE and _imports_file(session, now):
        raise Conflict("another file is being imported: wait until that is done, or for a minute if it was interrupted")
    row = BulkImport(token=secrets.token_hex(16), source=source, actor=actor, begun_at=now, renewed_at=now)
    session.add(row)
    session.flush()
    forget_unfinished(session)
    into = Staging(row_id(row), row.token)
    show_import(session, into.import_id)
    stage(session, into)
    return into


def _imports_file(session: Session, now: datetime) -> bool:
    alive = (_IMPORT.c.finished_at.is_(None), _IMPORT.c.dropped_at.is_(None), _IMPORT.c.renewed_at >= now - LEASE)
    query = select(_IMPORT.c.id).where(_IMPORT.c.source == ImportSource.FILE, *alive).limit(1)
    return session.connection().execute(query).first() is not None


def renew(session: Session, number: int, token: str, *, now: datetime) -> None:
    """Say that the import goes on. Raises ``Conflict`` if it was dropped meanwhile."""
    own = (_IMPORT.c.id == number, _IMPORT.c.token == token, _IMPORT.c.dropped_at.is_(None))
    if not session.connection().execute(update(_IMPORT).where(*own).values(renewed_at=now)).rowcount:
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
        session.connection().execute(delete(_IMPORT).where(_IMPORT.c.id == into.import_id))
        forget_unfinished(session)
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
    if row.finished_at is not None:
        return True
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


@dataclass(frozen=True)
class LostImport:
    """An unfinished import whose process was lost."""

    number: int
    token: str
    is_complete: bool


def abandoned(session: Session, *, now: datetime) -> list[LostImport]:
    """Return the unfinished imports whose process was lost."""
    lost = (_IMPORT.c.finished_at.is_(None), _IMPORT.c.renewed_at < now - LEASE)
    query = select(_IMPORT.c.id, _IMPORT.c.token, _IMPORT.c.completed_at).where(*lost).order_by(_IMPORT.c.id)
    return [LostImport(row[0], row[1], row[2] is not None) for row in session.connection().execute(query)]


def begin_drop(session: Session, number: int, token: str, *, now: datetime, is_lost: bool = False) -> bool:
    """Mark an import as dropped, so that its process cannot go on with it; return whether it is to be deleted.

    It is not if it is complete, or if its process was thought lost (``is_lost``) and has come back.
    """
    own = [_IMPORT.c.id == number, _IMPORT.c.token == token, _IMPORT.c.completed_at.is_(None)]
    if is_lost:
        own.append(_IMPORT.c.renewed_at < now - LEASE)
    return bool(session.connection().execute(update(_IMPORT).where(*own).values(dropped_at=now)).rowcount)


def drop_piece(session: Session, number: int, token: str) -> bool:
    """Delete some rows of an import that is marked as dropped; return whether there are more."""
    incomplete = (_IMPORT.c.id == number, _IMPORT.c.token == token, _IMPORT.c.dropped_at.is_not(None))
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
