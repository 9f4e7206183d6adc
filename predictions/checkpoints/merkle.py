"""The Merkle tree of RFC 9162, section 2.1, over SHA-256: which complete subtrees a proof consists of.

A range ``(start, end)`` is of leaves from 0. Each range of a proof is a node of the tree, or the incomplete subtree at
its right edge, whose hash follows from those of complete subtrees.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

EMPTY_ROOT = hashlib.sha256().digest()
Range = tuple[int, int]


class Node(NamedTuple):
    """A complete subtree: the ``position``-th, from 0, of those with ``2 ** level`` leaves."""

    level: int
    position: int

    @property
    def start(self) -> int:
        """Return the number of its first leaf."""
        return self.position << self.level

    @property
    def end(self) -> int:
        """Return the number of the leaf after its last."""
        return (self.position + 1) << self.level

    @property
    def children(self) -> tuple["Node", "Node"]:
        """Return the two subtrees of which it consists."""
        return Node(self.level - 1, 2 * self.position), Node(self.level - 1, 2 * self.position + 1)


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node with two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def complete_subtrees(start: int, end: int) -> Iterator[Node]:
    """Yield the complete subtrees of a range, from left to right; each is larger than the next."""
    while start < end:
        level = (end - start).bit_length() - 1
        yield Node(level, start >> level)
        start += 1 << level


def join(hashes: Sequence[bytes]) -> bytes:
    """Return the hash of a range from those of its complete subtrees."""
    if not hashes:
        return EMPTY_ROOT
    *lefts, joined = hashes
    for left in reversed(lefts):
        joined = node_hash(left, joined)
    return joined


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """Return the ranges whose hashes prove that leaf ``index`` is in the tree of ``size`` leaves (section 2.1.3.1)."""
    start, end, ranges = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(first: int, second: int) -> list[Range]:
    """Return the ranges whose hashes prove that the first tree is the beginning of the second (section 2.1.4.1)."""
    start, end, ranges = 0, second, []
    while 0 < first < end:
        middle = start + _split(end - start)
        if first <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ([(start, end)] if start else []) + ranges[::-1]


def _split(size: int) -> int:
    """Return the largest power of two that is smaller than ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


class Frontier:
    """The complete subtrees of a tree that grows leaf by leaf."""

    def __init__(self, subtrees: Sequence[tuple[int, bytes]] = ()) -> None:
        """Begin with levels and hashes of the complete subtrees, from left to right."""
        self._subtrees = list(subtrees)
        self.size = sum(1 << level for level, _ in subtrees)

    def add(self, hashed: bytes, level: int = 0) -> Iterator[tuple[Node, bytes]]:
        """Add the hash of a leaf, or of a subtree that is not larger than the last; yield what is complete by it."""
        self.size += 1 << level
        yield Node(level, (self.size >> level) - 1), hashed
        while self._subtrees and self._subtrees[-1][0] == level:
            hashed = node_hash(self._subtrees.pop()[1], hashed)
            level += 1
            yield Node(level, (self.size >> level) - 1), hashed
        self._subtrees.append((level, hashed))

    def root(self) -> bytes:
        """Return the root of the tree as it is."""
        return join([hashed for _, hashed in self._subtrees])
