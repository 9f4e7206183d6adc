"""Hide the rows of imports that are not complete from every query.

A listener on all sessions adds the condition to each query of mapped tables, so that no query can forget it. While no
import is unfinished, queries stay as they are. Queries of bare tables (``__table__``) see all rows: only those that
look for a taken name or id use them.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import event, or_, select
from sqlalchemy.orm import ORMExecuteState, with_loader_criteria
from sqlmodel import Session, col

from predictions import ledger
from predictions.import_models import BulkImport
from predictions.models import IMPORTED, Commentator, Prediction, Question, QuestionTopic, Reference, Source

Entity = TypeVar("Entity", Commentator, Source, Question, Reference)
_FOUND, _SHOWN, _ALSO_HIDDEN, _ALL = "unfinished_imports", "shown_import", "also_hidden_imports", "all_imports"
_IMPORTS = BulkImport.__table__  # type: ignore[attr-defined]
_UNFINISHED = select(_IMPORTS.c.id, _IMPORTS.c.completed_at).where(_IMPORTS.c.finished_at.is_(None))


@dataclass(frozen=True)
class Unfinished:
    """Ids of the imports that are not complete, and of the complete ones that are not counted in all scores yet."""

    incomplete: frozenset[int]
    uncounted: frozenset[int]


def unfinished(session: Session) -> Unfinished:
    """Return the unfinished imports, looked up once in each transaction."""
    connection = session.connection()
    transaction = session.get_transaction()
    known = session.info.get(_FOUND)
    if known is None or known[0] is not transaction:
        rows = connection.execute(_UNFINISHED).all()
        incomplete = frozenset(row.id for row in rows if row.completed_at is None)
        known = transaction, Unfinished(incomplete, frozenset(row.id for row in rows) - incomplete)
        session.info[_FOUND] = known
    found: Unfinished = known[1]
    return found


def forget_unfinished(session: Session) -> None:
    """Look the unfinished imports up again, after a change of one."""
    session.info.pop(_FOUND, None)


def show_import(session: Session, number: int) -> None:
    """Let the session of an import see the rows of that import."""
    session.info[_SHOWN] = number


@contextmanager
def hiding_predictions(session: Session, hidden: Iterable[tuple[int, int]]) -> Iterator[None]:
    """Hide predictions of complete imports in the block too: pairs of an import and the last commentator shown."""
    of_import, commentator = col(Prediction.import_id), col(Prediction.commentator_id)
    session.info[_ALSO_HIDDEN] = [
        with_loader_criteria(
            Prediction, or_(of_import.is_(None), of_import != number, commentator <= shown), include_aliases=True
        )
        for number, shown in hidden
    ]
    try:
        yield
    finally:
        del session.info[_ALSO_HIDDEN]


def uncounted_imports(session: Session) -> frozenset[int]:
    """Return the ids of the imports that the session sees and whose rows are not counted in all scores yet."""
    found = unfinished(session)
    return found.uncounted | (found.incomplete & {session.info.get(_SHOWN)})


def hidden_imports(session: Session) -> frozenset[int]:
    """Return the ids of the imports whose rows the session does not see."""
    if session.info.get(_ALL):
        return frozenset()
    return unfinished(session).incomplete - {session.info.get(_SHOWN)}


def adopted(session: Session, find: Callable[[], Entity | None], *, now: datetime, actor: str) -> Entity | None:
    """Return the row that ``find`` returns among the hidden ones, visible from now on; None if there is none.

    Two rows cannot have one name: whoever names a row that an unfinished import entered makes it part of the record,
    with an event of its own, whatever becomes of that import.
    """
    if not hidden_imports(session):
        return None
    session.info[_ALL] = True
    try:
        row = find()
    finally:
        del session.info[_ALL]
    if row is not None:
        row.import_id = None
        session.flush()
        _log_adoption(session, row, now, actor)
    return row


def _log_adoption(session: Session, row: Any, now: datetime, actor: str) -> None:
    body = ledger.contents(row)
    if isinstance(row, Question):
        of_question = select(col(QuestionTopic.topic)).where(col(QuestionTopic.question_id) == row.id)
        body |= {"topics": sorted(session.execute(of_question).scalars())}
    action = f"{row.__tablename__}.{'recorded' if isinstance(row, Reference) else 'entered'}"
    ledger.append(session, now=now, actor=actor, action=action, subject=row, body=body)


@event.listens_for(Session, "do_orm_execute")
def _hide(state: ORMExecuteState) -> None:
    session: Any = state.session
    if state.is_insert and getattr(state.statement, "select", None) is not None:
        raise RuntimeError("INSERT ... SELECT would see hidden rows: execute the query on its own")
    if not state.is_select or state.is_column_load:
        return
    if hidden := hidden_imports(session):
        state.statement = state.statement.options(*_conditions(hidden))
    if also := session.info.get(_ALSO_HIDDEN):
        state.statement = state.statement.options(*also)


@lru_cache(maxsize=64)
def _conditions(hidden: frozenset[int]) -> tuple[Any, ...]:
    numbers = sorted(hidden)
    questions = Question.__table__.c  # type: ignore[attr-defined]
    of_hidden = select(questions.id).where(questions.import_id.in_(numbers))
    topics = with_loader_criteria(QuestionTopic, col(QuestionTopic.question_id).not_in(of_hidden), include_aliases=True)
    return (topics, *(_condition(table, numbers) for table in IMPORTED))


def _condition(table: Any, hidden: list[int]) -> Any:
    visible = or_(table.import_id.is_(None), table.import_id.not_in(hidden))
    return with_loader_criteria(table, visible, include_aliases=True)
