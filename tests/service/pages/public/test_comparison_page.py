"""The comparison page: its parameters, its former addresses, and its sentences."""

from datetime import datetime, timedelta

import httpx
import pytest
from sqlalchemy import Engine

from predictions.schemas.inputs import PredictionIn
from predictions.submissions.record import record_prediction
from service.db.engine import write_transaction
from tests.support.fake_clock import FakeClock
from tests.support.source_requests import create_question, resolve_question


def test_former_addresses_of_a_comparison_lead_to_the_present_one(admin: httpx.Client) -> None:
    for former, present in {
        "one=Ann+Invented&other=bo": "/compare?first=Ann+Invented&second=bo",
        "one=ann": "/compare?first=ann",
        "one=": "/compare",
    }.items():
        reply = admin.get(f"/compare?{former}")
        assert (reply.status_code, reply.headers["location"]) == (301, present)
    assert 'name="first"' in admin.get("/compare").text
    assert "one=" not in admin.get("/compare?first=zz&second=yy").text


def fill(engine: Engine, now: datetime, *, successive: bool) -> None:
    """Enter a record in which Ann is nearly always right and Bob nearly always wrong, on a question a day.

    They predict all of it before the first outcome, or each question after the outcome of the one before.
    """
    with write_transaction(engine) as session:
        for at in range(40):
            question = create_question(session, f"q-{at}", now - timedelta(days=100 - at))
            made_at = question.deadline - timedelta(hours=12) if successive else now - timedelta(days=150)
            for name, probability in (("Ann", 0.9), ("Bob", 0.1)):
                stated = probability if at % 2 else 1 - probability
                body = {"commentator": {"name": name}, "question": {"slug": question.slug}, "probability": stated}
                data = PredictionIn.model_validate(body | {"made_at": made_at.isoformat()})
                record_prediction(session, data, now=now, actor="tester")
            resolve_question(session, question, "yes" if at % 2 else "no", question.deadline)


@pytest.mark.parametrize("query", ["first=ann&second=bob", "first=bob&second=ann"])
def test_a_clear_difference_is_stated_of_the_same_commentator_in_either_order(
    base_url: str, engine: Engine, clock: FakeClock, query: str
) -> None:
    fill(engine, clock.now(), successive=False)
    text = httpx.get(f"{base_url}/compare?{query}").text
    assert "On shared questions, Ann had the better scores, by more than luck easily explains." in text
    assert "Betting test" not in text, "no prediction was made after the outcome of another question"


def test_successive_predictions_are_compared_by_a_test_that_is_valid_for_repeated_checks(
    base_url: str, engine: Engine, clock: FakeClock
) -> None:
    fill(engine, clock.now(), successive=True)
    text = httpx.get(f"{base_url}/compare?first=bob&second=ann").text
    assert "1 bet on the probabilities of Ann against Bob, on 40 shared events" in text
    assert "That rules out that Bob was at least as good every time" in text


def test_a_record_clearly_above_or_below_the_average_is_summarised_as_such(
    base_url: str, engine: Engine, clock: FakeClock
) -> None:
    fill(engine, clock.now(), successive=False)
    assert "Better than the average record" in httpx.get(f"{base_url}/commentators/ann").text
    assert "Worse than the average record" in httpx.get(f"{base_url}/commentators/bob").text
