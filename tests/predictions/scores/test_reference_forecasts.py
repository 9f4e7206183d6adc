"""Market and crowd probabilities of a day, the reference forecasts that predictions are compared with."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import Session, select

from predictions.errors import Conflict, InvalidInput
from predictions.models import Question, Reference, Score
from predictions.questions.create import enter_question
from predictions.questions.references import add_reference
from predictions.questions.resolve import resolve
from predictions.schemas.inputs import PredictionIn, QuestionIn, ReferenceIn, ResolutionIn
from predictions.scoring.units import SCALE
from predictions.submissions.record import record_predictions

NOW = datetime(2025, 6, 10, 12, tzinfo=UTC)
BY: dict[str, Any] = {"now": NOW, "actor": "editor"}


@pytest.fixture
def question(session: Session) -> Question:
    body = {"slug": "q", "text": "t", "resolution_criteria": "c", "deadline": "2025-06-01", "deadline_basis": "stated"}
    return enter_question(session, QuestionIn.model_validate(body), **BY)


def reference(probability: float, as_of: str) -> ReferenceIn:
    return ReferenceIn.model_validate({"probability": probability, "source": "an exchange", "as_of": as_of})


def say(session: Session, **probabilities: float) -> None:
    fields = {"question": {"slug": "q"}, "made_at": "2025-05-10T12:00:00Z"}
    items = [{"commentator": {"name": name}, "probability": number} for name, number in probabilities.items()]
    record_predictions(session, [PredictionIn.model_validate(fields | item) for item in items], **BY)


def reference_forecasts(session: Session, question: Question) -> dict[str, tuple[float, str]]:
    """The reference forecast's score of each commentator, by number of entry, once the question ended with yes."""
    body = {"outcome": "yes", "known_at": "2025-06-01", "evidence": [{"url": "https://example.org/"}]}
    resolve(session, question, ResolutionIn.model_validate(body), **BY)
    rows = session.exec(select(Score)).all()
    return {str(row.commentator_id): (row.reference / SCALE, row.reference_type.value) for row in rows}


def test_the_newest_market_of_the_day_or_before_is_the_reference_forecast(session: Session, question: Question) -> None:
    for probability, as_of in ((0.2, "2025-05-01"), (0.6, "2025-05-10T18:00:00Z"), (0.9, "2025-05-11")):
        add_reference(session, question, reference(probability, as_of), **BY)
    say(session, Ann=0.5)
    expected: dict[str, Any] = {"1": (pytest.approx(0.16), "market")}
    assert reference_forecasts(session, question) == expected


def test_without_a_market_three_others_are_the_reference_forecast_leaving_oneself_out(
    session: Session, question: Question
) -> None:
    say(session, Ann=0.0, Bob=0.2, Cy=0.4, Dee=0.6)
    means = {"1": 0.4, "2": 1 / 3, "3": 0.8 / 3, "4": 0.2}
    expected: dict[str, Any] = {
        who: (pytest.approx((1 - mean) ** 2, abs=1e-11), "consensus") for who, mean in means.items()
    }
    assert reference_forecasts(session, question) == expected


def test_two_others_are_too_few_to_be_a_reference_forecast(session: Session, question: Question) -> None:
    say(session, Ann=0.0, Bob=0.2, Cy=0.4)
    assert set(reference_forecasts(session, question).values()) == {(0.25, "even")}


def test_the_same_reference_twice_is_one_and_another_number_is_a_conflict(session: Session, question: Question) -> None:
    first, second = (add_reference(session, question, reference(0.2, "2025-05-01"), **BY) for _ in range(2))
    assert first.id == second.id
    assert len(session.exec(select(Reference)).all()) == 1
    with pytest.raises(Conflict):
        add_reference(session, question, reference(0.3, "2025-05-01"), **BY)


def test_a_reference_must_fit_the_kind_of_question(session: Session, question: Question) -> None:
    body = {"probabilities": [0.2, 0.8], "source": "an exchange", "as_of": "2025-05-01"}
    with pytest.raises(InvalidInput):
        add_reference(session, question, ReferenceIn.model_validate(body), **BY)
