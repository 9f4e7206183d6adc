"""The record that ships: predictions of March 2025, entered once, by the rules for every submission."""

from datetime import UTC, datetime

from sqlmodel import Session, select

from predictions.audit.verify import verify
from predictions.models import Prediction, Proposal, Question, Source
from predictions.starting_record.load import load_starting_record
from resolvers.deadline_sweep import sweep_due
from tests.support.source_requests import create_question

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def test_the_starting_record_has_three_outcomes_and_one_proposal_and_the_rest_come_due(session: Session) -> None:
    assert load_starting_record(session, now=NOW) == 13
    sweep_due(session, now=NOW, base_url="http://localhost")
    states = [question.status.value for question in session.exec(select(Question)).all()]
    assert {state: states.count(state) for state in set(states)} == {"resolved": 3, "due": 9, "open": 1}
    assert len(session.exec(select(Proposal)).all()) == 1
    assert list(verify(session)) == []


def test_a_database_with_a_question_is_left_as_it_is(session: Session) -> None:
    create_question(session, "rain", NOW)
    assert load_starting_record(session, now=NOW) == 0
    assert [question.slug for question in session.exec(select(Question)).all()] == ["rain"]


def test_every_prediction_of_the_starting_record_cites_its_source_and_was_made_before_the_deadline(
    session: Session,
) -> None:
    load_starting_record(session, now=NOW)
    rows = session.exec(
        select(Prediction, Question, Source).where(
            Prediction.question_id == Question.id, Prediction.source_id == Source.id
        )
    ).all()
    assert len(rows) == len(session.exec(select(Prediction)).all()) == 11
    for prediction, question, source in rows:
        assert source.outlet
        assert prediction.made_at < question.deadline
        assert prediction.commitment is (prediction.probability is None)
