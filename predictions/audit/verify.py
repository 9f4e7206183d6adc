"""Compare all stored scores and totals with the append-only rows."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlmodel import Session

from predictions import ledger
from predictions.audit.baseline import baseline_errors, read_baseline
from predictions.audit.digests import Digests, digests
from predictions.audit.fold import Folded
from predictions.audit.record_rows import COMPLETE, RECORD
from predictions.audit.row_check import changed_rows
from predictions.audit.score_check import score_errors, total_errors
from predictions.audit.unreadable import UNREADABLE, unreadable_rows
from predictions.imports.visibility import unfinished


def verify(session: Session, more: Sequence[Folded] = ()) -> Iterator[str]:
    """Yield one message for each row that does not follow from the ledger, and each number from rows; none if all do.

    ``more`` are tables besides those of the record. A row that cannot be read is named, and the others are checked
    all the same.
    """
    unreadable: dict[str, set[Any]] = defaultdict(set)
    for table, key in unreadable_rows(session):
        unreadable[table].add(key[0])
        yield f"{table} {', '.join(map(str, key))} cannot be read: a value is not of its column's type"
    yield from _guarded("imports", _uncounted(session))
    skipped = unreadable["ledger_event"]
    yield from _guarded("the chain of the ledger", ledger.chain_errors(session, skipped))
    yield from _guarded("the beginning of the record", baseline_errors(session, COMPLETE))
    yield from _rows(session, (*RECORD, *more), unreadable)
    yield from _guarded("scores", score_errors(session, unreadable["question"]))
    yield from _guarded("running totals", total_errors(session))


def _rows(session: Session, tables: Sequence[Folded], unreadable: Mapping[str, Collection[Any]]) -> Iterator[str]:
    try:
        baseline, together = read_baseline(session), digests(session, unreadable.get("ledger_event", ()))
    except UNREADABLE as error:
        yield f"rows: not checked, as an event of several rows makes no sense ({type(error).__name__}: {error})"
        return
    for folded in tables:
        held = together.get(folded.name) or Digests([])
        found = changed_rows(session, folded, baseline, held, unreadable)
        yield from _guarded(f"rows of {folded.name}", found)


def _guarded(what: str, findings: Iterator[str]) -> Iterator[str]:
    """Yield the findings, and one more if a value that makes no sense ends the check."""
    try:
        yield from findings
    except UNREADABLE as error:
        yield f"{what}: not checked to the end, as a value makes no sense ({type(error).__name__}: {error})"


def _uncounted(session: Session) -> Iterator[str]:
    for number in sorted(unfinished(session).uncounted):
        yield f"import {number} is complete, but not counted in all scores yet: verify again in a minute"
