"""The stored tree of the ledger: its roots and proofs are those of the events, and cost the same in a long ledger."""

from typing import Any

import pytest
from sqlalchemy import select, text
from sqlmodel import Session, col

from predictions.checkpoints import tree
from predictions.checkpoints.models import LedgerSubtree
from predictions.checkpoints.tree import BLOCK, TreeIncomplete
from predictions.errors import Conflict, InvalidInput, NotFound
from predictions.models import LedgerEvent
from tests.predictions.checkpoints.rfc9162 import append_events, naive_root, root_by_inclusion, roots_by_consistency

SIZES = (1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 4 * BLOCK + 5, 7 * BLOCK - 1, 7 * BLOCK)
LAST = 7 * BLOCK + 20


def leaves_of(session: Session) -> list[bytes]:
    hashes = session.execute(select(col(LedgerEvent.hash)).order_by(col(LedgerEvent.seq))).scalars()
    return [bytes.fromhex(each) for each in hashes]


def decoded(path: list[str]) -> list[bytes]:
    return [bytes.fromhex(each) for each in path]


@pytest.mark.parametrize("blocks", [0, 3, 100])
def test_roots_and_proofs_are_those_of_the_events_however_much_of_the_tree_is_stored(
    session: Session, blocks: int
) -> None:
    append_events(session, LAST)
    assert tree.extend(session, blocks) == min(blocks, 7)
    leaves = leaves_of(session)
    for size in (*SIZES, LAST):
        assert tree.root(session, size) == naive_root(leaves[:size])
        for seq in {1, 2, size // 2 + 1, BLOCK + 1, size} & set(range(1, size + 1)):
            proof = tree.inclusion_proof(session, seq, size)
            assert (proof.hash, proof.root) == (leaves[seq - 1].hex(), naive_root(leaves[:size]).hex())
            assert root_by_inclusion(leaves[seq - 1], seq - 1, size, decoded(proof.path)).hex() == proof.root
        for first in (each for each in SIZES if each <= size):
            found = tree.consistency_proof(session, first, size)
            before = bytes.fromhex(found.first_root)
            assert before == naive_root(leaves[:first])
            roots = roots_by_consistency(first, size, before, decoded(found.path))
            assert roots == (before, bytes.fromhex(found.second_root))
    whole = tree.inclusion_proof(session, 1), tree.consistency_proof(session, 1)
    assert (whole[0].size, whole[1].second) == (LAST, LAST)


def test_a_tree_that_is_stored_piece_by_piece_is_the_same(session: Session) -> None:
    append_events(session, LAST)
    assert tree.extend(session, 100) == 7
    rows = select(col(LedgerSubtree.level), col(LedgerSubtree.position), col(LedgerSubtree.hash)).order_by(
        "level", "position"
    )
    at_once = session.execute(rows).all()
    assert len(at_once) == 7 + 3 + 1
    tree.clear(session)
    assert [tree.extend(session, most) for most in (1, 1, 3, 0, 5, 5)] == [1, 1, 3, 0, 2, 0]
    assert session.execute(rows).all() == at_once


def test_a_proof_reads_a_few_rows_of_a_long_ledger(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    append_events(session, 40 * BLOCK - 1)
    tree.extend(session, 100)
    read: list[int] = []
    for name in ("_leaves", "_stored"):
        monkeypatch.setattr(tree, name, counting(getattr(tree, name), read))
    tree.inclusion_proof(session, 700)
    tree.consistency_proof(session, 700)
    assert len(read) == 4
    assert sum(read) < 2 * (2 * BLOCK + 20)


def counting(function: Any, read: list[int]) -> Any:
    def counted(*arguments: Any) -> Any:
        found = function(*arguments)
        read.append(len(found))
        return found

    return counted


def test_what_would_take_too_long_or_is_not_there_is_refused(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    append_events(session, 5 * BLOCK)
    for size in (0, 6, 5 * BLOCK + 1):
        with pytest.raises(InvalidInput, match="must be at"):
            tree.inclusion_proof(session, 7, size)
    with pytest.raises(NotFound, match="no event has the number 321: the ledger ends at event 320"):
        tree.inclusion_proof(session, 5 * BLOCK + 1)
    for first, second in ((0, 5), (6, 5), (1, 5 * BLOCK + 1)):
        with pytest.raises(InvalidInput, match="must be"):
            tree.consistency_proof(session, first, second)
    monkeypatch.setattr(tree, "MOST_EVENTS", 3 * BLOCK)
    with pytest.raises(TreeIncomplete, match="is stored only up to event 0: ask again"):
        tree.root(session, 5 * BLOCK)
    tree.extend(session, 2)
    assert tree.root(session, 5 * BLOCK) == naive_root(leaves_of(session))


@pytest.mark.parametrize("wrong", ["DELETE FROM ledger_subtree", "UPDATE ledger_subtree SET hash = 'no hash'"])
def test_a_tree_with_gaps_gives_no_proof(session: Session, wrong: str) -> None:
    append_events(session, 3 * BLOCK)
    tree.extend(session, 100)
    session.execute(text(f"{wrong} WHERE level = 6 AND position = 1"))
    with pytest.raises(Conflict, match="has gaps: run 'trackrecord verify'"):
        tree.inclusion_proof(session, 1)
    assert tree.root(session, BLOCK) == naive_root(leaves_of(session)[:BLOCK])
