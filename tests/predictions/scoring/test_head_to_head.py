"""Two commentators on the questions that both answered."""

from itertools import pairwise
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from predictions.scoring.head_to_head import PROVEN, compare, e_values, one_after_another, sign_flip_test

P = np.array([0.8, 0.7, 0.9, 0.2, 0.6, 0.1, 0.85, 0.3, 0.75, 0.9])
Q = np.array([0.6, 0.6, 0.5, 0.4, 0.5, 0.3, 0.6, 0.5, 0.5, 0.7])
Y = np.array([1, 1, 1, 0, 0, 0, 1, 0, 1, 1])
TEN = np.arange(10)


def test_the_worked_example() -> None:
    """Mean difference .1085 with SD .093178; ten of the 1,024 flips are as extreme."""
    result = compare(TEN, TEN, (P - Y) ** 2, TEN, (Q - Y) ** 2)
    assert (result.questions, result.events, result.enough) == (10, 10, True)
    assert result.difference == pytest.approx(0.1085)
    assert result.p_value == 10 / 1024
    reach = 1.833113 * 0.093178 / np.sqrt(10)
    assert (result.low, result.high) == pytest.approx((0.1085 - reach, 0.1085 + reach), abs=2e-6)


def test_only_questions_that_both_answered_are_compared() -> None:
    extra = compare(
        np.append(TEN, [50, 51]),
        np.append(TEN, [50, 51]),
        np.append((P - Y) ** 2, [1, 1]),
        TEN[::-1],
        (Q - Y)[::-1] ** 2,
    )
    assert extra == compare(TEN, TEN, (P - Y) ** 2, TEN, (Q - Y) ** 2)


def test_under_ten_shared_events_there_is_no_comparison() -> None:
    events = np.minimum(TEN, 8)
    result = compare(TEN, events, (P - Y) ** 2, TEN, (Q - Y) ** 2)
    assert (result.questions, result.events, result.enough) == (10, 9, False)
    assert (result.difference, result.low, result.high, result.p_value) == (None, None, None, None)
    nothing = compare([], [], [], TEN, (Q - Y) ** 2)
    assert (nothing.questions, nothing.events) == (0, 0)


def test_asking_one_event_twice_adds_no_evidence() -> None:
    once = compare(TEN, TEN, (P - Y) ** 2, TEN, (Q - Y) ** 2)
    twice = np.arange(20)
    again = compare(twice, twice % 10, np.tile((P - Y) ** 2, 2), twice, np.tile((Q - Y) ** 2, 2))
    assert again.questions == 20
    assert again.difference == pytest.approx(once.difference)
    assert again.p_value == once.p_value


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=10, max_size=13))
def test_turning_the_pair_round_turns_the_sign_only(rows: list[tuple[float, float]]) -> None:
    mine, other = np.array(rows).T
    places = np.arange(len(rows))
    one, two = compare(places, places, mine, places, other), compare(places, places, other, places, mine)
    assert one.difference is not None
    assert two.difference is not None
    assert one.low is not None
    assert two.high is not None
    assert one.difference == pytest.approx(-two.difference, abs=1e-12)
    assert one.low == pytest.approx(-two.high, abs=1e-12)
    assert one.p_value == two.p_value


def test_the_same_forecasts_show_no_difference() -> None:
    result = compare(TEN, TEN, (P - Y) ** 2, TEN, (P - Y) ** 2)
    assert (result.difference, result.low, result.high, result.p_value) == (0, 0, 0, 1)


def test_drawn_flips_agree_with_all_flips() -> None:
    rng = np.random.default_rng(0)
    differences = rng.normal(0.1, 0.3, 15)
    bits = (np.arange(2**15)[:, None] >> np.arange(15)) & 1
    exact = np.mean(np.abs((1 - 2 * bits) @ differences) >= abs(differences.sum()) - 1e-12)
    assert sign_flip_test(differences, draws=20_000) == pytest.approx(exact, abs=0.01)
    assert sign_flip_test(differences, seed=3) == sign_flip_test(differences, seed=3)
    assert sign_flip_test(np.ones(60), draws=999) == 1 / 1000


