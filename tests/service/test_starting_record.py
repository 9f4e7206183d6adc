"""The resolver of the starting record: attached once to its questions on sanctions."""

from datetime import UTC, datetime

from sqlalchemy import Engine

from predictions import ledger
from predictions.questions.lookup import find_question
from predictions.starting_record.load import load_starting_record
from resolvers.probing.configuration import detach, get_attached, list_attached
from resolvers.sources.registry import validate_config
from service.db.engine import read_transaction, write_transaction
from service.starting_record import ACTOR, SANCTIONS, enter_starting_record

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def test_the_sanctions_questions_get_the_ofac_resolver_and_starting_again_changes_nothing(engine: Engine) -> None:
    with write_transaction(engine) as session:
        assert enter_starting_record(session, now=NOW) == 13
        head = ledger.head(session)
    with write_transaction(engine) as session:
        assert enter_starting_record(session, now=NOW) == 0
        assert ledger.head(session) == head
    with read_transaction(engine) as session:
        assert [question.slug for _, question in list_attached(session)] == list(SANCTIONS)
        question = find_question(session, SANCTIONS[0])
        assert question is not None
        row = get_attached(session, question)
        assert row.resolver == "ofac"
        assert not row.automatic
        assert len(validate_config(row.resolver, row.config).names) == 10  # type: ignore[attr-defined]


def test_a_starting_record_loaded_before_there_was_a_resolver_gets_it_once(engine: Engine) -> None:
    with write_transaction(engine) as session:
        load_starting_record(session, now=NOW, actor=ACTOR)
        assert list_attached(session) == []
    with write_transaction(engine) as session:
        assert enter_starting_record(session, now=NOW) == 0
        assert [question.slug for _, question in list_attached(session)] == list(SANCTIONS)
        for _, question in list_attached(session):
            detach(session, question, now=NOW, actor="somebody")
    with write_transaction(engine) as session:
        enter_starting_record(session, now=NOW)
        assert list_attached(session) == [], "what somebody took off stays off"


def test_a_question_outside_the_starting_record_gets_no_resolver(engine: Engine) -> None:
    with write_transaction(engine) as session:
        load_starting_record(session, now=NOW, actor="somebody")
        enter_starting_record(session, now=NOW)
        assert list_attached(session) == []
