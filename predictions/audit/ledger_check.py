"""Compare predictions and resolutions with the ledger."""

import json
from collections.abc import Collection, Iterable, Iterator
from hashlib import sha256
from typing import Any

from sqlalchemy import func, or_, select
from sqlmodel import Session, SQLModel, col

from predictions import ledger
from predictions.audit.unreadable import UNREADABLE
from predictions.models import LedgerEvent, Prediction, Resolution

BATCH = 1000
_TABLES: dict[str, type[SQLModel]] = {"prediction": Prediction, "resolution": Resolution}
_BULK = "predictions.recorded"
_IMPORT = "import.completed"
_NONE = {"count": 0, "ids": [], "sha256": sha256().hexdigest()}


def mismatches(session: Session, skipped: Collection[int] = ()) -> Iterator[str]:
    """Yield one message for each prediction or resolution that was changed, removed or added outside the ledger.

    Events with the ``skipped`` numbers, which cannot be read, are left out.
    """
    logged = dict.fromkeys(_TABLES, 0)
    about = or_(col(LedgerEvent.subject).in_(_TABLES), col(LedgerEvent.action) == _IMPORT)
    readable = col(LedgerEvent.seq).not_in(skipped)
    events = select(LedgerEvent).where(about, readable).order_by(col(LedgerEvent.seq))
    for event in session.execute(events.execution_options(yield_per=BATCH)).scalars():
        try:
            yield from _recorded(session, event, logged)
        except UNREADABLE:
            yield f"ledger event {event.seq}: its body, or a row that it recorded, cannot be read"
        session.expunge(event)
    for name, table in _TABLES.items():
        stored = session.execute(select(func.count()).select_from(table)).scalar_one()
        if stored != logged[name]:
            yield f"{name}s: {stored} rows, but {logged[name]} in the ledger"


def _recorded(session: Session, event: LedgerEvent, logged: dict[str, int]) -> Iterator[str]:
    """Yield what differs of the rows of an event, and count them."""
    if event.action in (_BULK, _IMPORT):
        body = json.loads(event.body)
        body = body if event.action == _BULK else body.get("prediction", _NONE)
        logged["prediction"] += body["count"]
        yield from _bulk(session, event, body)
    else:
        logged[event.subject] += 1
        yield from _single(session, event)


def _single(session: Session, event: LedgerEvent) -> Iterator[str]:
    table = _TABLES[event.subject]
    row = session.get(table, event.subject_id)
    if row is None:
        yield f"{event.subject} {event.subject_id} is missing, but ledger event {event.seq} recorded it"
    elif _as_read(event.body) not in _spellings(ledger.contents(row)):
        yield f"{event.subject} {event.subject_id} differs from ledger event {event.seq}"


def _as_read(body: str) -> str:
    """Return a body of before negative zeros were hashed as they are read, as it would be written now."""
    return ledger.canonical(json.loads(body)) if "-0.0" in body else body


def _bulk(session: Session, event: LedgerEvent, body: dict[str, Any]) -> Iterator[str]:
    now, before = sha256(), sha256()
    for number, (line, former) in enumerate(_lines(session, body["ids"])):
        now.update(("\n" * (number > 0) + line).encode())
        before.update(("\n" * (number > 0) + former).encode())
    if body["sha256"] not in (now.hexdigest(), before.hexdigest()):
        yield f"predictions {body['ids']} differ from ledger event {event.seq}"


def _spellings(body: dict[str, Any]) -> tuple[str, str]:
    """Return the canonical JSON of a row with the present names of its columns and with the former ones."""
    return ledger.canonical(body), ledger.canonical(ledger.former_names(body))


def _lines(session: Session, ranges: Iterable[tuple[int, int]]) -> Iterator[tuple[str, str]]:
    table = Prediction.__table__  # type: ignore[attr-defined]
    for first, last in ranges:
        for start in range(first, last + 1, BATCH):
            batch = table.c.id.between(start, min(start + BATCH - 1, last))
            for row in session.execute(select(table).where(batch).order_by(table.c.id)).mappings():
                yield _spellings(dict(row))
