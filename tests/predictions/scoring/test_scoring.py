"""The formulas against values computed by hand, and the properties of every proper score."""

import csv
import gzip
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from predictions.scoring.brier import brier, brier_binary, brier_categorical, brier_ordinal, brier_range
from predictions.scoring.other_scores import log_score, peer_score, skill_points
from predictions.scoring.revision_rules import QuestionScores, score_question
from predictions.scoring.units import SCALE, from_units, to_units

DAY = 86_400_000_000  # microseconds
VEC10_P = np.array([0.9, 0.7, 0.6, 0.2, 0.1, 0.4, 0.8, 0.3, 0.5, 0.9])
VEC10_Y = np.array([1, 1, 0, 0, 0, 1, 1, 0, 1, 0])
FOUR = np.array([[0.15, 0.45, 0.25, 0.15]])

probability = st.floats(0, 1)


@st.composite
def distributions(draw: st.DrawFn, options: int | None = None) -> np.ndarray:
    size = options or draw(st.integers(2, 7))
    weights = np.array(draw(st.lists(st.floats(0.001, 1), min_size=size, max_size=size)))
    return weights / weights.sum()


# Hand-computed values


def test_binary_brier_is_the_squared_distance_to_what_happened() -> None:
    assert_allclose(brier_binary([0.8, 0.8, 0, 1, 1, 0.5], [1, 0, 0, 1, 0, 1]), [0.04, 0.64, 0, 0, 1, 0.25], atol=1e-15)
    assert brier_binary(VEC10_P, VEC10_Y).mean() == pytest.approx(0.206, abs=1e-15)


def test_categorical_brier_is_half_the_sum_of_1950() -> None:
    assert_allclose(brier_categorical(FOUR, 2), [0.405], atol=1e-15)  # (.15^2 + .45^2 + .75^2 + .15^2) / 2
    assert_allclose(brier_categorical(np.vstack([FOUR, FOUR]), [1, 3]), [0.205, 0.505], atol=1e-15)


def test_ordinal_brier_averages_the_cumulative_splits() -> None:
    assert_allclose(brier_ordinal(FOUR, 2), [0.135], atol=1e-15)  # (.15^2 + .6^2 + .15^2) / 3
    sure = np.eye(4)[:1]
    assert_allclose([brier_ordinal(sure, k)[0] for k in range(4)], [0, 1 / 3, 2 / 3, 1], atol=1e-15)


def test_one_function_scores_every_kind_of_question() -> None:
    assert_allclose(brier([[0.8], [0.3]], 1, "binary"), [0.04, 0.49], atol=1e-15)
    assert_allclose(brier([[0.8], [0.3]], [1, 0], "binary"), [0.04, 0.09], atol=1e-15)
    assert_allclose(brier(FOUR, 2, "categorical"), [0.405], atol=1e-15)
    assert_allclose(brier(FOUR, 2, "ordinal"), [0.135], atol=1e-15)


@pytest.mark.parametrize(
    ("probabilities", "outcome", "kind"),
    [
        ([[1.01]], 1, "binary"),
        ([[float("nan")]], 1, "binary"),
        ([[0.5]], 2, "binary"),
        ([[0.5]], 0.5, "binary"),
        ([[0.2, 0.8]], 1, "binary"),
        ([[0.2, 0.8]], 2, "categorical"),
        ([[0.2, 0.8]], -1, "ordinal"),
        ([[1.0]], 0, "ordinal"),
        ([[0.2, 0.8]], 1, "numeric"),
    ],
)
def test_what_is_no_probability_or_no_outcome_is_refused(probabilities: object, outcome: object, kind: str) -> None:
    with pytest.raises(ValueError, match=r"must|shape|kind"):
        brier(probabilities, outcome, kind)  # type: ignore[arg-type]


def test_a_hedge_has_a_range_of_scores() -> None:
    low, high = brier_range([0.55, 0.55, 0.05, 0.05], [0.80, 0.80, 0.30, 0.30], [1, 0, 1, 0])
    assert_allclose(low, [0.04, 0.3025, 0.49, 0.0025], atol=1e-15)
    assert_allclose(high, [0.2025, 0.64, 0.9025, 0.09], atol=1e-15)
    with pytest.raises(ValueError, match="low"):
        brier_range(0.6, 0.5, 1)


