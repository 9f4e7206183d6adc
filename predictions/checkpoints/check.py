"""Check the stored tree, the checkpoints, their keys and stamps against the events of the ledger."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress

from sqlalchemy import select
from sqlmodel import Session, col

from predictions import ledger
from predictions.checkpoints.merkle import Frontier, Node
from predictions.checkpoints.models import Checkpoint, CheckpointKey, CheckpointStamp, LedgerSubtree
from predictions.checkpoints.signed_note import Note, VerifierKey
from predictions.checkpoints.statement import Statement
from predictions.checkpoints.stored import announced_keys
from predictions.checkpoints.tree import LEVEL, leaf_of, stored_blocks
from predictions.errors import InvalidInput
from predictions.models import LedgerEvent

#: How messages name the checkpoint of the state directory.
KEPT = "the checkpoint in the state directory"
_BATCH = 1000
#: Name and content of the checkpoints of each size.
_Wanted = dict[int, list[tuple[str, Statement]]]


def differences(stated: Statement, ends_at: int, root: bytes | None, head_hash: str | None) -> Iterator[str]:
    """Yield what differs between a checkpoint and the ledger, which has ``ends_at`` events.

    ``root`` and ``head_hash`` are those of the ledger at the size of the checkpoint.
    """
    if stated.size > ends_at:
        yield f"the ledger ends at event {ends_at}, before the checkpoint of {stated.size} events: its end was cut off"
        return
    if head_hash != stated.head_hash:
        yield f"event {stated.size} has the hash {head_hash}, and the checkpoint has {stated.head_hash}"
    if root != stated.root:
        yield f"the events up to {stated.size} are not those of the checkpoint: the ledger was rewritten"


def checkpoint_errors(session: Session, *, kept: str | None, held: str | None) -> Iterator[tuple[str, Iterator[str]]]:
    """Yield what is checked, and for each one message for each fault; none if all fits the events.

    A value that no program has written may raise an error in the middle of a part; the parts after it can be checked
    all the same. ``kept`` is the newest checkpoint in the state directory, and ``held`` the public key of the private
    key there.
    """
    keys = _parsed(session.execute(select(col(CheckpointKey.verifier_key)).order_by(col(CheckpointKey.id))).scalars())
    known = [*keys, *_parsed([held] if held else [])]
    wanted: _Wanted = defaultdict(list)
    yield "keys for checkpoints", _key_errors(session, keys, held)
    yield KEPT, _kept_errors(session, kept, known, bool(keys), wanted)
    yield "checkpoints", _row_errors(session, known, wanted)
    yield "the tree of the ledger", _tree_errors(session, wanted)
    yield "stamps of checkpoints", _stamp_errors(session)


def _stamp_errors(session: Session) -> Iterator[str]:
    for stamp in session.execute(select(CheckpointStamp).order_by(col(CheckpointStamp.id))).scalars():
        if hashlib.sha256(stamp.content).hexdigest() != stamp.sha256:
            yield f"stamp {stamp.id} of checkpoint {stamp.checkpoint_id}: its content was changed"


def _parsed(keys: Iterable[str]) -> list[VerifierKey]:
    parsed = []
    for text in keys:
        with suppress(InvalidInput):  # _key_errors names it
            parsed.append(VerifierKey.parse(text))
    return parsed


def _key_errors(session: Session, keys: list[VerifierKey], held: str | None) -> Iterator[str]:
    events = select(col(LedgerEvent.subject_id), col(LedgerEvent.body)).where(
        col(LedgerEvent.subject) == CheckpointKey.__tablename__
    )
    announced = {row[0]: row[1] for row in session.execute(events)}
    for row in announced_keys(session):
        if announced.pop(row.id, None) != ledger.canonical(ledger.contents(row)):
            yield f"checkpoint key {row.id} is not as the ledger announces it"
        elif not _is_signed(row):
            yield f"checkpoint key {row.id}: its announcement is not signed by it"
    for number in announced:
        yield f"checkpoint key {number} is missing, but the ledger announces it"
    if held is not None and keys and held != str(keys[-1]):
        remedy = "restore checkpoint.key, or make a new key with 'trackrecord checkpoint rotate-key'"
        yield f"the key for checkpoints in the state directory is not the one that the ledger announced last: {remedy}"


def _is_signed(row: CheckpointKey) -> bool:
    try:
        key, note = VerifierKey.parse(row.verifier_key), Note.parse(row.note)
    except InvalidInput:
        return False
    return f"\n{key}\n" in note.text and key in note.signers([key])


def _kept_errors(
    session: Session,
    kept: str | None,
    known: list[VerifierKey],
    announced: bool,
    wanted: _Wanted,
) -> Iterator[str]:
    """Yield faults of the checkpoint in the state directory itself, and add what it states to ``wanted``."""
    if kept is None:
        if announced:
            remedy = "put back a copy of it, or make one with 'trackrecord checkpoint' if all else is right"
            yield f"{KEPT} is missing, so that an end of the ledger that was cut off would not be noticed: {remedy}"
        return
    try:
        note = Note.parse(kept)
        stated = Statement.parse(note.text)
    except InvalidInput as error:
        yield f"{KEPT} {error.detail}"
        return
    wanted[stated.size].append((KEPT, stated))
    if not note.signers(known):
        yield f"{KEPT} is not signed by a key that the ledger announces"
    if session.execute(select(col(Checkpoint.id)).where(col(Checkpoint.note) == kept)).first() is None:
        yield f"{KEPT}, of {stated.size} events, is missing among the stored checkpoints"


def _row_errors(session: Session, known: list[VerifierKey], wanted: _Wanted) -> Iterator[str]:
    """Yield faults of the stored checkpoints themselves, and add what they state to ``wanted``."""
    expected = 1
    for row in session.execute(select(Checkpoint).order_by(col(Checkpoint.id))).scalars():
        for number in range(expected, min(row.id, expected + _BATCH)):
            yield f"checkpoint {number} is missing"
        expected = row.id + 1
        try:
            note = Note.parse(row.note)
            stated = Statement.parse(note.text)
        except InvalidInput as error:
            yield f"checkpoint {row.id} {error.detail}"
            continue
        if not note.signers(known):
            yield f"checkpoint {row.id} is not signed by a key that the ledger announces"
        if (row.size, row.made_at) != (stated.size, stated.at):
            yield f"checkpoint {row.id}: its size or time is not the one that is signed"
        wanted[stated.size].append((f"checkpoint {row.id}", stated))


def _tree_errors(session: Session, wanted: _Wanted) -> Iterator[str]:
    """Yield what differs between the tree of the events, and the stored one and the checkpoints."""
    frontier, stored, last_hash = Frontier(), _Stored(session), ledger.GENESIS
    events = select(col(LedgerEvent.seq), col(LedgerEvent.hash)).order_by(col(LedgerEvent.seq))
    for seq, event_hash in session.execute(events.execution_options(yield_per=_BATCH)):
        if seq != frontier.size + 1:
            yield f"the tree of the ledger is not checked from event {frontier.size + 1}, which is missing"
            return
        for node, hashed in frontier.add(leaf_of(event_hash)):
            if node.level >= LEVEL:
                yield from stored.compare(node, hashed)
        last_hash = event_hash
        for name, stated in wanted.pop(seq, ()):
            yield from _named(name, stated, differences(stated, seq, frontier.root(), event_hash))
    yield from stored.rest()
    for entries in wanted.values():
        for name, stated in entries:
            yield from _named(name, stated, differences(stated, frontier.size, frontier.root(), last_hash))


def _named(name: str, stated: Statement, found: Iterator[str]) -> Iterator[str]:
    for difference in found:
        yield f"{name} ({stated.at:%Y-%m-%d}): {difference}"


class _Stored:
    """The stored subtrees, compared with those of the events in the order in which events complete them."""

    def __init__(self, session: Session) -> None:
        level, position = col(LedgerSubtree.level), col(LedgerSubtree.position)
        end = (position + 1).bitwise_lshift(level)
        query = select(level, position, col(LedgerSubtree.hash)).order_by(end, level)
        self._rows = iter(session.execute(query.execution_options(yield_per=_BATCH)))
        self._blocks = stored_blocks(session)
        self._next = next(self._rows, None)

    def compare(self, node: Node, hashed: bytes) -> Iterator[str]:
        """Yield what differs between a subtree of the events and the stored one."""
        row = self._next
        if row is not None and row[0] == node.level and row[1] == node.position:
            self._next = next(self._rows, None)
            if row[2] != hashed.hex():
                yield f"the stored tree differs from the events {node.start + 1} to {node.end}: {_REBUILD}"
        elif node.end <= self._blocks << LEVEL:
            yield f"the stored tree lacks a subtree of the events {node.start + 1} to {node.end}: {_REBUILD}"

    def rest(self) -> Iterator[str]:
        """Yield what is stored of events that are not there."""
        if self._next is not None:
            yield f"the stored tree has subtrees of events that the ledger does not have: {_REBUILD}"


_REBUILD = "if the events are right, 'trackrecord checkpoint rebuild-tree' computes it again"
