"""Scores of verbal predictions have wording ranges, by every revision rule."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import Session, select

from predictions.models import Commentator, row_id
from predictions.questions.create import enter_question
from predictions.questions.resolve import resolve
from predictions.records.scored_questions import ScoredQuestion, scored_questions
from predictions.schemas.inputs import PredictionIn, QuestionIn, ResolutionIn
from predictions.submissions.record import record_prediction

DAY = {day: datetime(2025, 1, day, tzinfo=UTC) for day in range(1, 31)}
QUESTION = {"slug": "q", "text": "t", "resolution_criteria": "c", "deadline": "2025-01-11T00:00:00Z"}


def scored(session: Session, *predictions: dict[str, Any], known: int = 11, name: str = "Ann") -> ScoredQuestion:
    """Ann's score on a question with the deadline on 11 January that came true."""
    question = enter_question(
        session, QuestionIn.model_validate(QUESTION | {"deadline_basis": "stated"}), now=DAY[1], actor="test"
    )
    for each in predictions:
        body = {"commentator": {"name": name}, "question": {"slug": "q"}} | each
        record_prediction(session, PredictionIn.model_validate(body), now=DAY[20], actor="test")
    outcome = {"outcome": "yes", "known_at": DAY[known].isoformat(), "evidence": [{"url": "https://example.org/"}]}
    resolve(session, question, ResolutionIn.model_validate(outcome), now=DAY[20], actor="test")
    ann = session.exec(select(Commentator).where(Commentator.name == "Ann")).one()
    (view,) = scored_questions(session, row_id(ann))
    return view


def bounds(view: ScoredQuestion, name: str) -> tuple[float, float, float]:
    score = getattr(view.statistics, name)
    return score.wording_low, score.value, score.wording_high


def test_a_hedge_after_a_number_gives_the_latest_and_the_weighted_score_a_range(session: Session) -> None:
    """0.6 for four days, then "unlikely" (5 to 30%, best 19%) for six."""
    view = scored(
        session,
        {"made_at": DAY[1].isoformat(), "probability": 0.6},
        {"made_at": DAY[5].isoformat(), "hedge": "unlikely"},
    )
    assert bounds(view, "brier") == pytest.approx((0.16, 0.16, 0.16))
    assert bounds(view, "brier_latest") == pytest.approx((0.7**2, 0.81**2, 0.95**2))
    weighted = [0.4 * 0.16 + 0.6 * score for score in (0.7**2, 0.81**2, 0.95**2)]
    assert bounds(view, "brier_time_weighted") == pytest.approx(weighted)


def test_an_unrevised_hedge_is_weighted_by_the_time_until_the_outcome(session: Session) -> None:
    view = scored(session, {"made_at": DAY[1].isoformat(), "hedge": "likely"}, known=6)
    assert bounds(view, "brier_time_weighted") == pytest.approx([score / 2 for score in (0.15**2, 0.28**2, 0.4**2)])
    assert bounds(view, "brier_latest") == bounds(view, "brier")


def test_numbers_have_no_wording_range_and_neither_have_hedges_of_others(session: Session) -> None:
    others = {"commentator": {"name": "Bob"}, "made_at": DAY[2].isoformat(), "hedge": "likely"}
    view = scored(session, {"made_at": DAY[1].isoformat(), "probability": 0.7}, others)
    for name in ("brier", "brier_latest", "brier_time_weighted"):
        assert len(set(bounds(view, name))) == 1
