"""One rule decides which predictions count, now and as of a past instant."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictions.models import Prediction, cutoff_of
from predictions.scores.eligibility import active, eligible_as_of, in_time

DAY = timedelta(days=1)
START = datetime(2025, 4, 1, tzinfo=UTC)


def prediction(
    number: int, made: int, recorded: int, supersedes: int | None = None, p: float | None = 0.5
) -> Prediction:
    return Prediction(
        id=number,
        commentator_id=1,
        question_id=1,
        made_at=START + made * DAY,
        recorded_at=START + recorded * DAY,
        recorded_by="test",
        probability=p,
        low=p,
        high=p,
        supersedes_id=supersedes,
    )


@pytest.mark.parametrize(
    ("at", "cutoff", "expected"),
    [
        (0, 9, []),
        (1, 9, [1]),
        (2, 9, [1, 2]),
        (3, 9, [2, 3]),  # 3 corrects 1
        (4, 9, [3]),  # 4 withdraws 2
        (4, 1, [3]),
        (4, 0, []),  # made at the cutoff itself
    ],
)
def test_what_is_recorded_later_changes_nothing_that_came_before(at: int, cutoff: int, expected: list[int]) -> None:
    rows = [
        prediction(1, made=0, recorded=1),
        prediction(2, made=1, recorded=2),
        prediction(3, made=0, recorded=3, supersedes=1),
        prediction(4, made=1, recorded=4, supersedes=2, p=None),
    ]
    assert [row.id for row in eligible_as_of(rows, START + at * DAY, START + cutoff * DAY)] == expected


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 8), st.booleans()), max_size=12),
    st.integers(0, 6),
    st.integers(0, 6),
)
def test_the_rule_is_what_its_sentence_says(rows: list[tuple[int, int, int, bool]], at: int, cutoff: int) -> None:
    """Recorded by then, superseded by nothing recorded by then, with a probability, made before the cutoff."""
    predictions = [
        prediction(number, made, recorded, supersedes if 0 < supersedes < number else None, 0.5 if carries else None)
        for number, (made, recorded, supersedes, carries) in enumerate(rows, 1)
    ]
    then, end = START + at * DAY, START + cutoff * DAY
    expected = [
        row.id
        for row in predictions
        if row.recorded_at <= then
        and row.probability is not None
        and row.made_at < end
        and not any(other.supersedes_id == row.id and other.recorded_at <= then for other in predictions)
    ]
    assert [row.id for row in eligible_as_of(predictions, then, end)] == expected


def test_arrays_and_rows_agree_on_what_is_in_time_and_active() -> None:
    made, cutoff = np.array([0, 1, 2, 3]), np.array([2, 2, 2, 2])
    assert in_time(made, cutoff).tolist() == [True, True, False, False]
    assert active([1, 2, 3, 4], [None, None, 1, None], [0.3, None, 0.4, 0.0]) == [False, False, True, True]


def test_the_cutoff_is_the_deadline_or_the_earlier_day_on_which_the_outcome_became_public() -> None:
    assert cutoff_of(START, None) == START
    assert cutoff_of(START, START + DAY) == START
    assert cutoff_of(START, START - DAY) == START - DAY
