"""The Merkle tree over the events of the ledger: event ``seq`` is leaf ``seq - 1``, the 32 bytes of its hash.

The hashes of complete subtrees of ``BLOCK`` leaves and more are stored, so that a proof takes a few rows however long
the ledger is. ``extend`` stores those of new events; what is not stored yet is computed from the events.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, delete, func, insert, or_, select
from sqlmodel import Session, col

from predictions import ledger
from predictions.checkpoints import merkle
from predictions.checkpoints.merkle import Frontier, Node, Range
from predictions.checkpoints.models import LedgerSubtree
from predictions.errors import Conflict, InvalidInput, NotFound
from predictions.models import LedgerEvent

#: The level of the smallest stored subtrees, and their number of leaves.
LEVEL = 6
BLOCK = 1 << LEVEL
_HASH = re.compile("[0-9a-f]{64}")
#: The most events that are read for one proof; a stored tree needs some hundred.
MOST_EVENTS = 64 * BLOCK


class TreeIncomplete(Conflict):
    """So many events are not in the stored tree yet that a proof would take too long."""


@dataclass(frozen=True)
class Inclusion:
    """A proof that the tree of ``size`` events contains an event; hashes are in hexadecimal."""

    seq: int
    hash: str
    size: int
    root: str
    path: list[str]


@dataclass(frozen=True)
class Consistency:
    """A proof that the first tree is the beginning of the second; hashes are in hexadecimal."""

    first: int
    second: int
    first_root: str
    second_root: str
    path: list[str]


def leaf_of(hexadecimal: str) -> bytes:
    """Return the hash of the leaf of an event. What is no hash in hexadecimal, by tampering, gets that of its text."""
    try:
        return merkle.leaf_hash(bytes.fromhex(hexadecimal))
    except (TypeError, ValueError):
        return merkle.leaf_hash(str(hexadecimal).encode())


def event_hash(session: Session, seq: int) -> str:
    """Return the hash of an event. Raises ``NoResultFound`` if there is none."""
    found: str = session.execute(select(col(LedgerEvent.hash)).where(col(LedgerEvent.seq) == seq)).scalar_one()
    return found


def root(session: Session, size: int) -> bytes:
    """Return the root of the tree of the first ``size`` events. Raises ``TreeIncomplete``."""
    return _hashes(session, [(0, size)])[0]


def inclusion_proof(session: Session, seq: int, size: int | None = None) -> Inclusion:
    """Return the proof of an event in the tree of ``size`` events, by default all.

    Raises ``NotFound``, ``InvalidInput`` for a size that the tree does not have, and ``TreeIncomplete``.
    """
    size, newest = _checked(session, "size", size), ledger.head(session).seq
    if seq > newest:
        raise NotFound(f"no event has the number {seq}: the ledger ends at event {newest}")
    if not 1 <= seq <= size:
        raise InvalidInput.at("/query/size", f"must be at least {seq}, the number of the event: raise it")
    whole, *path = _hashes(session, [(0, size), *merkle.inclusion_ranges(seq - 1, size)])
    return Inclusion(seq, event_hash(session, seq), size, whole.hex(), [hashed.hex() for hashed in path])


def consistency_proof(session: Session, first: int, second: int | None = None) -> Consistency:
    """Return the proof that the tree of ``first`` events is the beginning of that of ``second``, by default all.

    Raises ``InvalidInput`` for a size that the tree does not have, and ``TreeIncomplete``.
    """
    second = _checked(session, "second", second)
    if not 1 <= first <= second:
        raise InvalidInput.at("/query/first", f"must be from 1 to {second}, the second size")
    ranges = merkle.consistency_ranges(first, second)
    before, after, *path = _hashes(session, [(0, first), (0, second), *ranges])
    return Consistency(first, second, before.hex(), after.hex(), [hashed.hex() for hashed in path])


def _checked(session: Session, name: str, size: int | None) -> int:
    newest = ledger.head(session).seq
    if size is not None and size > newest:
        raise InvalidInput.at(f"/query/{name}", f"must be at most {newest}, the number of events in the ledger")
    return newest if size is None else size


def stored_blocks(session: Session) -> int:
    """Return how many blocks of events, from the first, are in the stored tree."""
    newest = select(func.max(col(LedgerSubtree.position))).where(col(LedgerSubtree.level) == LEVEL)
    last = session.execute(newest).scalar()
    return 0 if last is None else last + 1


def extend(session: Session, most_blocks: int) -> int:
    """Store the subtrees that new events complete, for at most so many blocks; return the number of blocks.

    Callers must hold the write transaction.
    """
    done = stored_blocks(session)
    blocks = min(ledger.head(session).seq // BLOCK - done, most_blocks)
    if blocks <= 0:
        return 0
    subtrees = list(merkle.complete_subtrees(0, done * BLOCK))
    known = _stored(session, subtrees)
    frontier = Frontier([(node.level, known[node]) for node in subtrees])
    leaves = _leaves(session, [(done * BLOCK, (done + blocks) * BLOCK)])
    new = [node for leaf in leaves.values() for node in frontier.add(leaf) if node[0].level >= LEVEL]
    rows = [{"level": node.level, "position": node.position, "hash": hashed.hex()} for node, hashed in new]
    session.connection().execute(insert(LedgerSubtree), rows)
    return blocks


def clear(session: Session) -> None:
    """Delete the stored tree, so that ``extend`` computes it again."""
    session.connection().execute(delete(LedgerSubtree))


def _hashes(session: Session, ranges: Sequence[Range]) -> list[bytes]:
    """Return the hash of each range, with a few queries."""
    stored = stored_blocks(session) * BLOCK
    needed = {node for start, end in ranges for whole in _subtrees(start, end) for node in _known(whole, stored)}
    high = [node for node in needed if node.level >= LEVEL and node.end <= stored]
    low = [(node.start, node.end) for node in needed.difference(high)]
    if sum(end - start for start, end in low) > MOST_EVENTS:
        remedy = "ask again when the scheduler has extended it"
        raise TreeIncomplete(f"the tree of the ledger is stored only up to event {stored}: {remedy}")
    leaves, known = _leaves(session, low), _stored(session, high)
    known |= {node: _block(leaves, node) for node in needed.difference(high)}
    return [merkle.join([_value(known, node) for node in _subtrees(start, end)]) for start, end in ranges]


def _subtrees(start: int, end: int) -> Iterator[Node]:
    return merkle.complete_subtrees(start, end)


def _known(node: Node, stored: int) -> Iterator[Node]:
    """Yield the node, or those below it that are stored or no larger than a block."""
    if node.end <= stored or node.level <= LEVEL:
        yield node
    else:
        for child in node.children:
            yield from _known(child, stored)


def _value(known: dict[Node, bytes], node: Node) -> bytes:
    """Return the hash of a node from those that are known."""
    if node in known:
        return known[node]
    left, right = node.children
    return merkle.node_hash(_value(known, left), _value(known, right))


def _block(leaves: dict[int, bytes], node: Node) -> bytes:
    frontier = Frontier()
    for index in range(node.start, node.end):
        for _ in frontier.add(leaves[index]):
            pass
    return frontier.root()


def _stored(session: Session, nodes: Collection[Node]) -> dict[Node, bytes]:
    """Return the stored hashes of these nodes."""
    if not nodes:
        return {}
    level, position = col(LedgerSubtree.level), col(LedgerSubtree.position)
    # Not IN (...) of pairs, for which SQLite reads the whole table.
    wanted = or_(*(and_(level == node.level, position == node.position) for node in nodes))
    query = select(level, position, col(LedgerSubtree.hash)).where(wanted)
    rows = session.execute(query).all()
    _refuse_gaps(sum(_HASH.fullmatch(row[2]) is not None for row in rows), len(nodes))
    return {Node(row[0], row[1]): bytes.fromhex(row[2]) for row in rows}


def _leaves(session: Session, ranges: Collection[Range]) -> dict[int, bytes]:
    """Return the hashes of the leaves in these ranges, and of some between them, by index and in order."""
    seq, leaves = col(LedgerEvent.seq), dict[int, bytes]()
    for start, end in _merged(ranges):
        query = select(seq, col(LedgerEvent.hash)).where(seq.between(start + 1, end)).order_by(seq)
        found = {row[0] - 1: leaf_of(row[1]) for row in session.execute(query)}
        _refuse_gaps(len(found), end - start)
        leaves |= found
    return leaves


def _merged(ranges: Collection[Range]) -> list[Range]:
    """Return the few ranges that cover all of these, without more than a block between them."""
    merged: list[Range] = []
    for start, end in sorted(ranges):
        if merged and start - merged[-1][1] < BLOCK:
            start, end = merged[-1][0], max(end, merged.pop()[1])
        merged.append((start, end))
    return merged


def _refuse_gaps(found: int, wanted: int) -> None:
    if found != wanted:
        raise Conflict("the ledger, or its stored tree, has gaps: run 'trackrecord verify', which names them")
