"""How far the order of a board depends on how a reader interprets hedges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from predictions.scoring.ranking import rank_commentators
from predictions.scoring.reader_simulation import (
    Robustness,
    dictionary_robustness,
    reader_sums,
    simulated_readers,
    skill_weights,
)


def test_sums_under_any_dictionary_come_from_counts_and_hits() -> None:
    """Two phrases at .7 and .2: the first used 3 times with 2 hits, the second once with none."""
    sums = reader_sums([[0.7, 0.2], [0.9, 0.5]], [[3, 1]], [[2, 0]])
    assert_allclose(sums, [[2 * 0.09 + 0.49 + 0.04], [2 * 0.01 + 0.81 + 0.25]])


def test_simulated_readers_spread_as_the_surveyed_ones() -> None:
    readers = simulated_readers([0.72, 0.19, 0.0, 1.0], readers=20_000, seed=1)
    assert readers.shape == (20_000, 4)
    assert np.all((readers > 0) & (readers < 1))
    logits = np.log(readers / (1 - readers))
    best = np.log(0.72 / 0.28)
    assert logits[:, 0].mean() == pytest.approx(-0.02 + 1.13 * best, abs=0.02)
    variance = 0.30**2 + (0.19 * best) ** 2 + 2 * best * -0.26 * 0.30 * 0.19 + 0.70**2
    assert logits[:, 0].std() == pytest.approx(np.sqrt(variance), rel=0.02)
    assert_array_equal(readers[:, 0], simulated_readers([0.72, 0.19, 0.0, 1.0], readers=20_000, seed=1)[:, 0])


def verbal_board(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    n = 300
    best = np.array([0.05, 0.3, 0.5, 0.72, 0.95])
    phrase = rng.integers(-1, 5, n)
    happened = rng.integers(0, 2, n)
    return {
        "best": best,
        "phrase": phrase,
        "happened": happened,
        "commentator": rng.integers(0, 8, n) * 3,
        "event": rng.integers(0, 40, n),
        "reference_type": np.where(rng.random(n) < 0.05, 2, rng.integers(0, 2, n)),
        "numeric": rng.random(n),
        "reference": rng.random(n) ** 2,
    }


@given(st.integers(0, 50))
def test_skill_under_a_reader_equals_the_ranking_made_with_that_readers_numbers(seed: int) -> None:
    data = verbal_board(seed)
    where = (data["commentator"], data["event"], data["reference_type"])

    def skill(dictionary: np.ndarray) -> np.ndarray:
        stated = np.where(data["phrase"] < 0, data["numeric"], dictionary[data["phrase"]])
        scores = (stated - data["happened"]) ** 2
        return rank_commentators(*where, scores, data["reference"], reference_forecasts=[6], draws=0).skill

    count, hits = skill_weights(*where, data["phrase"], data["happened"], phrases=5, reference_forecasts=[6])
    readers = simulated_readers(data["best"], readers=3, seed=seed)
    at_best = reader_sums(data["best"][None, :], count, hits)
    predicted = skill(data["best"]) + at_best - reader_sums(readers, count, hits)
    assert_allclose(predicted, [skill(reader) for reader in readers], atol=1e-8)


def robust(value: list[float], count: list[list[float]], hits: list[list[float]]) -> Robustness:
    return dictionary_robustness(np.argsort(-np.array(value)), value, [0.2, 0.8], count, hits, seed=3)


def test_an_order_of_numbers_holds_for_every_reader() -> None:
    result = robust([3.0, 1.0, 2.0], np.zeros((3, 2)).tolist(), np.zeros((3, 2)).tolist())
    assert_array_equal(result.neighbours, [1, 1])
    assert (result.leader, result.whole, result.pairs) == (1, 1, 1)


def test_the_share_is_that_of_readers_who_would_keep_the_order() -> None:
    """One says "likely" and is right, the other has numbers worth .05: the order turns where d < 1 - .05^.5."""
    likely = 0.8
    value = [-((1 - likely) ** 2), -0.05]
    result = robust(value, [[0, 1], [0, 0]], [[0, 1], [0, 0]])
    readers = simulated_readers([0.2, 0.8], seed=3)[:, 1]
    expected = np.mean((1 - readers) ** 2 <= 0.05)
    assert 0.3 < expected < 0.9
    assert_allclose([result.neighbours[0], result.leader, result.whole, result.pairs], expected)


def test_two_with_the_same_words_tie_for_every_reader() -> None:
    count, hits = [[2.0, 5.0]] * 2, [[1.0, 4.0]] * 2
    result = robust([-0.2, -0.2], count, hits)
    assert_array_equal(result.neighbours, [1])
    assert result.whole == 1


def test_a_board_of_one_and_an_empty_board_have_no_order_to_lose() -> None:
    for value in ([], [0.5]):
        zeros = np.zeros((len(value), 2)).tolist() if value else np.zeros((0, 2))
        result = dictionary_robustness(np.arange(len(value)), value, [0.2, 0.8], zeros, zeros)
        assert (len(result.neighbours), result.leader, result.whole, result.pairs) == (0, 1, 1, 1)


def test_a_long_board_draws_its_pairs() -> None:
    rng = np.random.default_rng(0)
    count = rng.poisson(3, (400, 2)).astype(float)
    hits = rng.binomial(count.astype(int), 0.5).astype(float)
    value = -reader_sums([[0.2, 0.8]], count, hits)[0]
    result = dictionary_robustness(np.argsort(-value), value, [0.2, 0.8], count, hits, readers=50)
    order = np.argsort(-value)
    values = -reader_sums(simulated_readers([0.2, 0.8], readers=50), count[order], hits[order])
    above, below = np.triu_indices(400, 1)
    assert result.pairs == pytest.approx(np.mean(values[:, above] >= values[:, below] - 1e-9), abs=0.01)
