"""The append-only record of every change, each event chained to the one before by its hash.

The owner of the database could rewrite the whole chain; anyone who kept a published head would notice. An event's
body enters the chain only through a salted hash, so that a text may later be erased by law without breaking it.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlmodel import Session, SQLModel

from predictions.errors import InvalidInput
from predictions.models import LedgerEvent, row_id

GENESIS = "0" * 64
SYSTEM = "system"

_TABLE = LedgerEvent.__table__  # type: ignore[attr-defined]
_NEWEST = select(_TABLE.c.seq, _TABLE.c.hash).order_by(_TABLE.c.seq.desc()).limit(1)
_INSERT = insert(_TABLE)


@dataclass(frozen=True)
class Head:
    """Number and hash of the newest event. A copy of it reveals any later change of the record before it."""

    seq: int
    hash: str


def head(session: Session) -> Head:
    """Return the head of the ledger: number 0 with a hash of zeros if it is empty."""
    row = session.connection().execute(_NEWEST).first()
    return Head(row.seq, row.hash) if row else Head(0, GENESIS)


def newest_at(session: Session) -> datetime | None:
    """Return the time of the newest event."""
    at: datetime | None = session.execute(_NEWEST.with_only_columns(_TABLE.c.at)).scalar()
    return at


def canonical(body: dict[str, Any]) -> str:
    """Return ``body`` as canonical JSON: sorted keys, no spaces, times in ISO 8601, the negative zero as zero.

    SQLite returns -0.0 as 0.0: a body has the form in which its row is read. The ``import_id``, which says how
    a row came and nothing of its content, and columns of ``LEFT_OUT`` with their first value, are left out, so that
    events older than these columns keep their hash.
    """
    if "import_id" in body or not LEFT_OUT.keys().isdisjoint(body):
        body = dict(body)
        body.pop("import_id", None)
        for name, value in LEFT_OUT.items():
            if name in body and body[name] is value:
                del body[name]
    text = _ENCODER.encode(body)
    return text if "-0.0" not in text else _ENCODER.encode(_without_negative_zeros(body))


def _without_negative_zeros(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_negative_zeros(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_negative_zeros(part) for part in value]
    return value + 0.0 if isinstance(value, float) else value


#: Columns that rows got later, with the value that older rows have.
LEFT_OUT: dict[str, Any] = {
    "against": False,
    **dict.fromkeys(("archive_url", "confirmed_at", "confirmed_by", "criteria_changed_at")),
}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no canonical form")


#: Bodies have no cycles, and the check for them takes a tenth of the time.
_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain, check_circular=False
)


#: Names that changed before the first release. Events keep, and their hashes cover, the names they were written with.
RENAMED_ACTIONS = {"resolution.taken_back": "resolution.retracted"}
RENAMED_FIELDS = {"hedged": "vague"}


#: Kinds of changes whose bodies only admins read; others see the salted hash.
CONFIDENTIAL = ("key.", "person.", "channel.", "subscription.", "contest.", "ledger.baseline")


def is_confidential(action: str) -> bool:
    """Return whether only admins may read the bodies of these events."""
    return action.startswith(CONFIDENTIAL)


def current_action(action: str) -> str:
    """Return the present name of an event's action."""
    return RENAMED_ACTIONS.get(action, action)


