"""The reliability diagram: published vectors, the exact decomposition, and the band of chance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import ArrayLike

from predictions.scoring.calibration import (
    GRID,
    MIN_PREDICTIONS,
    Decomposition,
    _decomposed,
    _isotonic,
    _pooled,
    calibration,
)

VEC10_P = [0.9, 0.7, 0.6, 0.2, 0.1, 0.4, 0.8, 0.3, 0.5, 0.9]
VEC10_Y = [1, 1, 0, 0, 0, 1, 1, 0, 1, 0]
SEVEN_P = [0.1923, 0.9532, 0.8834, 0.2420, 0.0521, 0.6787, 0.4321]
SEVEN_Y = [0, 1, 1, 0, 0, 0, 1]
GROUPS_P = [0.1] * 5 + [0.3] * 5 + [0.7] * 5 + [0.9] * 5
GROUPS_Y = [0, 0, 0, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1]


def decompose(p: ArrayLike, outcome: ArrayLike) -> Decomposition:
    """The parts of the mean Brier score, also of fewer predictions than a diagram needs."""
    values, count, hits = _pooled(p, outcome)
    return _decomposed(values, count, hits, _isotonic(count, hits))


samples = st.lists(st.tuples(st.integers(0, 20).map(lambda step: step / 20), st.booleans()), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("p", "outcome", "parts"),
    [
        (VEC10_P, VEC10_Y, (0.206, 0.064333, 0.108333, 0.25)),
        (SEVEN_P, SEVEN_Y, (0.128170, 0.056741, 0.173469, 0.244898)),
        (GROUPS_P, GROUPS_Y, (0.17, 0.01, 0.0875, 0.2475)),
        ([0.7, 0.7, 0.7, 0.3], [0, 1, 1, 0], (0.19, 0.023333, 0.083333, 0.25)),
    ],
)
def test_the_parts_agree_with_published_vectors(p: list[float], outcome: list[int], parts: tuple[float, ...]) -> None:
    got = decompose(p, outcome)
    assert_allclose((got.brier, got.miscalibration, got.discrimination, got.uncertainty), parts, atol=6e-7)


@given(samples)
def test_the_mean_brier_score_is_miscalibration_minus_discrimination_plus_uncertainty(
    sample: list[tuple[float, bool]],
) -> None:
    p, outcome = np.array([row[0] for row in sample]), np.array([int(row[1]) for row in sample])
    parts = decompose(p, outcome)
    brier = np.mean((p - outcome) ** 2)
    assert parts.brier == pytest.approx(brier, abs=1e-12)
    assert parts.miscalibration - parts.discrimination + parts.uncertainty == pytest.approx(brier, abs=1e-12)
    assert 0 <= parts.miscalibration <= 1
    assert 0 <= parts.discrimination <= parts.uncertainty + 1e-12


def by_the_min_max_formula(p: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    """Isotonic regression at each distinct probability, from its closed form: max over a, min over b of mean(a..b)."""
    values = np.unique(p)
    cells = [outcome[p == value] for value in values]

    def mean(a: int, b: int) -> float:
        return float(np.concatenate(cells[a : b + 1]).mean())

    k = len(values)
    return np.array([max(min(mean(a, b) for b in range(i, k)) for a in range(i + 1)) for i in range(k)])


@given(samples, st.integers(0, 99))
def test_the_curve_is_the_isotonic_regression_in_any_order(sample: list[tuple[float, bool]], seed: int) -> None:
    repeated = sample * (MIN_PREDICTIONS // len(sample) + 1)
    shuffled = np.random.default_rng(seed).permutation(len(repeated))
    p = np.array([row[0] for row in repeated])[shuffled]
    outcome = np.array([int(row[1]) for row in repeated])[shuffled]
    diagram = calibration(p, outcome)
    assert diagram.recalibrated is not None
    assert_allclose(diagram.recalibrated, by_the_min_max_formula(p, outcome), atol=1e-12)
    assert_array_equal(diagram.probability, np.unique(p))


def test_a_long_slide_at_the_end_pools_back_to_the_beginning() -> None:
    steps = 40
    p = np.concatenate([np.repeat(np.arange(steps) / 50, steps), np.full(5000, 0.99)])
    outcome = np.concatenate([np.arange(steps) < hits for hits in range(steps)] + [np.zeros(5000, dtype=bool)])
    diagram = calibration(p, outcome.astype(int))
    assert diagram.recalibrated is not None
    assert_allclose(diagram.recalibrated, by_the_min_max_formula(p, outcome), atol=1e-12)


def test_fewer_than_fifty_predictions_give_counts_and_no_curve() -> None:
    few = calibration(VEC10_P, VEC10_Y)
    assert not few.enough
    assert (few.predictions, few.recalibrated, few.decomposition, few.chance) == (10, None, None, None)
    assert_array_equal(few.probability, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
    assert_array_equal(few.count, [1, 1, 1, 1, 1, 1, 1, 1, 2])
    assert_array_equal(few.hits, [0, 0, 0, 1, 1, 0, 1, 1, 1])
    assert not calibration(VEC10_P * 4 + VEC10_P[:9], VEC10_Y * 4 + VEC10_Y[:9]).enough
    assert calibration(VEC10_P * 5, VEC10_Y * 5).enough


def test_without_predictions_the_diagram_is_empty() -> None:
    none = calibration([], [])
    assert (none.predictions, len(none.probability), none.enough) == (0, 0, False)


@pytest.mark.parametrize(("p", "outcome"), [([1.2], [1]), ([float("nan")], [1]), ([0.5], [2]), ([0.5, 0.5], [1])])
def test_what_is_no_probability_or_no_outcome_is_refused(p: list[float], outcome: list[int]) -> None:
    with pytest.raises(ValueError, match="must"):
        calibration(p, outcome)


def test_certain_and_right_has_no_miscalibration_and_certain_and_wrong_has_all() -> None:
    right, wrong = decompose([0, 1] * 30, [0, 1] * 30), decompose([0, 1] * 30, [1, 0] * 30)
    assert (right.brier, right.miscalibration, right.discrimination, right.uncertainty) == (0, 0, 0.25, 0.25)
    assert (wrong.brier, wrong.miscalibration, wrong.discrimination, wrong.uncertainty) == (1, 0.75, 0, 0.25)


def test_a_calibrated_person_stays_in_the_band_and_an_overconfident_one_leaves_it() -> None:
    rng = np.random.default_rng(5)
    truth = rng.choice([0.2, 0.4, 0.6, 0.8], 2000)
    outcome = (rng.random(2000) < truth).astype(int)
    honest = calibration(truth, outcome)
    bold = calibration(np.where(truth > 0.5, truth + 0.15, truth - 0.15), outcome)
    for diagram, calibrated in ((honest, True), (bold, False)):
        assert diagram.chance is not None
        assert diagram.recalibrated is not None
        assert diagram.decomposition is not None
        inside = (diagram.chance.band_low <= diagram.recalibrated) & (diagram.recalibrated <= diagram.chance.band_high)
        assert inside.all() == calibrated
        assert (diagram.decomposition.miscalibration <= diagram.chance.miscalibration_95) == calibrated


def test_what_chance_makes_agrees_with_simulated_calibrated_people() -> None:
    """With these eleven phrases the miscalibration of calibrated people averages .0238 at n = 50, .0136 at n = 100."""
    phrases = np.array([0.02, 0.08, 0.19, 0.3, 0.4, 0.5, 0.6, 0.72, 0.82, 0.93, 0.98])
    rng = np.random.default_rng(2)
    for n in (50, 100):
        stated = np.resize(phrases, n)
        simulated = [decompose(stated, (rng.random(n) < stated).astype(int)).miscalibration for _ in range(2000)]
        chance = calibration(stated, np.zeros(n, dtype=int), seed=9).chance
        assert chance is not None
        assert chance.miscalibration_mean == pytest.approx(np.mean(simulated), rel=0.06)
        assert chance.miscalibration_95 == pytest.approx(np.quantile(simulated, 0.95), rel=0.08)


def test_the_band_covers_nine_curves_in_ten_at_each_point() -> None:
    stated = np.repeat([0.2, 0.5, 0.8], 100)
    chance = calibration(stated, np.zeros(300, dtype=int)).chance
    assert chance is not None
    rng = np.random.default_rng(11)
    curves = [by_the_min_max_formula(stated, rng.random(300) < stated) for _ in range(1000)]
    inside = np.mean((chance.band_low <= curves) & (curves <= chance.band_high), axis=0)
    assert np.all((inside > 0.87) & (inside < 0.96))


def test_the_same_seed_draws_the_same_diagram() -> None:
    first, again, other = (calibration(VEC10_P * 6, VEC10_Y * 6, seed=seed).chance for seed in (3, 3, 4))
    assert first is not None
    assert again is not None
    assert other is not None
    assert first.miscalibration_mean == again.miscalibration_mean != other.miscalibration_mean
    assert_array_equal(first.band_low, again.band_low)


def test_thousands_of_distinct_probabilities_are_shown_as_groups_and_decomposed_exactly() -> None:
    rng = np.random.default_rng(8)
    p = rng.random(5000)
    outcome = (rng.random(5000) < p).astype(int)
    diagram = calibration(p, outcome)
    assert diagram.decomposition == decompose(p, outcome)
    assert diagram.decomposition is not None
    assert diagram.recalibrated is not None
    assert diagram.chance is not None
    assert len(diagram.probability) == len(diagram.recalibrated) == len(diagram.chance.band_low) == GRID + 1
    assert (diagram.count.sum(), diagram.hits.sum()) == (5000, outcome.sum())
    assert np.all(np.diff(diagram.recalibrated) >= -1e-12)
    assert (diagram.recalibrated * diagram.count).sum() == pytest.approx(outcome.sum())
    # A calibrated person must not look miscalibrated only because the diagram is drawn in groups.
    assert diagram.decomposition.miscalibration == pytest.approx(diagram.chance.miscalibration_mean, rel=0.3)


def test_ten_who_say_the_same_are_one_piece_of_evidence() -> None:
    stated = np.resize([0.1, 0.3, 0.5, 0.7, 0.9], 100)
    asked = np.arange(100)
    one = calibration(stated, np.zeros(100, dtype=int), seed=1).chance
    ten = calibration(np.tile(stated, 10), np.zeros(1000, dtype=int), question=np.tile(asked, 10), seed=1).chance
    apart = calibration(np.tile(stated, 10), np.zeros(1000, dtype=int), seed=1).chance
    assert one is not None
    assert ten is not None
    assert apart is not None
    assert_allclose(ten.band_low, one.band_low, atol=0.06)
    assert_allclose(ten.band_high, one.band_high, atol=0.06)
    assert ten.miscalibration_95 == pytest.approx(one.miscalibration_95, rel=0.15)
    assert apart.miscalibration_95 < 0.3 * one.miscalibration_95


def test_the_band_of_many_on_the_same_questions_covers_nine_curves_in_ten() -> None:
    """Four who say what is so, each rounded differently: the outcome of a question is that of all four."""
    rng, inside = np.random.default_rng(3), []
    for _ in range(40):
        truth = rng.uniform(0.05, 0.95, 120)
        happened = rng.random(120) < truth
        stated = np.clip(np.round(truth, 1)[:, None] + np.zeros(4), 0.05, 0.95)
        found = calibration(stated.ravel(), np.repeat(happened, 4).astype(int), question=np.repeat(np.arange(120), 4))
        assert found.chance is not None
        assert found.recalibrated is not None
        inside.append(
            np.mean((found.chance.band_low <= found.recalibrated) & (found.recalibrated <= found.chance.band_high))
        )
    assert 0.84 < np.mean(inside) <= 1


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 9)), min_size=60, max_size=60), st.integers(0, 99))
def test_shared_outcomes_are_drawn_the_same_in_any_order(rows: list[tuple[int, int]], seed: int) -> None:
    p, question = np.array([row[0] / 20 for row in rows]), np.array([row[1] for row in rows])
    outcome = question % 2
    order = np.random.default_rng(seed).permutation(len(rows))
    one = calibration(p, outcome, question=question).chance
    other = calibration(p[order], outcome[order], question=question[order]).chance
    assert one is not None
    assert other is not None
    assert_array_equal(one.band_low, other.band_low)
    assert one.miscalibration_95 == other.miscalibration_95


def test_grouping_more_than_a_hundred_thousand_distinct_probabilities_changes_little(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(1)
    p = np.linspace(0.01, 0.99, 120_000)
    outcome = (rng.random(len(p)) < p).astype(int)
    grouped = calibration(p, outcome).chance
    monkeypatch.setattr("predictions.scoring.calibration.FINEST", len(p))
    ungrouped = calibration(p, outcome).chance
    assert grouped is not None
    assert ungrouped is not None
    assert grouped.miscalibration_mean == pytest.approx(ungrouped.miscalibration_mean, rel=0.03)
    assert_allclose(grouped.band_low, ungrouped.band_low)