def test_e_values_of_the_worked_example() -> None:
    running = [1.0714, 1.1126, 1.2716, 1.3624, 1.2867, 1.3671, 1.4850, 1.6088, 1.7696, 1.8802]
    assert_allclose(e_values(P, Q, Y, TEN, TEN), running, atol=6e-5)
    assert e_values(Q, P, Y, TEN, TEN)[-1] == pytest.approx(0.4970, abs=6e-5)


def test_e_values_follow_the_order_in_which_outcomes_became_known() -> None:
    names = np.array(["k", "a", "c", "b", "z", "y", "x", "d", "e", "f"])
    assert_allclose(e_values(P, Q, Y, names, TEN * 1000), e_values(P, Q, Y, TEN, TEN))
    assert_allclose(e_values(P[::-1], Q[::-1], Y[::-1], TEN[::-1], TEN[::-1]), e_values(P, Q, Y, TEN, TEN))


def test_evidence_is_averaged_within_an_event() -> None:
    single = [e_values(P[[i]], Q[[i]], Y[[i]], [0], [0])[0] for i in range(3)]
    assert_allclose(e_values(P[:3], Q[:3], Y[:3], [1, 1, 2], [5, 9, 12]), np.cumprod([np.mean(single[:2]), single[2]]))


def test_equal_and_certain_forecasts_carry_no_evidence_and_certain_errors_all_of_it() -> None:
    assert_allclose(e_values([0, 1, 0.5], [0, 1, 0.5], [1, 1, 0], [1, 2, 3], [1, 2, 3]), [1, 1, 1])
    assert_allclose(e_values([1.0], [0.0], [0], [1], [1]), [0.5])
    assert_allclose(e_values([5e-324], [0.0], [1], [1], [1]), [1])
    assert len(e_values([], [], [], [], [])) == 0


@given(st.floats(0, 1), st.floats(0, 1), st.floats(-0.5, 1))
def test_without_an_advantage_the_expected_evidence_is_at_most_one(p: float, q: float, share: float) -> None:
    """Wherever q is at least as near to the truth as p."""
    truth = q + share * (q - p)
    if 0 <= truth <= 1:
        yes, no = (e_values([p], [q], [outcome], [0], [0])[0] for outcome in (1, 0))
        assert truth * yes + (1 - truth) * no <= 1 + 1e-12


def test_checking_every_day_raises_few_false_alarms() -> None:
    rng = np.random.default_rng(6)
    alarms = 0
    for _ in range(300):
        truth = rng.uniform(0.1, 0.9, 100)
        p, q = (np.clip(truth + rng.normal(0, 0.15, 100), 0.02, 0.98) for _ in range(2))
        steps = np.arange(100)
        alarms += bool(e_values(p, q, (rng.random(100) < truth).astype(int), steps, steps).max() >= PROVEN)
    assert alarms / 300 <= 0.05


def test_events_are_taken_when_the_one_before_was_known() -> None:
    begun, known = [0, 1, 10, 12, 30], [10, 2, 20, 13, 40]
    assert one_after_another([1, 2, 3, 4, 5], begun, known).tolist() == [True, False, True, False, True]
    assert one_after_another([], [], []).tolist() == []


def test_an_event_is_open_from_its_first_question_to_its_last_outcome() -> None:
    event, begun, known = [1, 1, 2, 3], [0, 5, 6, 8], [3, 7, 9, 9]
    assert one_after_another(event, begun, known).tolist() == [True, True, False, True]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 50), st.integers(1, 20)), max_size=30))
def test_events_that_are_taken_never_overlap_whatever_their_order(rows: list[tuple[int, int, int]]) -> None:
    event, begun, length = (np.array([row[at] for row in rows], dtype=np.int64) for at in range(3))
    taken = one_after_another(event, begun, begun + length)
    spans = sorted(
        (begun[event == name].min(), (begun + length)[event == name].max()) for name in np.unique(event[taken])
    )
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    turned = one_after_another(event[::-1], begun[::-1], (begun + length)[::-1])
    assert turned[::-1].tolist() == taken.tolist()
    assert bool(taken.any()) == bool(rows)


def test_many_shared_events_are_tested_in_parts() -> None:
    rng = np.random.default_rng(1)
    differences = rng.normal(0.02, 1, 3000)
    expected = 2 * (1 - NormalDist(0, float(np.sqrt((differences**2).sum()))).cdf(abs(differences.sum())))
    assert sign_flip_test(differences) == pytest.approx(expected, abs=0.02)