def former_names(body: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of a row under the names that events had before the first release."""
    former = {new: old for old, new in RENAMED_FIELDS.items()}
    return {former.get(name, name): value for name, value in body.items()}


def contents(row: SQLModel) -> dict[str, Any]:
    """Return all columns of a table row, as the body of an event holds them."""
    return {name: getattr(row, name) for name in type(row).model_fields}


class RowDigest:
    """Rows that one event holds together: their ids in order, and digests of their contents.

    ``sha256`` is that of the canonical JSON of the rows, one line each, in the order of entry. So that a changed row
    can be named, ``parts`` has a digest for each ``each`` rows, at most ``PARTS`` in all: the first half of the SHA-256
    of the joined SHA-256 (32 bytes each) of their lines.
    """

    PARTS = 1024

    def __init__(self) -> None:
        self.count = 0
        self._ids: list[list[int]] = []
        self._hash = hashlib.sha256()
        self._rows = bytearray()

    def add(self, number: int, row: dict[str, Any]) -> None:
        """Add a row with all its columns."""
        line = canonical(row).encode()
        self._hash.update(b"\n" + line if self.count else line)
        self._rows += hashlib.sha256(line).digest()
        self.count += 1
        if self._ids and number == self._ids[-1][1] + 1:
            self._ids[-1][1] = number
        else:
            self._ids.append([number, number])

    def summary(self) -> dict[str, Any]:
        """Return count, ids as ranges [first, last], and digests."""
        each = max(1, -(-self.count // self.PARTS))
        size = 32 * each
        blocks = (self._rows[start : start + size] for start in range(0, len(self._rows), size))
        parts = [hashlib.sha256(block).hexdigest()[:32] for block in blocks]
        whole = self._hash.hexdigest()
        return {"count": self.count, "ids": self._ids, "sha256": whole, "each": each, "parts": parts}


@dataclass(frozen=True)
class NewEvent:
    """An event before it has its place in the chain: time, actor, action, and the table and id of the changed row."""

    at: datetime
    actor: str
    action: str
    subject: str
    subject_id: int
    body: dict[str, Any]


def append(
    session: Session, *, now: datetime, actor: str, action: str, subject: SQLModel, body: dict[str, Any]
) -> None:
    """Append one event to the chain, in the same transaction as the change of ``subject`` that it describes.

    Callers must hold the write transaction, or two events would claim the same number.
    """
    append_all(session, [NewEvent(now, actor, action, str(type(subject).__tablename__), row_id(subject), body)])


def append_change(
    session: Session, subject: SQLModel, changes: dict[str, Any], *, now: datetime, actor: str, action: str, **more: Any
) -> None:
    """Set columns of a row, and append the event of it: ``before`` and ``after`` hold these columns, from which the row
    can be rebuilt; ``more`` is added to the body, such as a reason.
    """
    before = {name: getattr(subject, name) for name in changes}
    for name, value in changes.items():
        setattr(subject, name, value)
    session.flush()
    body = {"before": before, "after": changes} | more
    append(session, now=now, actor=actor, action=action, subject=subject, body=body)


def append_all(session: Session, entries: Iterable[NewEvent]) -> None:
    """Append events to the chain in the order given, like ``append``."""
    last = head(session)
    events = []
    for entry in entries:
        event = _follow(last, entry)
        events.append(event)
        last = Head(event["seq"], event["hash"])
    session.connection().execute(_INSERT, events)


def _follow(last: Head, entry: NewEvent) -> dict[str, Any]:
    """Return the row of the event that follows ``last``."""
    text, salt = canonical(entry.body), secrets.token_hex(16)
    body_hash = _digest(salt, text)
    seq = last.seq + 1
    header = (entry.at, entry.actor, entry.action, entry.subject, entry.subject_id)
    return {
        "seq": seq,
        **dict(zip(("at", "actor", "action", "subject", "subject_id"), header, strict=True)),
        "body": text,
        "salt": salt,
        "body_hash": body_hash,
        "hash": _link(last.hash, seq, *header, body_hash),
    }


def _digest(*parts: object) -> str:
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()


def _link(
    previous: str, seq: int, at: datetime, actor: str, action: str, subject: str, subject_id: int, body_hash: str
) -> str:
    return _digest(previous, seq, at.isoformat(), actor, action, subject, subject_id, body_hash)


def parse_head(text: str) -> Head:
    """Return the head that ``SEQ:HASH`` names. Raises ``InvalidInput``."""
    match = re.fullmatch(r"([1-9][0-9]{0,17}):([0-9a-f]{64})", text.strip())
    if match is None:
        remedy = "write SEQ:HASH, the number of the event and its 64 hexadecimal digits"
        raise InvalidInput(f"{text.strip()!r} is no head of a ledger: {remedy}")
    return Head(int(match[1]), match[2])


def head_errors(session: Session, kept: Iterable[Head]) -> Iterator[str]:
    """Yield one message for each head that somebody kept and that is not in the chain any more."""
    newest = head(session).seq
    for each in kept:
        found = session.execute(select(_TABLE.c.hash).where(_TABLE.c.seq == each.seq)).scalar()
        if each.seq > newest:
            yield f"the ledger ends at event {newest}, before the head {each.seq}:{each.hash}: its end was cut off"
        elif found != each.hash:
            yield f"the ledger was rewritten: event {each.seq} has the hash {found}, and the head has {each.hash}"


def chain_errors(session: Session, skipped: Collection[int] = ()) -> Iterator[str]:
    """Yield one message for each event that does not fit the chain; none if the chain is intact.

    Events with the ``skipped`` numbers, which cannot be read, are passed over.
    """
    previous, expected = GENESIS, 1
    events = select(_TABLE).where(_TABLE.c.seq.not_in(skipped)).order_by(_TABLE.c.seq)
    for event in session.connection().execute(events.execution_options(yield_per=1000)):
        gone = next((seq for seq in range(expected, event.seq) if seq not in skipped), None)
        if gone is not None:
            yield f"ledger event {gone} is missing"
        if event.seq - 1 in skipped:
            previous = session.execute(select(_TABLE.c.hash).where(_TABLE.c.seq == event.seq - 1)).scalar_one()
        if event.body_hash != _digest(event.salt, event.body):
            yield f"ledger event {event.seq}: its body was changed"
        link = _link(
            previous, event.seq, event.at, event.actor, event.action, event.subject, event.subject_id, event.body_hash
        )
        if link != event.hash:
            yield f"ledger event {event.seq}: its hash does not follow from the event before"
        previous, expected = event.hash, event.seq + 1
