"""The definitions and the checks of proofs of RFC 9162, section 2.1, as it words them; and a ledger to check with."""

import hashlib
from collections.abc import Sequence

from sqlmodel import Session

from predictions import ledger
from tests.support.fake_clock import START


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """The recursive definition of section 2.1.1."""
    if len(leaves) < 2:
        return leaf_hash(leaves[0]) if leaves else hashlib.sha256().digest()
    half = next(2**power for power in range(64) if 2**power < len(leaves) <= 2 ** (power + 1))
    return node_hash(naive_root(leaves[:half]), naive_root(leaves[half:]))


def root_by_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that a proof gives, by the algorithm of section 2.1.3.2."""
    hashed, last = leaf_hash(leaf), size - 1
    for each in path:
        assert last > 0
        if index % 2 or index == last:
            hashed = node_hash(each, hashed)
            while index % 2 == 0 and index:
                index, last = index >> 1, last >> 1
        else:
            hashed = node_hash(hashed, each)
        index, last = index >> 1, last >> 1
    assert last == 0
    return hashed


def roots_by_consistency(first: int, second: int, first_root: bytes, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Both roots that a proof gives, by the algorithm of section 2.1.4.2; equal sizes need no proof."""
    if first == second:
        assert not path
        return first_root, first_root
    path = [first_root, *path] if first & (first - 1) == 0 else path
    at, last = first - 1, second - 1
    while at % 2:
        at, last = at >> 1, last >> 1
    before = after = path[0]
    for each in path[1:]:
        assert last > 0
        if at % 2 or at == last:
            before, after = node_hash(each, before), node_hash(each, after)
            while at % 2 == 0 and at:
                at, last = at >> 1, last >> 1
        else:
            after = node_hash(after, each)
        at, last = at >> 1, last >> 1
    assert last == 0
    return before, after


def append_events(session: Session, count: int) -> None:
    """Append events that change nothing."""
    ledger.append_all(session, [ledger.NewEvent(START, "test", "test.event", "test", 1, {})] * count)
