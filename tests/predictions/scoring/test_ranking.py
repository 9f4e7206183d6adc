"""The default ranking: its properties, and the numbers of the worked example."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from benchmarks.ranking_simulation import simulate, spearman
from predictions.scoring.ranking import BLEND, LARGEST_SIGMA, Ranking, Status, event_scores, rank_commentators

ARRAYS = [name for name in Ranking.__dataclass_fields__ if name != "sigma"]


def board(rows: list[tuple[int, int, int, float, float]], **options: Any) -> Ranking:
    """Rows of commentator, event, type of reference, score, score of the reference."""
    commentator, event, kind, scores, reference = np.array(rows, dtype=float).reshape(-1, 5).T
    return rank_commentators(commentator.astype(int), event.astype(int), kind.astype(int), scores, reference, **options)


def records(gains: dict[int, list[float]]) -> list[tuple[int, int, int, float, float]]:
    """One question per event: the gain of each commentator on a reference of 0.5, in Brier."""
    return [(who, 100 * who + at, 0, 0.5 - gain, 0.5) for who, own in gains.items() for at, gain in enumerate(own)]


A = [0.20, 0.10, 0.05, 0.15, -0.05, 0.20, 0.10, 0.05, 0.15, 0.05]
B = [0.25, 0.30, 0.20]
C = [-0.10, 0.05, -0.20, 0.10, -0.15, 0, -0.05, -0.10, 0.05, -0.10, 0, -0.10]
D = [0.05, 0.10, -0.10, 0.15, 0.05, -0.05, 0.10, 0.02]


def test_the_worked_example() -> None:
    """Shrunk means .05841, .06322, .01753, .04359 around .044545; half-widths .02147, .02364, .02095, .02203."""
    result = board(records({1: A, 2: B, 3: C, 4: D}))
    assert_array_equal(result.commentator, [1, 2, 3, 4])
    assert_array_equal(result.events, [10, 3, 12, 8])
    assert result.sigma == pytest.approx(100 * np.sqrt(0.006814), rel=1e-4)
    assert_allclose(result.skill, 100 * (np.array([0.05841, 0.06322, 0.01753, 0.04359]) - 0.044545), atol=6e-4)
    half_widths = [2.147, 2.364, 2.095, 2.203]
    assert_allclose(result.skill - result.skill_low, half_widths, atol=6e-4)
    assert_allclose(result.skill_high - result.skill, half_widths, atol=6e-4)
    assert_array_equal(result.status, [Status.PROVISIONAL, Status.TOO_FEW, Status.PROVISIONAL, Status.TOO_FEW])
    assert_array_equal(result.rank, [1, 0, 2, 0])
    assert_array_equal(result.tier, [1, 0, 2, 0])  # P(A better than C) = .98751
    assert_array_equal(result.commentator[result.order], [1, 3, 4, 2])


def test_commentators_share_a_tier_where_the_difference_could_be_luck() -> None:
    """Skills of +-g/2 each with variance v: the difference is luck up to 1.2816 sqrt(2 v)."""
    noise = np.resize([10, -10], 30) / 100
    for difference, tier in ((0.045, 1), (0.050, 2)):
        result = board(records({1: list(noise + difference), 2: list(noise)}))
        luck = 1.28155 * np.sqrt(2 * result.sigma**2 / 60)
        assert (result.skill[0] - result.skill[1] > luck) == (tier == 2)
        assert_array_equal(result.tier, [1, tier])
        assert_array_equal(result.rank, [1, 2])


def test_a_tier_begins_at_the_first_whom_its_leader_beats() -> None:
    noise = np.resize([5, -5], 30) / 100
    result = board(records({who: list(noise - 0.02 * who) for who in range(1, 8)}))
    luck = 1.28155 * np.sqrt(2 * result.sigma**2 / 60)
    difference = result.skill[0] - result.skill[1]
    assert difference < luck < 2 * difference
    assert_array_equal(result.tier, [1, 1, 2, 2, 3, 3, 4])


@pytest.mark.parametrize(
    ("events", "status"),
    [(9, Status.TOO_FEW), (10, Status.PROVISIONAL), (29, Status.PROVISIONAL), (30, Status.ESTABLISHED)],
)
def test_ranked_from_ten_events_and_established_from_thirty(events: int, status: Status) -> None:
    result = board(records({1: [0.1] * events}))
    assert result.status[0] == status
    assert (result.rank[0] > 0) == (status != Status.TOO_FEW)


def test_twelve_questions_of_one_election_are_one_event() -> None:
    rows = [(1, 5, 0, 0.1, 0.3)] * 12
    result = board(rows)
    assert (result.questions[0], result.events[0], result.status[0]) == (12, 1, Status.TOO_FEW)


def test_questions_of_one_event_are_averaged() -> None:
    cells = event_scores([1, 1, 1, 2], [7, 7, 8, 7], [0, 0, 0, 0], [0.1, 0.3, 0.2, 0.5], [0.3, 0.3, 0.3, 0.3])
    mean = (20 + 0 + 10 - 20) / 4
    assert_array_equal(cells.person, [0, 0, 1])
    assert_allclose(cells.points, [10 - mean, 10 - mean, -20 - mean])
    assert_array_equal(cells.questions, [3, 1])


def test_a_harder_type_of_reference_neither_helps_nor_harms() -> None:
    rng = np.random.default_rng(4)
    rows = [(i % 6, i, i % 2, rng.uniform(0, 0.6), 0.3) for i in range(360)]
    harder = [(who, event, kind, own, ref - 0.1 * kind) for who, event, kind, own, ref in rows]
    assert_allclose(board(rows).skill, board(harder).skill, atol=1e-9)


def test_types_of_reference_with_few_pairs_are_centred_together() -> None:
    """Two rows of one type and three of another, all gaining 10 points, join the next type rather than vanish."""
    rows = [(1, i, 1, 0.2, 0.3) for i in range(2)] + [(1, 10 + i, 2, 0.2, 0.3) for i in range(3)]
    rows += [(2, 100 + i, 3, 0.3, 0.3) for i in range(45)]
    result = board(rows)
    mean = 5 * 10 / 50
    assert_allclose(result.skill, [5 * (10 - mean) / 35, -45 * mean / 75])
    enough = [(3, 200 + i, 1, 0.2, 0.3) for i in range(28)]
    assert_allclose(board(rows + enough).skill[2], 0, atol=1e-9)  # now thirty rows of type 1 centre themselves


def test_a_reference_forecast_is_shown_and_changes_nothing_for_people() -> None:
    rng = np.random.default_rng(4)
    rows = [(i % 4, i % 20, 0, rng.uniform(0, 0.6), 0.3) for i in range(80)]
    even = [(9, event, 0, 0.25, 0.3) for event in range(20)]
    alone, with_reference = board(rows), board(rows + even, reference_forecasts=[9])
    for name in ("skill", "skill_low", "skill_high", "rank", "rank_low", "rank_high", "tier", "status"):
        assert_array_equal(getattr(with_reference, name)[:4], getattr(alone, name), err_msg=name)
    assert (with_reference.status[4], with_reference.rank[4], with_reference.tier[4]) == (
        Status.REFERENCE_FORECAST,
        0,
        0,
    )
    assert_allclose(with_reference.skill[4], 20 * (5 - 100 * (0.3 - np.mean([r[3] for r in rows]))) / 50)


def test_equal_skill_shares_a_rank_and_the_next_rank_is_left_out() -> None:
    result = board(records({4: A, 2: A, 9: C, 5: [0.3] * 10}))
    assert_array_equal(result.commentator, [2, 4, 5, 9])
    assert_array_equal(result.rank, [2, 2, 1, 4])
    assert_array_equal(result.commentator[result.order], [5, 2, 4, 9])


# Edges


def test_an_empty_board() -> None:
    result = board([])
    assert all(len(getattr(result, name)) == 0 for name in ARRAYS)
    assert result.sigma == LARGEST_SIGMA


def test_a_single_commentator_is_average_with_a_wide_interval() -> None:
    result = board(records({1: A * 3}))
    assert (result.rank[0], result.rank_low[0], result.rank_high[0], result.tier[0]) == (1, 1, 1, 1)
    assert result.skill[0] == pytest.approx(0)
    assert result.skill_low[0] < 0 < result.skill_high[0]


def test_where_nobody_has_two_events_the_largest_spread_is_used() -> None:
    result = board([(1, 1, 0, 0.1, 0.3), (2, 1, 0, 0.2, 0.3)])
    assert result.sigma == LARGEST_SIGMA
    assert_allclose(result.skill_high - result.skill, 1.645 * 100 / np.sqrt(1 + BLEND))


def test_all_alike_share_the_first_place_and_the_first_tier() -> None:
    result = board(records({who: [0.1] * 12 for who in range(5)}))
    for name in ("rank", "rank_low", "rank_high", "tier"):
        assert_array_equal(getattr(result, name), np.ones(5))
    assert_allclose(result.skill, 0, atol=1e-12)


# Laws

score = st.floats(0, 1)
few_pairs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 25), st.integers(0, 2), score, score), max_size=40)
many_pairs = st.integers(0, 10**6).map(lambda seed: noisy_field(people=4, events=40, seed=seed))
pairs = st.tuples(few_pairs, many_pairs, st.booleans()).map(lambda parts: parts[0] + parts[1] * parts[2])


@given(pairs, st.integers(0, 99))
def test_the_order_of_arrival_changes_not_one_bit(rows: list[tuple[int, int, int, float, float]], seed: int) -> None:
    shuffled = [rows[i] for i in np.random.default_rng(seed).permutation(len(rows))]
    first, second = board(rows, draws=20), board(shuffled, draws=20)
    for name in ARRAYS:
        assert_array_equal(getattr(first, name), getattr(second, name), err_msg=name)
    assert first.sigma == second.sigma


@given(pairs, st.integers(0, 3))
def test_two_with_the_same_forecasts_tie_in_everything(
    rows: list[tuple[int, int, int, float, float]], who: int
) -> None:
    twin = [(77, *row[1:]) for row in reversed(rows) if row[0] == who]
    result = board(rows + twin, draws=20)
    if twin:
        place = int(np.flatnonzero(result.commentator == who)[0])
        for name in ARRAYS:
            if name not in ("commentator", "order"):
                assert getattr(result, name)[place] == getattr(result, name)[-1], name


@given(pairs)
def test_ranks_tiers_and_ranges_agree_with_skill(rows: list[tuple[int, int, int, float, float]]) -> None:
    result = board(rows, draws=20)
    assert np.all((result.skill_low <= result.skill) & (result.skill <= result.skill_high))
    assert np.all((result.rank_low <= result.rank) & (result.rank <= result.rank_high))
    listed = result.order[result.rank[result.order] > 0]
    assert np.all(np.diff(result.skill[listed]) <= 0)
    assert np.all(np.isin(np.diff(result.tier[listed]), [0, 1]))
    assert sorted(result.order.tolist()) == list(range(len(result.commentator)))


@given(st.lists(st.tuples(score, score), min_size=3, max_size=12), st.integers(0, 99))
def test_within_one_event_too_the_order_changes_not_one_bit(rows: list[tuple[float, float]], seed: int) -> None:
    scores, reference = np.array(rows).T
    order = np.random.default_rng(seed).permutation(len(rows))
    same = np.zeros(len(rows), dtype=int)
    first = event_scores(same, same, same, scores, reference)
    assert_array_equal(first.points, event_scores(same, same, same, scores[order], reference[order]).points)


# Rank ranges


def noisy_field(people: int, events: int, seed: int) -> list[tuple[int, int, int, float, float]]:
    rng = np.random.default_rng(seed)
    luck = rng.normal(0, 0.1, events)
    return [
        (who, event, 0, float(np.clip(0.3 + luck[event] + rng.normal(0.01 * who, 0.1), 0, 1)), 0.3)
        for who in range(people)
        for event in range(events)
        if rng.random() < 0.7
    ]


def test_rank_ranges_equal_a_dense_bootstrap_over_events() -> None:
    rows = noisy_field(people=8, events=40, seed=1)
    result = board(rows, draws=200, seed=5)
    cells = event_scores(*np.array(rows).T[[0, 1, 2, 3, 4]])
    points, answered = np.zeros((40, 8)), np.zeros((40, 8))
    points[cells.event, cells.person], answered[cells.event, cells.person] = cells.points, 1
    rng = np.random.default_rng(5)
    weights = np.array([rng.poisson(1.0, 40) for _ in range(200)])
    skill = weights @ points / (weights @ answered + BLEND)
    ranks = 1 + (skill[:, None, :] > skill[:, :, None] + 1e-9).sum(axis=2)
    low, high = np.quantile(ranks, [0.05, 0.95], axis=0, method="inverted_cdf")
    assert np.all(np.abs(np.minimum(low, result.rank) - result.rank_low) <= 1)
    assert_array_equal(np.maximum(high, result.rank), result.rank_high)


def test_shared_luck_does_not_blur_a_rank() -> None:
    """Two who answer the same events, one always a little better: common shocks cancel in every draw."""
    rng = np.random.default_rng(3)
    shocks = rng.normal(0, 0.2, 20).clip(-0.4, 0.4)
    rows = [(who, event, 0, 0.45 + shocks[event] + 0.01 * who, 0.5) for event in range(20) for who in (0, 1)]
    result = board(rows)
    assert_array_equal(result.rank_low, [1, 2])
    assert_array_equal(result.rank_high, [1, 2])
    assert_array_equal(result.tier, [1, 1])  # the tier rule uses the interval of each record alone


def test_rank_ranges_come_from_the_seed_and_can_be_left_out() -> None:
    rows = noisy_field(people=12, events=30, seed=2)
    first, again, without = board(rows, seed=1), board(rows, seed=1), board(rows, draws=0)
    assert_array_equal(first.rank_high, again.rank_high)
    assert np.any(first.rank_high > first.rank)
    assert_array_equal(without.rank_low, without.rank)


# Does it find true skill?


def test_the_default_ranking_finds_true_skill_better_than_the_raw_brier_score() -> None:
    """With invented commentators whose skill is known; over 100 replications .344 against .277."""
    raw, default = simulate(replications=30, seed=1).T
    assert default.mean() > raw.mean() + 0.03
    assert np.mean(default > raw) > 0.6


def test_rank_correlation_takes_ties_at_their_mean_rank() -> None:
    assert spearman(np.array([1.0, 2, 3]), np.array([10.0, 20, 30])) == pytest.approx(1)
    # Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: covariance 4.5 over the root of 4.5 times 5.
    assert spearman(np.array([1.0, 2, 2, 3]), np.array([1.0, 2, 3, 4])) == pytest.approx(4.5 / np.sqrt(4.5 * 5))
