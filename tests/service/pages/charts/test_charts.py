"""The geometry of the charts: scales, paths, ticks, and what is drawn."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictions.enums import DeadlineBasis, QuestionKind, QuestionStatus, ReferenceType
from predictions.records.calibration import view_calibration
from predictions.records.score_history import running_means
from predictions.records.scored_questions import FLAGS, ScoredQuestion
from predictions.schemas.views import CommentatorRef, PredictionView, QuestionRefView, QuestionView, ReferenceView
from predictions.scoring.units import SCALE
from service.pages.charts.question_timeline import MAX_SERIES, timeline
from service.pages.charts.reliability_diagram import reliability
from service.pages.charts.scales import Scale, TimeScale, apart, area, line, steps, ticks, time_ticks
from service.pages.charts.score_history import history

NOW = datetime(2025, 4, 1, tzinfo=UTC)
finite = st.floats(-1e6, 1e6)


@given(finite, finite, finite)
def test_a_scale_keeps_every_value_inside_its_ends(low: float, high: float, value: float) -> None:
    place = Scale(min(low, high), max(low, high), 5, 125)(value)
    assert 5 <= place <= 125


def test_a_scale_turned_round_puts_large_values_up() -> None:
    up = Scale(0, 1, 100, 0)
    assert (up(0), up(0.25), up(1)) == (100, 75, 0)


@given(finite, st.floats(1e-3, 1e6))
def test_ticks_are_round_few_and_inside(low: float, span: float) -> None:
    found = ticks(low, low + span)
    assert len(found) <= 7
    assert all(low - span * 1e-6 <= tick <= low + span * (1 + 1e-6) for tick in found)


def test_ticks_read_as_people_would_choose_them() -> None:
    assert ticks(-10, 10) == [-10, -5, 0, 5, 10]
    assert ticks(0, 0.5, 4) == [0, 0.2, 0.4]
    assert ticks(3, 3) == [3]


def test_time_ticks_are_first_days_of_months_or_years() -> None:
    months = time_ticks(datetime(2025, 1, 15, tzinfo=UTC), datetime(2025, 4, 15, tzinfo=UTC))
    assert [label for _, label in months] == ["Feb 2025", "Mar 2025", "Apr 2025"]
    years = time_ticks(datetime(2015, 6, 1, tzinfo=UTC), datetime(2025, 6, 1, tzinfo=UTC))
    assert [label for _, label in years] == ["2016", "2018", "2020", "2022", "2024"]


def test_a_span_of_days_is_labelled_by_its_ends() -> None:
    since = datetime(2025, 3, 3, tzinfo=UTC)
    assert [label for _, label in time_ticks(since, since + timedelta(days=4))] == ["3 Mar 2025", "7 Mar 2025"]


@given(
    st.timedeltas(timedelta(days=-9999), timedelta(days=9999)), st.timedeltas(timedelta(hours=1), timedelta(days=9999))
)
def test_time_ticks_are_never_many_and_lie_inside(since: timedelta, span: timedelta) -> None:
    start = NOW + since
    found = time_ticks(start, start + span)
    assert 2 <= len(found) <= 7
    assert all(start <= at <= start + span for at, _ in found)
    across = TimeScale(start, start + span, 0, 100)
    assert all(0 <= across(at) <= 100 for at, _ in found)


def test_paths_read_as_svg_does() -> None:
    assert line([(0, 1), (2.5, 3)]) == "M0 1L2.5 3"
    assert area([(0, 1), (1, 1)], [(0, 0), (1, 0)]) == "M0 1L1 1L1 0L0 0Z"
    assert steps([(0, 5), (2, 6)], 9) == "M0 5H2V6H9"


def test_a_reliability_diagram_is_drawn_from_fifty_predictions_on_and_not_before() -> None:
    stated, happened = [0.1, 0.3, 0.7, 0.9, 0.9] * 10, [0, 0, 1, 1, 1] * 10
    assert reliability(view_calibration(stated[:49], happened[:49])) is None
    found = reliability(view_calibration(stated, happened))
    assert found is not None
    assert [bar[2:] for bar in found.bars] == [(0.1, 10), (0.3, 10), (0.7, 10), (0.9, 20)]
    assert found.curve == line([(found.across(p), found.up(o)) for p, o in ((0.1, 0), (0.3, 0), (0.7, 1), (0.9, 1))])


def question(number: int = 1, **changes: Any) -> QuestionView:
    whole = {
        "id": number,
        "slug": f"q-{number}",
        "text": "?",
        "kind": "binary",
        "status": "open",
        "deadline": NOW + timedelta(days=30),
        "due_at": NOW + timedelta(days=30),
        "deadline_zone": "UTC",
        "resolution_criteria": "",
        "options": None,
        "opens_at": None,
        "deadline_basis": "stated",
        "topics": [],
        "event": "e",
        "condition": None,
        "references": [],
        "outcome": None,
        "known_at": None,
        "assignee": None,
        "snoozed_until": None,
        "resolutions": [],
        "proposals": [],
        "created_at": NOW,
        "criteria_changed_at": None,
    }
    return QuestionView(**(whole | changes))


def prediction(person_id: int, days: float, probability: float | None, **changes: Any) -> PredictionView:
    person = CommentatorRef(id=person_id, slug=f"c-{person_id}", name=f"Person {person_id}", kind="person")
    whole = {
        "id": round(person_id * 1000 - days),
        "commentator": person,
        "source": None,
        "note": "",
        "flags": [],
        "links": {},
        "question": QuestionRefView(**question().model_dump(include=set(QuestionRefView.model_fields))),
        "made_at": NOW - timedelta(days=days),
        "recorded_at": NOW,
        "recorded_by": "test",
        "phrase": None,
        "against": False,
        "probability": probability,
        "probabilities": None,
        "low": probability,
        "high": probability,
        "hedge": None,
        "lexicon": None,
        "lexicon_version": None,
        "supersedes": None,
        "superseded_by": None,
        "reason": None,
    }
    return PredictionView(**(whole | changes))


def test_a_timeline_holds_each_prediction_until_the_next_and_ends_today() -> None:
    found = timeline(question(), [prediction(1, 10, 0.2), prediction(1, 5, 0.6)], NOW)
    assert found is not None
    (series,) = found.series
    assert [spot.y for spot in series.spots] == [found.up(0.2), found.up(0.6)]
    assert series.path.endswith(f"H{found.today:g}")
    assert found.known is None


def test_a_timeline_leaves_out_what_was_corrected_withdrawn_or_carries_no_number() -> None:
    predictions = [
        prediction(1, 9, 0.2, flags=["superseded"]),
        prediction(1, 8, 0.3, flags=["withdrawn"]),
        prediction(2, 7, None),
    ]
    assert timeline(question(), predictions, NOW) is None
    found = timeline(question(), [*predictions, prediction(1, 9, 0.4)], NOW)
    assert found is not None
    assert [len(each.spots) for each in found.series] == [1]


def test_many_commentators_are_drawn_alike_with_the_mean_of_their_newest() -> None:
    predictions = [prediction(person_id, 20 - person_id, 0.5) for person_id in range(MAX_SERIES)]
    few = timeline(question(), predictions, NOW)
    many = timeline(question(), [*predictions, prediction(99, 1, 0.5)], NOW)
    assert few is not None
    assert many is not None
    assert (few.many, few.mean) == (False, "")
    assert many.many
    heights = {float(height) for height in re.findall(r"V([\d.]+)", many.mean)}
    assert heights == {many.up(0.5)}


def test_a_timeline_of_options_shows_the_probability_of_what_happened() -> None:
    asked = question(kind="categorical", options=["a", "b"], outcome="b", status="resolved", known_at=NOW)
    predictions = prediction(1, 3, None, low=None, high=None, probabilities={"a": 0.9, "b": 0.1})
    found = timeline(asked, [predictions], NOW)
    assert found is not None
    assert found.of == "b"
    assert found.series[0].spots[0].y == found.up(0.1)
    assert found.known is not None


def test_a_timeline_of_open_options_shows_the_one_now_held_likeliest() -> None:
    asked = question(kind="categorical", options=["a", "b"])
    predictions = [
        prediction(1, days, None, low=None, high=None, probabilities={"a": a, "b": 1 - a})
        for days, a in ((9, 0.9), (2, 0.3))
    ]
    found = timeline(asked, predictions, NOW)
    assert found is not None
    assert found.of == "b"


def test_market_odds_appear_on_the_timeline() -> None:
    odds = ReferenceView(id=1, probabilities={"yes": 0.7}, source="an exchange", as_of=NOW - timedelta(days=2))
    found = timeline(question(references=[odds]), [prediction(1, 4, 0.2)], NOW)
    assert found is not None
    assert [(y, source) for _, y, source in found.references] == [(found.up(0.7), "an exchange")]


def score(number: int, brier: float, *, days: int, vague: bool = False, early: bool = False) -> ScoredQuestion:
    same: dict[str, Any] = dict.fromkeys(
        ("opening", "opening_low", "opening_high", "latest", "time_weighted"), round(brier * SCALE)
    )
    flags: dict[str, Any] = dict.fromkeys(FLAGS, False) | {"vague": vague}
    return ScoredQuestion(
        id=number,
        slug=f"q-{number}",
        text="t",
        kind=QuestionKind.BINARY,
        status=QuestionStatus.RESOLVED,
        deadline=NOW + timedelta(days=5) if early else NOW - timedelta(days=1),
        deadline_basis=DeadlineBasis.STATED,
        event=str(number),
        outcome="no",
        known_at=NOW - timedelta(days=days),
        prediction=number,
        probability=0.5,
        hedge=None,
        predictions=1,
        reference=SCALE // 4,
        reference_type=ReferenceType.EVEN,
        words=None,
        **same,
        **flags,
    )


def test_the_score_over_time_is_the_mean_so_far_in_the_order_in_which_outcomes_became_known() -> None:
    points = running_means([score(1, 0.4, days=1), score(2, 0.0, days=3), score(3, 0.2, days=2)], NOW)
    assert [point.score.id for point in points] == [2, 3, 1]
    assert [point.mean.value for point in points] == pytest.approx([0.0, 0.1, 0.2])
    assert [point.reference_forecast for point in points] == [0.25] * 3


def test_the_score_over_time_counts_what_the_board_counts() -> None:
    scores = [score(1, 0.4, days=1), score(2, 1.0, days=2, vague=True), score(3, 1.0, days=1, early=True)]
    assert [point.mean.value for point in running_means(scores, NOW)] == [0.4]


def test_a_line_is_drawn_from_three_questions_on_even_where_all_became_known_at_once() -> None:
    points = running_means([score(number, 0.1 * number, days=1) for number in (1, 2, 3)], NOW)
    assert history(points[:2]) is None
    found = history(points)
    assert found is not None
    assert len(found.dots) == 3
    assert found.last.number == 3


def test_ticks_without_room_for_their_labels_are_left_out_but_never_zero() -> None:
    assert apart([-10, -5, 0, 5], Scale(-11, 7, 5, 125)) == [-10, -5, 0, 5]
    assert apart([-10, -5, 0, 5], Scale(-20, 20, 5, 125)) == [-10, 0]
    assert apart([0, 0.2, 0.4], Scale(0, 0.5, 5, 125)) == [0, 0.2, 0.4]