def test_log_score_is_clipped_so_that_never_cannot_cost_infinitely_much() -> None:
    expected = -np.log([0.8, 0.2, 0.01, 0.01, 0.99])
    assert_allclose(log_score([[0.8], [0.8], [0.01], [0.0], [1.0]], [1, 0, 1, 1, 1], "binary"), expected, atol=1e-15)
    assert log_score(VEC10_P[:, None], VEC10_Y, "binary").mean() == pytest.approx(0.619867, abs=5e-7)
    assert_allclose(log_score(FOUR, 1, "categorical"), [-np.log(0.45)])


def test_skill_points_count_the_gain_on_the_reference_forecast() -> None:
    assert_allclose(skill_points([0.04, 0.25, 0.49], [0.25, 0.25, 0.25]), [21, 0, -24])


def test_peer_score_is_the_others_mean_minus_ones_own() -> None:
    question = [7, 8, 7, 7, 8]
    peer = peer_score(question, [1, 1, 2, 3, 3], [0.1, 0.3, 0.2, 0.6, 0.1])
    assert_allclose(peer, [0.4 - 0.1, 0.1 - 0.3, 0.35 - 0.2, 0.15 - 0.6, 0.3 - 0.1], atol=1e-15)


def test_a_question_with_one_commentator_has_no_peer_score() -> None:
    assert_array_equal(np.isnan(peer_score([1, 2, 2], [5, 5, 6], [0.1, 0.2, 0.2])), [True, False, False])
    assert len(peer_score([], [], [])) == 0


def test_units_round_an_exact_half_to_the_even_number() -> None:
    assert_array_equal(to_units([0, 1, 0.25, 1e-12, 0.4e-12, 0.5e-12, 1.5e-12]), [0, SCALE, SCALE // 4, 1, 0, 0, 2])
    assert to_units([[0.1]]).dtype == np.int64


# Laws


@given(p=distributions(), data=st.data())
def test_scores_stay_between_0_and_1(p: np.ndarray, data: st.DataObject) -> None:
    option = data.draw(st.integers(0, len(p) - 1))
    for score in (brier_categorical([p], option), brier_ordinal([p], option), brier_binary(p, np.arange(len(p)) % 2)):
        assert np.all((score >= 0) & (score <= 1))


@pytest.mark.parametrize("kind", ["categorical", "ordinal"])
@given(data=st.data())
def test_nobody_can_expect_to_gain_by_saying_other_than_they_believe(kind: str, data: st.DataObject) -> None:
    belief = data.draw(distributions())
    said = data.draw(distributions(options=len(belief)))
    options = range(len(belief))

    def expected(p: np.ndarray) -> float:
        return float(sum(belief[k] * brier([p], k, kind)[0] for k in options))

    assert expected(belief) <= expected(said) + 1e-12
    if np.abs(said - belief).max() > 1e-3:
        assert expected(belief) < expected(said)


@given(belief=probability, said=probability)
def test_the_binary_score_is_proper(belief: float, said: float) -> None:
    def expected(p: float) -> float:
        return float(belief * brier_binary(p, 1) + (1 - belief) * brier_binary(p, 0))

    assert expected(said) - expected(belief) == pytest.approx((said - belief) ** 2, abs=1e-12)


@given(p=probability, yes=st.booleans())
def test_the_binary_form_agrees_with_two_options_and_with_two_bins(p: float, yes: bool) -> None:
    two = [[1 - p, p]]
    scores = [brier_binary([p], int(yes)), brier_categorical(two, int(yes)), brier_ordinal(two, int(yes))]
    assert_allclose(scores, np.broadcast_to(scores[0], (3, 1)), atol=1e-15)


@given(p=distributions(), data=st.data())
def test_relabelling_options_changes_not_one_bit(p: np.ndarray, data: st.DataObject) -> None:
    option = data.draw(st.integers(0, len(p) - 1))
    labels = np.array(data.draw(st.permutations(range(len(p)))))
    relabelled = int(np.flatnonzero(labels == option)[0])
    assert brier_categorical([p[labels]], relabelled) == brier_categorical([p], option)


@given(low=probability, high=probability, share=probability, yes=st.integers(0, 1))
def test_the_score_of_any_number_inside_the_interval_lies_in_the_range(
    low: float, high: float, share: float, yes: int
) -> None:
    low, high = min(low, high), max(low, high)
    inside = min(max(low + share * (high - low), low), high)
    least, most = brier_range(low, high, yes)
    assert least - 1e-15 <= brier_binary(inside, yes) <= most + 1e-15


@given(units=st.lists(st.integers(0, SCALE)))
def test_units_survive_the_way_to_floats_and_back(units: list[int]) -> None:
    assert_array_equal(to_units(from_units(units)), np.array(units, dtype=np.int64))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), probability), unique_by=lambda row: row[:2]))
