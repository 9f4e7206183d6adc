"""One migration history serves SQLite and PostgreSQL, forwards and backwards."""

import hashlib
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from predictions import ledger
from predictions.audit.verify import verify
from predictions.demo_mark import is_demo
from predictions.enums import CommentatorKind
from predictions.models import Commentator, Question
from predictions.questions.change import change_question
from predictions.questions.create import enter_question
from predictions.schemas.change_inputs import QuestionChange
from predictions.schemas.inputs import PredictionIn, QuestionIn
from predictions.submissions.record import record_prediction
from service.db import migrate
from service.db.engine import make_engine

ROOT = Path(__file__).parents[1]
NOW = datetime(2025, 4, 1, tzinfo=UTC)


def test_the_history_goes_up_agrees_with_the_models_goes_down_and_up_again(empty_database_url: str) -> None:
    engine = make_engine(empty_database_url)
    migrate.upgrade(engine)
    migrate.check(engine)
    assert "prediction" in inspect(engine).get_table_names()
    migrate.downgrade(engine)
    assert inspect(engine).get_table_names() == ["alembic_version"]
    migrate.upgrade(engine)
    migrate.check(engine)
    engine.dispose()


def test_the_command_for_a_new_migration_knows_every_table(sqlite_url: str) -> None:
    """In a process of its own: here other imports have registered the tables."""
    command = [sys.executable, "-m", "alembic", "check"]
    environment = os.environ | {"TRACKRECORD_DATABASE_URL": sqlite_url}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("statement", ["UPDATE ledger_event SET actor = 'x'", "DELETE FROM ledger_event"])
def test_the_ledger_refuses_to_be_changed(engine: Engine, statement: str) -> None:
    with Session(engine) as session:
        somebody = Commentator(slug="a", name="A", name_key="a", kind=CommentatorKind.PERSON, created_at=NOW)
        session.add(somebody)
        session.flush()
        ledger.append(session, now=NOW, actor="test", action="commentator.entered", subject=somebody, body={})
        session.commit()
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text(statement))
    with Session(engine) as session:
        assert list(ledger.chain_errors(session)) == []
        assert ledger.head(session).seq == 1


#: PostgreSQL spells the casts of a check otherwise once it was dumped and restored.
CAST = re.compile(r"::(character varying|text)(\[\])?")
STORED = Path(__file__).parent / "data"
MIGRATIONS = Path(__file__).parents[1] / "alembic" / "versions"


def restore(engine: Engine, name: str) -> None:
    """Fill an empty database with the stored copy of commit 73b03b6."""
    script = (STORED / f"commit_73b03b6_{name}_{engine.dialect.name}.sql").read_text()
    if engine.dialect.name == "sqlite":
        with closing(
            sqlite3.connect(engine.url.database or "")
        ) as file:  # without the foreign keys that the engine holds
            file.executescript(script)
        return
    with closing(engine.raw_connection()) as connection:
        connection.cursor().execute(script)
        connection.commit()
    engine.dispose()  # the script has set the search path of the connection


