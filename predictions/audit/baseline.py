"""The hashes of rows that are older than the events from which rows of their tables can be rebuilt.

A database that was upgraded gets one event ``ledger.baseline`` with the hash of each such row. From then on each
change of these rows is an event with the columns before and after it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from predictions import ledger
from predictions.audit.fold import EVENT, Folded, Row, parsed
from predictions.audit.stored_rows import stored_rows

ACTION = "ledger.baseline"


@dataclass(frozen=True)
class Baseline:
    """Number of the event, 0 without one, and the hashes of rows by table and key."""

    seq: int = 0
    hashes: dict[str, dict[int, str]] = field(default_factory=dict)

    def of(self, table: str) -> dict[int, str]:
        """Return the hashes of the rows of a table."""
        return self.hashes.get(table, {})


def row_hash(row: Row) -> str:
    """Return the hash of a row in the form that events have."""
    return sha256(ledger.canonical(row).encode()).hexdigest()


def enter_baseline(session: Session, tables: Iterable[Folded], *, now: datetime) -> None:
    """Append the event with the hashes of all rows of the tables whose older events do not hold all columns."""
    body: dict[str, Any] = {}
    for folded in tables:
        if folded.needs_baseline:
            rows = [(key, row_hash(row)) for key, row in stored_rows(session, folded)]
            body[folded.name] = {"ids": [key for key, _ in rows], "sha256": [hashed for _, hashed in rows]}
    event = ledger.NewEvent(now, ledger.SYSTEM, ACTION, "ledger_event", 0, body)
    ledger.append_all(session, [event])


def read_baseline(session: Session) -> Baseline:
    """Return what the event says; an empty one if there is none."""
    found = _events(session)
    if not found:
        return Baseline()
    body = parsed(found[0].body)
    hashes = {name: dict(zip(table["ids"], table["sha256"], strict=True)) for name, table in body.items()}
    return Baseline(found[0].seq, hashes)


def baseline_errors(session: Session, complete: Sequence[str]) -> Iterator[str]:
    """Yield one message for each event that begins a record again which can be rebuilt from its events.

    ``complete``: actions that no record of before the baseline has.
    """
    events = _events(session)
    first = select(EVENT.c.seq).where(EVENT.c.action.in_(complete)).order_by(EVENT.c.seq).limit(1)
    told: int | None = session.connection().execute(first).scalar()
    for index, event in enumerate(events):
        if index > 0 or (told is not None and told < event.seq):
            yield f"ledger event {event.seq}: a second beginning, which hides what was changed before it"


def _events(session: Session) -> Sequence[Any]:
    query = select(EVENT.c.seq, EVENT.c.body).where(EVENT.c.action == ACTION)
    return session.connection().execute(query.order_by(EVENT.c.seq)).all()
