"""The rows that one event of the ledger holds together, by their ids and a digest of their contents."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlmodel import Session

from predictions import ledger
from predictions.audit.fold import EVENT, Row, parsed

_IMPORT = "import.completed"
_ACTIONS = ("predictions.recorded", _IMPORT)


@dataclass
class Together:
    """The rows of one table that one event recorded, and what was found of them so far, in order of id."""

    seq: int
    ranges: list[list[int]]
    sha256: str
    import_id: int | None = None
    contents: ledger.RowDigest = field(default_factory=ledger.RowDigest)
    parts: list[str] = field(default_factory=list)
    each: int = 0

    def add(self, number: int, row: Row) -> None:
        """Add a row as it was when it was recorded."""
        self.contents.add(number, row)

    def differences(self) -> Iterator[list[int]]:
        """Yield the ranges of ids whose rows are not as they were recorded; none if all are."""
        found = self.contents.summary()
        if found["sha256"] == self.sha256:
            return
        if not self.parts or found["ids"] != self.ranges or found["each"] != self.each:
            yield from self.ranges
            return
        numbers = [number for first, last in self.ranges for number in range(first, last + 1)]
        for index, (part, recorded) in enumerate(zip(found["parts"], self.parts, strict=True)):
            if part != recorded:
                block = numbers[index * self.each : (index + 1) * self.each]
                yield [block[0], block[-1]]


class Digests:
    """All rows of one table that events hold together."""

    def __init__(self, events: list[Together]) -> None:
        self.events = events
        ranges = sorted((first, last, index) for index, event in enumerate(events) for first, last in event.ranges)
        self._starts = [first for first, _, _ in ranges]
        self._ranges = ranges
        self._seen = 0

    def holding(self, number: int) -> Together | None:
        """Return what holds the row with this id, or None."""
        at = bisect_right(self._starts, number) - 1
        if at < 0 or self._ranges[at][1] < number:
            return None
        return self.events[self._ranges[at][2]]

    def missing(self, after: int, before: int | None) -> Iterator[tuple[int, int, int]]:
        """Yield first and last id, and event, of the rows that should be between two ids of stored rows."""
        at = max(bisect_right(self._starts, after) - 1, 0)
        for first, last, index in self._ranges[at:]:
            if before is not None and first >= before:
                return
            start, end = max(first, after + 1), last if before is None else min(last, before - 1)
            if start <= end:
                yield start, end, self.events[index].seq


def digests(session: Session, skipped: Collection[int]) -> dict[str, Digests]:
    """Return what the events of the ledger say of rows that were recorded together, by table."""
    query = select(EVENT.c.seq, EVENT.c.action, EVENT.c.body, EVENT.c.subject_id).where(EVENT.c.action.in_(_ACTIONS))
    events: dict[str, list[Together]] = defaultdict(list)
    for seq, action, body, number in session.connection().execute(query.order_by(EVENT.c.seq)):
        content = parsed(body)
        tables, of_import = (content, number) if action == _IMPORT else ({"prediction": content}, None)
        for table, said in tables.items():
            if seq not in skipped and isinstance(said, dict) and said.get("count"):
                parts, each = said.get("parts", []), said.get("each", 0)
                events[table].append(Together(seq, said["ids"], said["sha256"], of_import, parts=parts, each=each))
    return {table: Digests(of_table) for table, of_table in events.items()}
