"""Compare the rows of a table with the events that entered, changed and removed them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from predictions import ledger
from predictions.audit.baseline import Baseline, row_hash
from predictions.audit.digests import Digests, Together
from predictions.audit.fold import Folded, Row, Step, nothing
from predictions.audit.stored_rows import stored_rows


def changed_rows(
    session: Session, folded: Folded, baseline: Baseline, together: Digests, unreadable: Mapping[str, Collection[Any]]
) -> Iterator[str]:
    """Yield one message for each row that is not as its events say.

    ``together`` are its rows that events hold together; ``unreadable`` rows, by table, are left out.
    """
    skipped, events = unreadable.get(folded.name, ()), unreadable.get("ledger_event", ())
    check = _Check(folded, baseline, together)
    rows, steps = stored_rows(session, folded, skipped), folded.steps(session, events)
    last = 0
    for key, row, of_row in _merged(rows, steps):
        if key in skipped:
            continue
        if row is None:
            yield from check.missing(key, of_row)
            continue
        if key > last + 1:
            yield from _gap(folded, together, last, key, skipped)
        last = key
        if of_row or not check.is_as_recorded_with_others(key, row):
            yield from check.row(key, row, of_row)
    yield from _gap(folded, together, last, None, skipped)
    yield from check.end(session)


def _merged(
    rows: Iterator[tuple[int, Row]], steps: Iterator[tuple[int, list[Step]]]
) -> Iterator[tuple[int, Row | None, list[Step]]]:
    """Yield each key with its stored row and its steps, in order of key."""
    step = next(steps, None)
    for key, row in rows:
        while step is not None and step[0] < key:
            yield step[0], None, step[1]
            step = next(steps, None)
        if step is not None and step[0] == key:
            yield key, row, step[1]
            step = next(steps, None)
        else:
            yield key, row, []
    while step is not None:
        yield step[0], None, step[1]
        step = next(steps, None)


def _gap(folded: Folded, together: Digests, after: int, before: int | None, skipped: Collection[int]) -> Iterator[str]:
    for first, last, seq in together.missing(after, before):
        for number in range(first, last + 1):
            if number not in skipped:
                yield f"{folded.name} {number} is missing, but ledger event {seq} recorded it"


@dataclass
class _Check:
    folded: Folded
    baseline: Baseline
    together: Digests

    def __post_init__(self) -> None:
        self._unseen = dict(self.baseline.of(self.folded.name))

    def missing(self, key: int, steps: Sequence[Step]) -> Iterator[str]:
        """Check that a row without a stored one was removed by its last event."""
        self._unseen.pop(key, None)
        if steps[-1].after is not None and self.together.holding(key) is None:
            yield f"{self.folded.name} {key} is missing, but ledger event {steps[0].seq} recorded it"

    def is_as_recorded_with_others(self, key: int, row: Row) -> bool:
        """Return whether a row is one of a digest and no event changes it; then it is added, and the digest decides.

        For most rows of a large record this is all.
        """
        held = self.together.holding(key)
        if held is None or row.get("import_id") != held.import_id or self.folded.moving is not nothing:
            return False
        held.add(key, row)
        return True

    def row(self, key: int, row: Row, steps: Sequence[Step]) -> Iterator[str]:
        """Check a stored row."""
        name = f"{self.folded.name} {key}"
        number = row.pop("import_id", None)
        entry = next((step for step in steps if step.enters), None)
        given = self.folded.given(row)
        held, hashed = self.together.holding(key), self._unseen.pop(key, None)
        if steps and steps[-1].after is None:
            yield f"{name} is on record, but ledger event {steps[-1].seq} removed it"
        elif entry is None and held is None and hashed is None and given is None:
            yield f"{name} is on record, but no event of the ledger entered it"
        if number != (held.import_id if held and entry is None else None):
            yield f"{name} differs from the ledger in import_id"
        if hashed is not None and hashed != row_hash(_before(row, steps, self.baseline.seq)):
            yield f"{name} differs from ledger event {self.baseline.seq}, or was changed without an event since"
        yield from self._rebuilt(name, row, steps, self._original(key, row, steps, held) or given)

    def _original(self, key: int, row: Row, steps: Sequence[Step], held: Together | None) -> Row | None:
        """Return the row as it was when it was recorded together with others, for whose digest it is added."""
        if held is None:
            return None
        original = _before(row, steps, 0)
        original |= self.folded.moving(original)
        held.add(key, original)
        return original if held.seq > self.baseline.seq else None

    def _rebuilt(self, name: str, row: Row, steps: Sequence[Step], original: Row | None) -> Iterator[str]:
        """Compare the stored row with the one that follows from its events."""
        expected = {} if original is None else dict(original)
        for step in steps:
            after = dict(step.after or {})
            if step.enters:
                if step.seq < self.baseline.seq:
                    for moving in self.folded.moving(after):
                        after.pop(moving, None)
                expected = ledger.LEFT_OUT | after
                continue
            wrong = [each for each, value in (step.before or {}).items() if expected.get(each, value) != value]
            if wrong:
                yield f"{name}: ledger event {step.seq} changes {', '.join(wrong)} from what was not on record"
            expected |= after
        differing = sorted(each for each, value in expected.items() if each in row and row[each] != value)
        if differing:
            yield f"{name} differs from the ledger in {', '.join(differing)}"

    def end(self, session: Session) -> Iterator[str]:
        """Check the digests, and that no row of the baseline is missing."""
        for event in self.together.events:
            differing = list(event.differences())
            if differing and self.folded.former and _has_former_names(session, self.folded, event):
                continue
            for first, last in differing:
                what = f"{first} differs" if first == last else f"{first} to {last} differ"
                yield f"{self.folded.name} {what} from ledger event {event.seq}"
        for key in self._unseen:
            yield f"{self.folded.name} {key} is missing, but ledger event {self.baseline.seq} has its hash"


def _has_former_names(session: Session, folded: Folded, event: Together) -> bool:
    """Return whether the rows have the digest of the event under the names of before the first release."""
    contents = ledger.RowDigest()
    for first, last in event.ranges:
        for number, row in stored_rows(session, folded, within=(first, last)):
            contents.add(number, folded.former(row) if folded.former else row)
    return bool(contents.summary()["sha256"] == event.sha256)


def _before(row: Row, steps: Sequence[Step], seq: int) -> Row:
    """Return a row as it was before the changes of the events after number ``seq``."""
    former = dict(row)
    for step in reversed(steps):
        if step.seq > seq and step.before is not None:
            former |= step.before
    return former