def schema(engine: Engine) -> dict[str, Any]:
    """Columns, constraints, indexes and triggers of every table, in no order."""
    found: dict[str, Any] = {}
    seen = inspect(engine)
    for table in seen.get_table_names():
        columns = {
            column["name"]: (str(column["type"]), column["nullable"], column["default"])
            for column in seen.get_columns(table)
        }
        found[table] = {
            "columns": columns,
            "primary": sorted(seen.get_pk_constraint(table)["constrained_columns"]),
            "foreign": sorted(map(str, seen.get_foreign_keys(table))),
            "unique": sorted(str((each["name"], each["column_names"])) for each in seen.get_unique_constraints(table)),
            "indexes": sorted(
                str((each["name"], each["column_names"], each["unique"])) for each in seen.get_indexes(table)
            ),
            "checks": sorted(
                f"{each['name']}: {CAST.sub('', each['sqltext'])}" for each in seen.get_check_constraints(table)
            ),
        }
    triggers = {
        "sqlite": "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    }[engine.dialect.name]
    with engine.connect() as connection:
        found["triggers"] = sorted(str(tuple(row)) for row in connection.execute(text(triggers)))
    return found


@pytest.mark.parametrize("name", ["real", "invented"])
def test_a_database_of_before_the_first_release_is_upgraded_to_the_same_schema(
    empty_database_url: str, request: pytest.FixtureRequest, name: str
) -> None:
    engine = make_engine(empty_database_url)
    fresh = make_engine(request.getfixturevalue(f"{engine.dialect.name}_url"))
    restore(engine, name)
    migrate.upgrade(engine)
    migrate.check(engine)
    assert schema(engine) == schema(fresh)
    with Session(engine) as session:
        assert is_demo(session) is (name == "invented")
        assert session.execute(text("SELECT count(*) FROM prediction")).scalar_one() > 2
    engine.dispose()
    fresh.dispose()


def test_nothing_is_found_wrong_in_an_upgraded_record_and_it_goes_on(empty_database_url: str) -> None:
    engine = make_engine(empty_database_url)
    restore(engine, "real")
    migrate.upgrade(engine)
    with Session(engine) as session:
        assert list(verify(session)) == []
        before = ledger.head(session)
        somebody = session.get_one(Commentator, 1)
        ledger.append(session, now=NOW, actor="test", action="commentator.changed", subject=somebody, body={})
        session.commit()
    with Session(engine) as session:
        assert list(verify(session)) == []
        assert ledger.head(session).seq == before.seq + 1
    engine.dispose()


@pytest.mark.parametrize("column", ["vague", "probability", "low", "note"])
@pytest.mark.parametrize("number", [1, 4])
def test_a_later_change_of_an_upgraded_record_is_found(empty_database_url: str, column: str, number: int) -> None:
    """Prediction 1 was recorded alone, prediction 4 in a batch, which the ledger holds as one hash."""
    engine = make_engine(empty_database_url)
    restore(engine, "real")
    migrate.upgrade(engine)
    value = {"vague": "NOT vague", "note": "'another note'"}.get(column, f"{column} * 0.99")
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER prediction_refuses_update"))
        else:
            connection.execute(text("ALTER TABLE prediction DISABLE TRIGGER ALL"))
        connection.execute(text(f"UPDATE prediction SET {column} = {value} WHERE id = {number}"))
    with Session(engine) as session:
        assert any(
            f"prediction {number} " in finding or "predictions [[" in finding for finding in list(verify(session))
        )
    engine.dispose()


def test_criteria_that_were_changed_after_a_prediction_are_dated_from_the_ledger(engine: Engine) -> None:
    body = {"text": "Rain?", "resolution_criteria": "c", "deadline": "2025-12-01", "deadline_basis": "stated"}
    given = {"commentator": {"name": "Ann"}, "made_at": "2025-03-01", "probability": 0.5}
    with Session(engine) as session:
        for slug, changes in (("before", {"text": "Snow?"}), ("after", {"text": "Snow?"}), ("other", {"event": "e"})):
            question = enter_question(session, QuestionIn.model_validate(body | {"slug": slug}), now=NOW, actor="ed")
            data = PredictionIn.model_validate(given | {"question": {"slug": slug}})
            then = NOW + timedelta(days=1) if slug == "before" else NOW
            record_prediction(session, data, now=then, actor="ed")
            change = QuestionChange.model_validate(changes | {"reason": "r"})
            change_question(session, question, change, now=NOW, actor="ed")
        session.commit()
    migrate.downgrade(engine, "0015")
    migrate.upgrade(engine)
    with Session(engine) as session:
        changed = {row.slug: row.criteria_changed_at for row in session.exec(select(Question)).all()}
    assert changed == {"before": None, "after": NOW, "other": None}


def test_no_released_migration_is_changed() -> None:
    """A released migration has run in databases of others: what it got wrong is put right by a new one."""
    released = dict(line.split()[::-1] for line in (STORED / "released_migrations.sha256").read_text().splitlines())
    assert set(released) <= {path.name for path in MIGRATIONS.glob("*.py")}
    digests = {name: hashlib.sha256((MIGRATIONS / name).read_bytes()).hexdigest() for name in released}
    assert digests == released
