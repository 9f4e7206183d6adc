"""Intervals of a mean Brier score: questions of one event are one piece of evidence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from predictions.scoring.intervals import OWN_SPREAD_FROM, RunningMean, mean_intervals, t_quantile_95
from predictions.scoring.units import SCALE


def test_the_t_quantile_agrees_with_published_tables() -> None:
    published = {
        1: 6.314,
        2: 2.920,
        3: 2.353,
        5: 2.015,
        9: 1.833,
        10: 1.812,
        15: 1.753,
        20: 1.725,
        30: 1.697,
        60: 1.671,
    }
    published |= {120: 1.658, 10**6: 1.645}
    assert_allclose(t_quantile_95(list(published)), list(published.values()), atol=5.1e-4)


def test_the_worked_example_of_a_clustered_error() -> None:
    """Six values in events of 3, 2 and 1: naive error .06021, clustered .10483; here ten times over, in new events."""
    values, events = np.array([0.5, 0.5, 0.5, 0.2, 0.2, 0.35]), np.array([0, 0, 0, 1, 1, 2])
    scores, event = np.tile(values, 10), np.concatenate([events + 3 * copy for copy in range(10)])
    result = mean_intervals(np.ones(60, dtype=int), event, scores)
    assert (result.questions[0], result.events[0], bool(result.pooled[0])) == (60, 30, False)
    assert result.mean[0] == pytest.approx(0.375)
    # .10483^2 = (3/2) S / 6^2 for the sum of squares S of one copy; with ten copies it is (30/29) 10 S / 60^2.
    error = np.sqrt(30 / 29 * 10 * (0.10483**2 * 36 * 2 / 3) / 3600)
    assert result.high[0] - result.mean[0] == pytest.approx(1.699127 * error, rel=1e-4)
    assert result.mean[0] - result.low[0] == pytest.approx(1.699127 * error, rel=1e-4)


def test_asking_the_same_again_adds_no_evidence() -> None:
    rng = np.random.default_rng(1)
    scores, event = rng.random(20), np.arange(20)
    once = mean_intervals(np.ones(20, dtype=int), event, scores)
    thrice = mean_intervals(np.ones(60, dtype=int), np.tile(event, 3), np.tile(scores, 3))
    assert_allclose([thrice.mean, thrice.low, thrice.high], [once.mean, once.low, once.high], atol=1e-12)
    as_if_apart = mean_intervals(np.ones(60, dtype=int), np.arange(60), np.tile(scores, 3))
    assert as_if_apart.high[0] - as_if_apart.low[0] < 0.6 * (once.high[0] - once.low[0])


def test_few_events_take_the_spread_that_commentators_have_in_general() -> None:
    rng = np.random.default_rng(2)
    commentator = np.repeat([1, 2, 3], [40, 40, 2])
    scores = np.concatenate([rng.choice([0.1, 0.5], 80), [0.2, 0.2]])
    result = mean_intervals(commentator, np.arange(82), scores)
    assert_array_equal(result.pooled, [False, False, True])
    assert result.high[2] - result.mean[2] == pytest.approx(1.664 * 0.2 / np.sqrt(2), rel=0.05)


def test_one_event_has_an_interval_from_the_pooled_spread() -> None:
    result = mean_intervals([1] * 12 + [2], [*range(12), 3], [0.1, 0.3] * 6 + [0.2])
    assert (result.events[1], bool(result.pooled[1])) == (1, True)
    assert result.high[1] - result.mean[1] == pytest.approx(t_quantile_95(11) * np.sqrt(0.12 / 11))
    assert result.low[1] == pytest.approx(max(0.2 - t_quantile_95(11) * np.sqrt(0.12 / 11), 0))


def test_one_event_of_one_commentator_says_nothing() -> None:
    result = mean_intervals([1], [1], [0.04])
    assert (result.mean[0], result.low[0], result.high[0]) == (0.04, 0, 1)


def test_nobody_has_no_interval_and_what_has_no_bounds_none_from_one_event() -> None:
    assert len(mean_intervals([], [], []).mean) == 0
    unbounded = mean_intervals([1], [1], [0.04], least=-np.inf, most=np.inf)
    assert (unbounded.mean[0], np.isnan(unbounded.low[0]), np.isnan(unbounded.high[0])) == (0.04, True, True)
    one_sided = mean_intervals([1, 1], [1, 2], [0.9, -3.0], least=-np.inf)
    assert (bool(one_sided.low[0] < -3), one_sided.high[0]) == (True, 1)


rows = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 15), st.floats(0, 1)), min_size=1, max_size=80)


@given(rows, st.integers(0, 99))
def test_intervals_hold_the_mean_stay_on_the_scale_and_ignore_the_order(
    rows: list[tuple[int, int, float]], seed: int
) -> None:
    commentator, event, scores = np.array(rows).T
    result = mean_intervals(commentator, event, scores)
    assert np.all((result.low >= 0) & (result.low <= result.mean + 1e-12))
    assert np.all((result.mean <= result.high + 1e-12) & (result.high <= 1))
    order = np.random.default_rng(seed).permutation(len(rows))
    shuffled = mean_intervals(commentator[order], event[order], scores[order])
    for name in ("mean", "low", "high"):
        assert_array_equal(getattr(result, name), getattr(shuffled, name))


@pytest.mark.parametrize("events", [5, OWN_SPREAD_FROM + 5])
def test_nine_intervals_in_ten_hold_the_true_mean_though_events_hang_together(events: int) -> None:
    rng = np.random.default_rng(7)
    people, each = 2000, 4
    shock = np.repeat(rng.normal(0, 0.08, (people, events)), each, axis=1)
    scores = 0.4 + shock + rng.normal(0, 0.05, (people, events * each))
    commentator = np.repeat(np.arange(people), events * each)
    event = np.tile(np.repeat(np.arange(events), each), people)
    result = mean_intervals(commentator, event, scores.ravel())
    assert 0.87 < np.mean((result.low <= 0.4) & (result.high >= 0.4)) < 0.93


@given(st.lists(st.tuples(st.integers(0, 14), st.integers(0, SCALE), st.booleans()), max_size=60))
def test_a_running_mean_has_the_interval_of_what_is_left_whatever_came_and_went(
    rows: list[tuple[int, int, bool]],
) -> None:
    running = RunningMean()
    for event, value, _ in rows:
        running.shift(str(event), value, 1)
    for event, value, stays in rows:
        if not stays:
            running.shift(str(event), value, -1)
    left = [(event, value / SCALE) for event, value, stays in rows if stays]
    assert running.count == len(left)
    found = running.interval(SCALE)
    if len({event for event, _ in left}) < OWN_SPREAD_FROM:
        assert found is None
        return
    wanted = mean_intervals([1] * len(left), [event for event, _ in left], [value for _, value in left])
    assert found == pytest.approx((wanted.low[0], wanted.high[0]), abs=1e-9)