def test_peer_scores_of_a_question_add_up_to_nothing(rows: list[tuple[int, int, float]]) -> None:
    question, commentator, scores = np.array(rows).reshape(-1, 3).T
    peer = peer_score(question, commentator, scores)
    for one in np.unique(question):
        assert abs(np.nansum(peer[question == one])) < 1e-12


# Revisions


def scored(
    rows: list[tuple[int, float, int, float]], *, cutoff: float, deadline: float, outcome: int = 1
) -> QuestionScores:
    """Rows of commentator, day, row id, probability; days into microseconds."""
    commentator, day, row_id, p = np.array(rows, dtype=float).reshape(-1, 4).T
    made_at = np.rint(day * DAY).astype(np.int64)
    return score_question(
        commentator.astype(int),
        made_at,
        row_id.astype(int),
        brier_binary(p, outcome),
        cutoff=round(cutoff * DAY),
        deadline=round(deadline * DAY),
    )


def test_the_time_after_an_early_outcome_adds_nothing() -> None:
    """A prediction of .6 on day 2, .9 from day 5, yes on day 8, deadline day 10: (.16 * 3 + .01 * 3) / 8."""
    result = scored([(1, 2, 1, 0.6), (1, 5, 2, 0.9)], cutoff=8, deadline=10)
    assert result.time_weighted[0] == pytest.approx(0.06375, abs=1e-15)
    assert result.opening[0] == pytest.approx(0.16)
    assert result.latest[0] == pytest.approx(0.01)
    assert (result.opening_index[0], result.latest_index[0], result.counted[0]) == (0, 1, 2)


def test_a_prediction_made_once_the_outcome_was_known_does_not_count() -> None:
    result = scored([(1, 3, 1, 0.3), (1, 8, 2, 1.0), (2, 8, 3, 1.0), (3, 9, 4, 1.0)], cutoff=8, deadline=10)
    assert_array_equal(result.commentator, [1])
    assert result.latest[0] == pytest.approx(0.49)
    assert result.time_weighted[0] == pytest.approx(0.49 * 5 / 7)


def test_a_prediction_made_after_the_deadline_does_not_count_even_if_the_outcome_came_later() -> None:
    result = scored([(1, 3, 1, 0.3), (1, 11, 2, 1.0)], cutoff=12, deadline=10)
    assert (result.counted[0], result.latest_index[0]) == (1, 0)
    assert result.time_weighted[0] == result.opening[0]


def test_at_the_same_instant_the_later_row_revises_the_earlier() -> None:
    result = scored([(1, 3, 9, 0.9), (1, 3, 4, 0.4)], cutoff=10, deadline=10)
    assert (result.opening_index[0], result.latest_index[0]) == (1, 0)
    assert result.time_weighted[0] == result.latest[0]


def test_a_question_that_nobody_answered_scores_nobody() -> None:
    result = scored([], cutoff=10, deadline=10)
    assert all(len(getattr(result, name)) == 0 for name in QuestionScores.__dataclass_fields__)
    late = scored([(1, 10, 1, 0.5)], cutoff=10, deadline=10)
    assert all(len(getattr(late, name)) == 0 for name in QuestionScores.__dataclass_fields__)


def one_by_one(
    rows: list[tuple[int, float, int, float]], cutoff: float, deadline: float
) -> dict[int, tuple[float, float, float, int]]:
    """The revision rules once more, in the simplest form."""
    results = {}
    for person in {row[0] for row in rows}:
        own = sorted((day, row_id, p) for who, day, row_id, p in rows if who == person and day < min(cutoff, deadline))
        if own:
            losses = [(p - 1) ** 2 for _, _, p in own]
            ends = [day for day, _, _ in own[1:]] + [min(cutoff, deadline)]
            durations = [end - day for (day, _, _), end in zip(own, ends, strict=True)]
            weighted = sum(b * w for b, w in zip(losses, durations, strict=True)) / (deadline - own[0][0])
            results[person] = (losses[0], losses[-1], weighted, len(own))
    return results


said = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 12), st.integers(0, 1000), probability), max_size=40)
said = said.map(lambda rows: list({row[2]: row for row in rows}.values()))


