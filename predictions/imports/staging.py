"""Stage the rows of an import: hidden rows, whose contents are collected for the event that completes the import."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session

from predictions import ledger
from predictions.import_models import ImportQuestion

_STAGING, _CHECKING = "staging", "only_checking"
_QUESTIONS = insert(ImportQuestion.__table__)  # type: ignore[attr-defined]


class Staging:
    """What one import has entered so far: ``tables`` by name, and the rows of a savepoint that may be undone."""

    def __init__(self, import_id: int, token: str) -> None:
        self.import_id, self.token = import_id, token
        self.tables: dict[str, ledger.RowDigest] = {}
        self._new: list[tuple[str, int, dict[str, Any]]] = []
        self._questions: dict[int, None] = {}
        self._depth = 0

    def add(self, table: str, number: int, row: dict[str, Any]) -> None:
        """Add a row of a table."""
        self._new.append((table, number, row))
        self._settle()

    def count(self, table: str) -> int:
        """Return the number of rows entered in a table."""
        return self.tables[table].count if table in self.tables else 0

    def must_count(self, session: Session, questions: Iterable[int]) -> None:
        """Note questions whose scores and totals are to count the rows of this import after its completion."""
        new = sorted(set(questions) - self._questions.keys())
        if new:
            rows = [{"import_id": self.import_id, "question_id": number, "counted_to": 0} for number in new]
            session.connection().execute(_QUESTIONS, rows)
            self._questions |= dict.fromkeys(new)

    @contextmanager
    def undone_on_error(self) -> Iterator[None]:
        """Forget what the block added if it raises an error."""
        rows, questions = len(self._new), len(self._questions)
        self._depth += 1
        try:
            yield
        except BaseException:
            del self._new[rows:]
            while len(self._questions) > questions:
                self._questions.popitem()
            raise
        finally:
            self._depth -= 1
            self._settle()

    def _settle(self) -> None:
        """Add the new rows to their tables, once nothing can undo them."""
        if self._depth == 0:
            for table, number, row in self._new:
                self.tables.setdefault(table, ledger.RowDigest()).add(number, row)
            self._new.clear()


def staging(session: Session) -> Staging | None:
    """Return the import for which the session stages rows, if it does."""
    found: Staging | None = session.info.get(_STAGING)
    return found


def stage(session: Session, into: Staging | None) -> None:
    """Stage what is entered from now on; with None, enter it into the record."""
    session.info[_STAGING] = into


@contextmanager
def savepoint(session: Session) -> Iterator[None]:
    """Undo what the block entered if it raises an error, for an import that is staged too."""
    into = staging(session)
    with into.undone_on_error() if into is not None else nullcontext(), session.begin_nested():
        yield


@contextmanager
def only_checking(session: Session) -> Iterator[None]:
    """Undo what the block enters, and compute no scores in it: it only checks whether lines are valid."""
    into = staging(session)
    attempt = session.begin_nested()
    stage(session, None)
    session.info[_CHECKING] = True
    try:
        yield
    finally:
        attempt.rollback()
        del session.info[_CHECKING]
        stage(session, into)


def is_only_checking(session: Session) -> bool:
    """Return whether what the session enters is undone, so that it needs no scores."""
    return bool(session.info.get(_CHECKING))


def import_id(session: Session) -> int | None:
    """Return the ``import_id`` of rows that the session enters."""
    into = staging(session)
    return into.import_id if into is not None else None


def log_entries(session: Session, entries: Iterable[ledger.NewEvent]) -> None:
    """Append the events of new rows to the ledger; those of an import are collected for its completion instead."""
    into = staging(session)
    if into is None:
        ledger.append_all(session, entries)
        return
    for entry in entries:
        into.add(entry.subject, entry.subject_id, entry.body)
