"""The tree of RFC 9162: the roots and proofs of the reference tree of Certificate Transparency, and any other tree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictions.checkpoints import merkle
from predictions.checkpoints.merkle import Frontier, Range, complete_subtrees, consistency_ranges, inclusion_ranges
from tests.predictions.checkpoints.rfc9162 import naive_root, root_by_inclusion, roots_by_consistency

#: The leaves of the reference tree, and the root of its first 1, 2, ... leaves.
LEAVES = [bytes.fromhex(each) for each in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
LEAVES += [bytes.fromhex("606162636465666768696a6b6c6d6e6f")]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
OF_1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
OF_2_3 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
OF_4_7 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
OF_4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
OF_4_5 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
OF_6 = "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f"
OF_6_7 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
#: Number of the leaf from 1 and size of the tree, as the test data of Certificate Transparency have them.
INCLUSION = {
    (1, 1): [],
    (1, 8): [OF_1, OF_2_3, OF_4_7],
    (6, 8): [OF_4, OF_6_7, ROOTS[3]],
    (3, 3): [ROOTS[1]],
    (2, 5): [ROOTS[0], OF_2_3, OF_4],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [OF_1, OF_2_3, OF_4_7],
    (6, 8): [OF_4_5, OF_6_7, ROOTS[3]],
    (2, 5): [OF_2_3, OF_4],
    (6, 7): [OF_4_5, OF_6, ROOTS[3]],
}
Leaves = st.lists(st.binary(max_size=4), min_size=1, max_size=80)


def hash_of(leaves: list[bytes], each: Range) -> bytes:
    """The hash of a range, from those of its complete subtrees."""
    subtrees = complete_subtrees(*each)
    return merkle.join([naive_root(leaves[node.start : node.end]) for node in subtrees])


def test_roots_are_those_of_the_reference_tree() -> None:
    frontier, roots = Frontier(), []
    assert frontier.root() == merkle.EMPTY_ROOT == naive_root([])
    for leaf in LEAVES:
        assert [node.end for node, _ in frontier.add(merkle.leaf_hash(leaf))][-1] == frontier.size
        roots.append(frontier.root().hex())
    assert roots == ROOTS


@pytest.mark.parametrize(("number", "size"), INCLUSION)
def test_inclusion_proofs_are_those_of_the_reference_tree(number: int, size: int) -> None:
    path = [hash_of(LEAVES, each).hex() for each in inclusion_ranges(number - 1, size)]
    assert path == INCLUSION[number, size]


@pytest.mark.parametrize(("first", "second"), CONSISTENCY)
def test_consistency_proofs_are_those_of_the_reference_tree(first: int, second: int) -> None:
    path = [hash_of(LEAVES, each).hex() for each in consistency_ranges(first, second)]
    assert path == CONSISTENCY[first, second]


@given(leaves=Leaves, data=st.data())
def test_any_tree_has_the_root_and_proofs_that_the_definitions_give(leaves: list[bytes], data: st.DataObject) -> None:
    size = len(leaves)
    frontier = Frontier()
    for leaf in leaves:
        for node, hashed in frontier.add(merkle.leaf_hash(leaf)):
            assert hashed == naive_root(leaves[node.start : node.end])
    assert frontier.root() == hash_of(leaves, (0, size)) == naive_root(leaves)
    index = data.draw(st.integers(0, size - 1))
    path = [hash_of(leaves, each) for each in inclusion_ranges(index, size)]
    assert root_by_inclusion(leaves[index], index, size, path) == naive_root(leaves)
    first = data.draw(st.integers(1, size))
    path = [hash_of(leaves, each) for each in consistency_ranges(first, size)]
    before = naive_root(leaves[:first])
    assert roots_by_consistency(first, size, before, path) == (before, naive_root(leaves))