@given(rows=said, cutoff=st.integers(1, 12))
def test_all_commentators_at_once_equal_one_by_one(rows: list[tuple[int, float, int, float]], cutoff: int) -> None:
    result = scored(rows, cutoff=cutoff, deadline=10)
    plain = one_by_one(rows, cutoff, 10)
    assert result.commentator.tolist() == sorted(plain)
    for at, person in enumerate(result.commentator.tolist()):
        values = (result.opening[at], result.latest[at], result.time_weighted[at], result.counted[at])
        assert values == pytest.approx(plain[person], abs=1e-12)


@given(rows=said, seed=st.integers(0, 1000))
def test_the_order_of_arrival_changes_not_one_bit(rows: list[tuple[int, float, int, float]], seed: int) -> None:
    shuffled = [rows[i] for i in np.random.default_rng(seed).permutation(len(rows))]
    first, second = scored(rows, cutoff=9, deadline=10), scored(shuffled, cutoff=9, deadline=10)
    for name in ("commentator", "opening", "latest", "time_weighted", "counted"):
        assert_array_equal(getattr(first, name), getattr(second, name))
    assert [rows[i][2] for i in first.opening_index] == [shuffled[i][2] for i in second.opening_index]
    assert [rows[i][2] for i in first.latest_index] == [shuffled[i][2] for i in second.latest_index]


@given(rows=said, others=said)
def test_many_questions_at_once_equal_each_alone(
    rows: list[tuple[int, float, int, float]], others: list[tuple[int, float, int, float]]
) -> None:
    apart = [scored(rows, cutoff=9, deadline=10), scored(others, cutoff=6, deadline=8)]
    both = np.array([*rows, *others], dtype=float).reshape(-1, 4)
    second = np.repeat([0, 1], [len(rows), len(others)])
    together = score_question(
        both[:, 0].astype(int) + 100 * second,
        np.rint(both[:, 1] * DAY).astype(np.int64),
        both[:, 2].astype(int),
        brier_binary(both[:, 3], 1),
        cutoff=np.array([9, 6])[second] * DAY,
        deadline=np.array([10, 8])[second] * DAY,
    )
    for name in ("opening", "latest", "time_weighted", "counted"):
        alone = np.concatenate([getattr(one, name) for one in apart])
        assert_array_equal(getattr(together, name), alone, err_msg=name)


# Real forecasts

REAL = Path(__file__).parents[3].parent / "shared" / "data" / "fivethirtyeight_checking_our_work"


def real_rows(name: str) -> list[dict[str, str]]:
    if not REAL.is_dir():
        pytest.skip("the published forecasts of FiveThirtyEight are not beside the project")
    packed = REAL / f"{name}.csv.gz"
    with gzip.open(packed, "rt") if packed.exists() else (REAL / f"{name}.csv").open() as lines:
        return list(csv.DictReader(lines))


def test_840996_published_forecasts_get_the_published_scores() -> None:
    forecasts = real_rows("forecasts")
    outcomes = {row["question_id"]: float(row["outcome"]) == 1 for row in real_rows("resolutions")}
    names, person = np.unique([row["forecaster"] for row in forecasts], return_inverse=True)
    questions, question = np.unique([row["question_id"] for row in forecasts], return_inverse=True)
    happened = np.array([outcomes[name] for name in questions])[question].astype(int)
    scores = brier(np.array([[float(row["probability"])] for row in forecasts]), happened, "binary")
    made_at = np.array([date.fromisoformat(row["forecast_date"]).toordinal() for row in forecasts]) * DAY
    closing = np.array([date.fromisoformat(row["deadline"]).toordinal() for row in forecasts]) * DAY
    end = closing + DAY  # the published scores count predictions made on the day of the deadline
    pair = person * len(questions) + question
    result = score_question(pair, made_at, np.arange(len(pair)), scores, cutoff=end, deadline=end)
    who = result.commentator // len(questions)
    expected = {row["forecaster"]: row for row in real_rows("expected")}
    assert len(expected) == len(names)
    for at, name in enumerate(names):
        assert scores[person == at].mean() == pytest.approx(float(expected[name]["brier_all"]), abs=1e-9)
        assert result.latest[who == at].mean() == pytest.approx(float(expected[name]["brier_latest"]), abs=1e-9)
        assert (who == at).sum() == int(expected[name]["n_questions"])
