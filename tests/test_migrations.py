"""One migration history serves SQLite and PostgreSQL, forwards and backwards."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from predictions import ledger
from predictions.enums import CommentatorKind
from predictions.models import Commentator
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
