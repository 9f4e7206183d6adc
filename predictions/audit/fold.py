"""How the rows of a table follow from the events of the ledger."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Table, select
from sqlmodel import Session, SQLModel

from predictions import ledger
from predictions.audit.unreadable import UNREADABLE
from predictions.models import LedgerEvent

BATCH = 1000
Row = dict[str, Any]
EVENT = LedgerEvent.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Step:
    """What one event says of one row: the columns after it and before it; ``before`` is None for a whole row.

    ``after`` is None if the row was removed.
    """

    key: int
    seq: int
    after: Row | None
    before: Row | None = None

    @property
    def enters(self) -> bool:
        """Return whether the event holds the whole row."""
        return self.before is None and self.after is not None


@dataclass(frozen=True)
class Told:
    """One event of the ledger, with its body parsed."""

    seq: int
    subject_id: int
    action: str
    body: Row


def standard(event: Told, entered: Collection[str]) -> Step | None:
    """Return the step of an event that holds the whole row, or the columns before and after; None for others."""
    body = event.body
    if event.action in entered:
        return Step(event.subject_id, event.seq, body)
    before, after = body.get("before"), body.get("after")
    if isinstance(before, dict) and isinstance(after, dict):
        return Step(event.subject_id, event.seq, after, before)
    return None


def nothing(_row: Row) -> Row:
    """Return no columns."""
    return {}


def table_of(model: type[SQLModel]) -> Table:
    """Return the table of a model."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table


def no_row(_row: Row) -> Row | None:
    """Return that the row did not come with the database."""
    return None


def unchanged(row: Row) -> Row:
    """Return the columns as they are."""
    return row


@dataclass(frozen=True)
class Folded:
    """A table whose rows are the fold of its events.

    - ``entered``: actions whose body is the whole row
    - ``subject``, ``actions``: which events are about it; by default all whose subject is the table
    - ``parse``: returns the step of an event; by default ``standard``
    - ``in_order``: the keys are the ids of the subjects
    - ``moving``: returns the columns that events of before the baseline do not hold, as they are in a new row
    - ``needs_baseline``: there are such columns, or such rows
    - ``given``: returns the columns of a row that came with the database itself
    - ``former``: returns the columns under the names that they had before the first release
    - ``related``: returns columns from other tables, by key
    - ``stored``: returns a stored row in the form that events have
    - ``apart``: columns that are no part of the record
    """

    table: Table
    entered: frozenset[str] = frozenset()
    subject: str = ""
    actions: tuple[str, ...] = ()
    parse: Callable[[Told], Step | None] | None = None
    moving: Callable[[Row], Row] = nothing
    stored: Callable[[Row], Row] = unchanged
    given: Callable[[Row], Row | None] = no_row
    former: Callable[[Row], Row] | None = None
    related: Callable[[Session, Collection[int]], Mapping[int, Row]] | None = None
    apart: frozenset[str] = field(default_factory=frozenset)
    in_order: bool = True
    needs_baseline: bool = False

    @property
    def name(self) -> str:
        """Return the name of the table."""
        return self.table.name

    @property
    def key(self) -> Any:
        """Return the column of the primary key."""
        [column] = self.table.primary_key.columns
        return column

    def steps(self, session: Session, skipped: Collection[int]) -> Iterator[tuple[int, list[Step]]]:
        """Yield the key of each row with its steps, in order of key; events with ``skipped`` numbers are left out."""
        found: Iterable[Step] = filter(None, map(self._parse, self._events(session, skipped)))
        if not self.in_order:
            found = sorted(found, key=attrgetter("key", "seq"))
        for key, of_row in groupby(found, key=attrgetter("key")):
            yield key, list(of_row)

    def _parse(self, event: Told) -> Step | None:
        return self.parse(event) if self.parse else standard(event, self.entered)

    def _events(self, session: Session, skipped: Collection[int]) -> Iterator[Told]:
        conditions = [EVENT.c.subject == (self.subject or self.name)]
        if self.actions:
            conditions.append(EVENT.c.action.in_(self.actions))
        if skipped:
            conditions.append(EVENT.c.seq.not_in(skipped))
        columns = (EVENT.c.seq, EVENT.c.subject_id, EVENT.c.action, EVENT.c.body)
        query = select(*columns).where(*conditions).order_by(EVENT.c.subject_id, EVENT.c.seq)
        for row in session.connection().execute(query.execution_options(yield_per=BATCH)):
            yield Told(row[0], row[1], ledger.current_action(row[2]), parsed(row[3]))


def parsed(body: str) -> Row:
    """Return the body of an event; an empty one if it was made unreadable, which the check of the chain names."""
    try:
        content = json.loads(body)
    except UNREADABLE:
        return {}
    return content if isinstance(content, dict) else {}
