"""Difficulty-adjusted scores: comparison with plain least squares, and their properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from predictions.scoring.difficulty_adjustment import adjusted_brier
from predictions.scoring.intervals import mean_intervals


def by_least_squares(commentator: np.ndarray, question: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Dummy variables for all but the first commentator and for every question."""
    people, c = np.unique(commentator, return_inverse=True)
    asked, q = np.unique(question, return_inverse=True)
    design = np.zeros((len(scores), len(people) + len(asked)))
    design[np.arange(len(scores)), c] = 1
    design[np.arange(len(scores)), len(people) + q] = 1
    solution = np.append(0, np.linalg.lstsq(design[:, 1:], scores, rcond=None)[0])
    return solution[: len(people)] + solution[len(people) :].mean()


def panel(people: int, questions: int, share: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    answered = rng.random((people, questions)) < share
    answered[:, 0] = True  # one question that all answered keeps the panel connected
    c, q = np.nonzero(answered)
    scores = np.clip(0.02 * c + rng.uniform(0, 0.5, questions)[q] + rng.normal(0, 0.05, len(c)), 0, 1)
    return c * 7 + 3, q, scores


@given(st.integers(4, 600), st.integers(1, 5), st.floats(0, 1))
@settings(deadline=None)
def test_where_all_have_the_same_score_everywhere_it_is_the_adjusted_score(
    people: int, asked: int, score: float
) -> None:
    c, q = np.repeat(np.arange(people), asked), np.tile(np.arange(asked), people)
    assert_allclose(adjusted_brier(c, q, np.full(people * asked, score)).adjusted, score, atol=1e-12)


@given(st.integers(0, 1000), st.integers(7, 10), st.integers(8, 25))
@settings(deadline=None)
def test_the_direct_solution_equals_least_squares_with_dummy_variables(seed: int, people: int, questions: int) -> None:
    c, q, scores = panel(people, questions, 0.9, seed)
    result = adjusted_brier(c, q, scores)
    assert_array_equal(result.component, 0)
    assert_allclose(result.adjusted, by_least_squares(c, q, scores), atol=1e-9)


def test_with_every_question_answered_by_all_the_adjusted_score_is_the_mean() -> None:
    c, q, scores = panel(6, 30, 1.1, seed=2)
    assert_allclose(adjusted_brier(c, q, scores).adjusted, scores.reshape(6, 30).mean(axis=1), atol=1e-12)


def test_choosing_easy_questions_buys_nothing() -> None:
    """All are equally good; the first answers only easy questions, the second only hard ones, the rest all."""
    difficulty = np.repeat([0.05, 0.35], 20)
    answered = np.ones((6, 40), dtype=bool)
    answered[0, 20:] = False
    answered[1, :20] = False
    c, q = np.nonzero(answered)
    result = adjusted_brier(c, q, difficulty[q])
    assert_allclose(result.adjusted, 0.2, atol=1e-12)


def test_always_fifty_percent_on_every_question_earns_a_quarter() -> None:
    c, q, scores = panel(6, 50, 0.8, seed=3)
    c, q, scores = np.append(c, np.full(50, 1)), np.append(q, np.arange(50)), np.append(scores, np.full(50, 0.25))
    result = adjusted_brier(c, q, scores)
    assert result.commentator[0] == 1
    assert result.adjusted[0] == pytest.approx(0.25, abs=1e-12)


def test_components_are_fitted_apart_and_the_first_has_the_most_answers() -> None:
    small, large = panel(5, 12, 0.95, seed=4), panel(5, 30, 0.95, seed=5)
    c = np.concatenate([small[0], large[0] + 1000])
    q = np.concatenate([small[1], large[1] + 1000])
    result = adjusted_brier(c, q, np.concatenate([small[2], large[2]]))
    assert_array_equal(result.component, [1] * 5 + [0] * 5)
    assert_allclose(result.adjusted[:5], adjusted_brier(*small).adjusted)
    assert_allclose(result.adjusted[5:], adjusted_brier(*large).adjusted)


def test_a_chain_of_shared_questions_is_one_component() -> None:
    people = 40
    c = np.repeat(np.arange(people), 2)
    q = np.stack([np.arange(people), np.arange(people) + 1], axis=1).ravel()
    shuffled = np.random.default_rng(1).permutation(people)
    assert_array_equal(adjusted_brier(shuffled[c], q, np.zeros(len(c))).component, 0)
    apart = adjusted_brier(c[c != 20], q[c != 20], np.zeros(len(c) - 2))
    assert_array_equal(np.bincount(apart.component), [20, 19])


def test_where_most_questions_have_under_four_answers_there_is_no_adjusted_score() -> None:
    c, q, scores = panel(3, 30, 0.95, seed=6)
    assert np.all(np.isnan(adjusted_brier(c, q, scores).adjusted))
    assert len(adjusted_brier([], [], []).adjusted) == 0


def test_two_scores_on_one_question_are_refused() -> None:
    with pytest.raises(ValueError, match="two scores"):
        adjusted_brier([1, 1], [5, 5], [0.1, 0.2])


def test_with_thousands_of_questions_the_residuals_add_up_to_nothing() -> None:
    c, q, scores = panel(8, 3000, 0.8, seed=7)
    order = np.random.default_rng(1).permutation(len(c))
    result = adjusted_brier(c[order], q[order], scores[order])
    a = result.adjusted
    # At the solution the residuals of every commentator and of every question add up to nothing.
    place = (c - 3) // 7
    g = np.bincount(q, scores - a[place]) / np.bincount(q)
    residuals = scores - a[place] - g[q]
    assert_allclose(np.bincount(place, residuals), 0, atol=1e-9)
    assert abs(g.mean()) < 1e-12
    assert_array_equal(result.adjusted, adjusted_brier(c, q, scores).adjusted)


def test_equal_scores_on_equal_questions_earn_the_same_to_the_bit() -> None:
    c, q, scores = panel(9, 40, 0.7, seed=8)
    twin = c == c[0]
    c, q, scores = np.append(c, np.full(twin.sum(), 999)), np.append(q, q[twin]), np.append(scores, scores[twin])
    adjusted = adjusted_brier(c, q, scores).adjusted
    assert adjusted[0] == adjusted[-1]


def test_ten_thousand_commentators_are_solved_without_a_matrix() -> None:
    rng = np.random.default_rng(9)
    c, q = np.repeat(np.arange(10_000), 10), np.concatenate([rng.permutation(500)[:10] for _ in range(10_000)])
    true, hard = rng.normal(0, 0.02, 10_000), rng.uniform(0.1, 0.3, 500)
    result = adjusted_brier(c, q, true[c] + hard[q])
    assert_allclose(result.adjusted, true + hard.mean(), atol=1e-10)


def test_what_each_row_makes_of_the_score_has_the_score_as_its_mean_and_nothing_where_one_is_alone() -> None:
    c, q, scores = panel(6, 30, 0.7, seed=5)
    c, q, scores = np.append(c, 3), np.append(q, 99), np.append(scores, 0.7)
    order = np.random.default_rng(0).permutation(len(c))
    result = adjusted_brier(c[order], q[order], scores[order])
    by_row = np.empty(len(c))
    by_row[order] = result.by_row
    assert np.isnan(by_row[-1])
    assert not np.isnan(by_row[:-1]).any()
    means = [by_row[:-1][c[:-1] == who].mean() for who in result.commentator]
    assert_allclose(means, result.adjusted, atol=1e-12)


def test_nine_intervals_in_ten_hold_the_true_difference_to_the_others_though_events_hang_together() -> None:
    rng, held, tried = np.random.default_rng(8), 0, 0
    people, events, each = 12, 30, 3
    for _ in range(60):
        answered = rng.random((people, events * each)) < 0.6
        c, q = np.nonzero(answered)
        skill, hard = rng.normal(0, 0.03, people), rng.uniform(0.1, 0.5, events * each)
        shared = np.repeat(rng.normal(0, 0.05, (people, events)), each, axis=1)
        scores = skill[c] + hard[q] + shared[c, q] + rng.normal(0, 0.05, len(c))
        result = adjusted_brier(c, q, scores)
        found = mean_intervals(c, q // each, result.by_row, least=-np.inf, most=np.inf)
        true = skill - skill.mean() + result.adjusted.mean()
        held += int(((found.low <= true) & (true <= found.high)).sum())
        tried += people
    assert 0.86 < held / tried < 0.94
