"""The record as of any past instant."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from predictions.audit.as_of import head_at, rebuild
from predictions.leaderboard.board import board
from predictions.leaderboard.estimates import estimate
from predictions.leaderboard.filters import Filters
from predictions.models import Prediction, Question
from predictions.questions.create import enter_question
from predictions.questions.lifecycle import postpone
from predictions.questions.resolve import resolve, retract_resolution
from predictions.schemas.board_item import BoardItem
from predictions.schemas.inputs import CorrectionIn, PredictionIn, QuestionIn, ResolutionIn, WithdrawalIn
from predictions.submissions.corrections import correct_prediction, withdraw_prediction
from predictions.submissions.record import record_prediction

START = datetime(2025, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def on(day: int) -> datetime:
    return START + day * DAY


def by(day: int) -> dict[str, Any]:
    return {"now": on(day), "actor": "test"}


def outcome(which: str) -> ResolutionIn:
    body = {"outcome": which, "known_at": "2025-02-01", "evidence": [{"url": "https://example.org/"}]}
    return ResolutionIn.model_validate(body)


@pytest.fixture
def record(session: Session) -> Session:
    """Record Ann's 0.8 on day 1 and Bob's 0.4 on day 2, then what changes them.

    Day 40: resolved yes; 50: Ann's prediction corrected to 0.6; 60: resolved no; 70: retracted; 80: Bob's prediction
    withdrawn; 90: postponed to day 200.
    """
    body = {"slug": "q", "text": "t", "resolution_criteria": "c", "deadline": "2025-02-01", "deadline_basis": "stated"}
    question = enter_question(session, QuestionIn.model_validate(body), **by(0))
    prediction = {"question": {"slug": "q"}, "made_at": "2025-01-01"}
    for day, name, probability in ((1, "Ann", 0.8), (2, "Bob", 0.4)):
        item = PredictionIn.model_validate(prediction | {"commentator": {"name": name}, "probability": probability})
        record_prediction(session, item, **by(day))
    ann, bob = session.exec(select(Prediction).order_by(Prediction.id)).all()  # type: ignore[arg-type]
    resolve(session, question, outcome("yes"), **by(40))
    right = {"made_at": "2025-01-01", "probability": 0.6, "reason": "misread"}
    correct_prediction(session, ann, CorrectionIn.model_validate(right), **by(50))
    resolve(session, question, outcome("no"), **by(60))
    retract_resolution(session, question, "retracted", **by(70))
    withdraw_prediction(session, bob, WithdrawalIn(reason="somebody else"), **by(80))
    postpone(session, question, on(200), "moved", **by(90))
    return session


def board_as_of(session: Session, day: int) -> dict[str, BoardItem]:
    engine = rebuild(session, on(day))
    with Session(engine) as past:
        estimates = estimate(past, Filters(), "opening", on(day))
        items = board(past, Filters(), "opening", estimates, now=on(day))
    engine.dispose()
    return {item.commentator.name: item for item in items}


def test_before_the_first_prediction_nobody_is_on_the_board(record: Session) -> None:
    assert board_as_of(record, 0) == {}


def test_only_what_was_recorded_by_then_counts(record: Session) -> None:
    assert set(board_as_of(record, 1)) == {"Ann"}
    assert {name: (item.open, item.overdue) for name, item in board_as_of(record, 2).items()} == {
        "Ann": (1, 0),
        "Bob": (1, 0),
    }


def test_a_question_was_overdue_between_its_deadline_and_its_resolution(record: Session) -> None:
    assert board_as_of(record, 35)["Ann"].overdue == 1


@pytest.mark.parametrize(("day", "ann", "bob"), [(45, 0.04, 0.36), (55, 0.16, 0.36), (65, 0.36, 0.16)])
def test_scores_are_those_of_the_outcome_and_the_wording_in_force_then(
    record: Session, day: int, ann: float, bob: float
) -> None:
    items = board_as_of(record, day)
    assert (items["Ann"].brier, items["Bob"].brier) == pytest.approx((ann, bob), abs=1e-12)


def test_what_was_retracted_or_withdrawn_by_then_does_not_count(record: Session) -> None:
    items = board_as_of(record, 75)
    assert (items["Ann"].resolved, items["Ann"].overdue, items["Bob"].overdue) == (0, 1, 1)
    assert set(board_as_of(record, 85)) == {"Ann"}


def test_a_deadline_is_the_one_that_was_set_then(record: Session) -> None:
    for day, deadline in ((85, "2025-02-01"), (95, on(200).date().isoformat())):
        engine = rebuild(record, on(day))
        with Session(engine) as past:
            assert past.exec(select(Question.deadline)).one().date().isoformat() == deadline
        engine.dispose()


def test_the_present_is_the_past_of_now(record: Session) -> None:
    now = on(100)
    estimates = estimate(record, Filters(), "opening", now)
    present = {item.commentator.name: item for item in board(record, Filters(), "opening", estimates, now=now)}
    assert board_as_of(record, 100) == present


def test_the_ledgers_head_is_that_of_then(record: Session) -> None:
    assert head_at(record, on(0) - DAY).seq == 0
    assert head_at(record, on(45)).seq < head_at(record, on(100)).seq
