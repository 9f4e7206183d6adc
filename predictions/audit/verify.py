"""Compare all stored scores and totals with the append-only rows."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from sqlmodel import Session

from predictions import ledger
from predictions.audit.baseline import Baseline, baseline_errors, read_baseline
from predictions.audit.digests import Digests, digests
from predictions.audit.fold import Folded
from predictions.audit.record_rows import COMPLETE, RECORD
from predictions.audit.row_check import changed_rows
from predictions.audit.score_check import score_errors, total_errors
from predictions.audit.unreadable import UNREADABLE, unreadable_rows
from predictions.imports.visibility import unfinished
from predictions.scores.rebuild import uncollected


def verify(session: Session, more: Sequence[Folded] = ()) -> Iterator[str]:
    """Yield one message for each row that does not follow from the ledger, and each number from rows; none if all do.

    ``more`` are tables besides those of the record. A row that cannot be read is named, and the others are checked
    all the same. Such rows are looked for only if something is wrong, which spares a sound record one reading.
    """
    tables, unreadable = (*RECORD, *more), defaultdict[str, set[Any]](set)
    try:
        with uncollected():
            found = [message for _, findings in _checks(session, tables, unreadable) for message in findings]
    except UNREADABLE:
        found = []
    else:
        if not found:
            return
    for table, key in unreadable_rows(session):
        unreadable[table].add(key[0])
        yield f"{table} {', '.join(map(str, key))} cannot be read: a value is not of its column's type"
    if found and not unreadable:
        yield from found
        return
    for what, findings in _checks(session, tables, unreadable):
        try:
            yield from findings
        except UNREADABLE as error:
            yield f"{what}: not checked to the end, as a value makes no sense ({type(error).__name__}: {error})"


def _checks(
    session: Session, tables: Sequence[Folded], unreadable: Mapping[str, Collection[Any]]
) -> Iterator[tuple[str, Iterator[str]]]:
    """Yield what is checked, and its findings."""
    skipped = unreadable.get("ledger_event", ())
    yield "imports", _uncounted(session)
    yield "the chain of the ledger", ledger.chain_errors(session, skipped)
    yield "the beginning of the record", baseline_errors(session, COMPLETE)
    said = Said(session, skipped)
    for folded in tables:
        yield f"rows of {folded.name}", _rows(session, folded, said, unreadable)
    yield "scores", score_errors(session, unreadable.get("question", ()))
    yield "running totals", total_errors(session)


class Said:
    """What events say of many rows: the baseline, and rows that were recorded together. Read when first asked for."""

    def __init__(self, session: Session, skipped: Collection[int]) -> None:
        self._session, self._skipped = session, skipped

    @cached_property
    def baseline(self) -> Baseline:
        """The hashes of older rows."""
        return read_baseline(self._session)

    @cached_property
    def together(self) -> dict[str, Digests]:
        """The rows that were recorded together, by table."""
        return digests(self._session, self._skipped)


def _rows(session: Session, folded: Folded, said: Said, unreadable: Mapping[str, Collection[Any]]) -> Iterator[str]:
    held = said.together.get(folded.name) or Digests([])
    yield from changed_rows(session, folded, said.baseline, held, unreadable)


def _uncounted(session: Session) -> Iterator[str]:
    for number in sorted(unfinished(session).uncounted):
        yield f"import {number} is complete, but not counted in all scores yet: verify again in a minute"
