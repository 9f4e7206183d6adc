"""Rows of an import: hidden until it is complete, gone without a trace if it never is."""

import json
from contextlib import suppress

import pytest
from sqlalchemy import Engine, insert, literal, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col

from predictions.errors import Conflict, InvalidInput
from predictions.import_models import BulkImport, ImportSource
from predictions.imports.lifecycle import (
    LEASE,
    LostImport,
    abandoned,
    begin_drop,
    complete,
    drop_piece,
    open_import,
    renew,
)
from predictions.imports.staging import Staging, savepoint
from predictions.imports.visibility import show_import
from predictions.models import LedgerEvent, Question, QuestionTopic
from service.db.engine import read_transaction, write_transaction
from tests.support.fake_clock import START
from tests.support.source_requests import create_question


@pytest.fixture
def into(engine: Engine) -> Staging:
    """An import that has entered one question and is not complete."""
    with write_transaction(engine) as session:
        into = open_import(session, now=START, actor="importer")
        create_question(session, "rain", START)
    return into


def slugs(engine: Engine) -> list[str]:
    with read_transaction(engine) as session:
        return list(session.execute(select(col(Question.slug))).scalars())


def completed(engine: Engine, into: Staging) -> bool:
    with write_transaction(engine) as session:
        show_import(session, into.import_id)
        return complete(session, into, now=START, actor="importer")


def actions(session: Session) -> list[str]:
    return list(session.execute(select(col(LedgerEvent.action)).order_by(col(LedgerEvent.seq))).scalars())


def test_others_see_the_rows_of_an_import_and_its_events_once_it_is_complete(engine: Engine, into: Staging) -> None:
    assert slugs(engine) == []
    assert completed(engine, into)
    assert slugs(engine) == ["rain"]
    with read_transaction(engine) as session:
        assert actions(session) == ["import.started", "import.completed"]


def test_an_import_that_brings_nothing_leaves_nothing(engine: Engine) -> None:
    with write_transaction(engine) as session:
        into = open_import(session, now=START, actor="importer")
    assert not completed(engine, into)
    with read_transaction(engine) as session:
        assert (actions(session), session.execute(select(BulkImport)).first()) == ([], None)


def test_what_a_savepoint_undoes_is_not_counted_by_the_completion(engine: Engine) -> None:
    with write_transaction(engine) as session:
        into = open_import(session, now=START, actor="importer")
        create_question(session, "rain", START)
        with suppress(InvalidInput), savepoint(session):
            create_question(session, "snow", START)
            raise InvalidInput("the next line is wrong")
    assert completed(engine, into)
    assert slugs(engine) == ["rain"]
    with read_transaction(engine) as session:
        (body,) = session.execute(
            select(col(LedgerEvent.body)).where(col(LedgerEvent.action) == "import.completed")
        ).scalars()
        assert json.loads(body)["question"]["count"] == 1


def test_an_import_without_a_process_is_dropped_and_a_process_that_comes_back_is_refused(
    engine: Engine, into: Staging
) -> None:
    own = into.import_id, into.token
    with write_transaction(engine) as session:
        assert abandoned(session, now=START + LEASE) == []
        renew(session, *own, now=START + LEASE)
        assert abandoned(session, now=START + 2 * LEASE) == []
        assert abandoned(session, now=START + 3 * LEASE) == [LostImport(*own, is_complete=False)]
        assert not begin_drop(session, *own, now=START + 2 * LEASE, is_lost=True), "it came back"
        assert not begin_drop(session, into.import_id, "of another import with this id", now=START + 3 * LEASE)
        assert begin_drop(session, *own, now=START + 3 * LEASE, is_lost=True)
    with write_transaction(engine) as session, pytest.raises(Conflict, match="import it again"):
        renew(session, *own, now=START)  # though nothing is deleted yet
    with write_transaction(engine) as session:
        while drop_piece(session, *own):
            pass
    assert slugs(engine) == []
    with write_transaction(engine) as session:
        another = open_import(session, now=START, actor="importer")
        with pytest.raises(Conflict, match="import it again"):
            renew(session, another.import_id, into.token, now=START)


def test_a_complete_import_stays_complete(engine: Engine, into: Staging) -> None:
    assert completed(engine, into)
    for change in ("UPDATE import SET completed_at = NULL", "DELETE FROM import"):
        with pytest.raises(DBAPIError, match="append-only"), write_transaction(engine) as session:
            session.connection().exec_driver_sql(change)
    with write_transaction(engine) as session:
        assert not begin_drop(session, into.import_id, into.token, now=START)


def test_one_file_is_imported_at_a_time(engine: Engine) -> None:
    with write_transaction(engine) as session:
        open_import(session, now=START, actor="importer", source=ImportSource.FILE)
        with pytest.raises(Conflict, match="another file"):
            open_import(session, now=START + LEASE, actor="importer", source=ImportSource.FILE)
        open_import(session, now=START, actor="importer")
        open_import(session, now=START + 1.1 * LEASE, actor="importer", source=ImportSource.FILE)


def test_a_query_that_cannot_be_kept_to_visible_rows_is_refused(engine: Engine) -> None:
    rows = insert(QuestionTopic).from_select(["question_id", "topic"], select(col(Question.id), literal("all")))
    with write_transaction(engine) as session, pytest.raises(RuntimeError, match="hidden rows"):
        session.execute(rows)
