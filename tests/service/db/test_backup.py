"""A backup is a state directory: taken while the service writes, it verifies and can be served unchanged."""

import os
import shutil
import stat
import threading
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from predictions.models import Prediction
from service.db.backup import back_up
from service.db.engine import make_engine, read_transaction
from service.settings import Settings
from tests.support.cli_runner import Command
from tests.support.fake_clock import START
from tests.support.sample_prediction import record_one

ROUNDS = int(os.environ.get("TEST_BACKUP_ROUNDS", "4"))


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """That of PostgreSQL is in test_restore."""
    return sqlite_url


def count(path: Path) -> int:
    engine = make_engine(f"sqlite:///{path}")
    with read_transaction(engine) as session:
        found: int = session.execute(select(func.count()).select_from(Prediction)).scalar_one()
    engine.dispose()
    return found


def test_a_backup_taken_under_load_holds_all_that_was_acknowledged_and_verifies(
    admin: httpx.Client, settings: Settings, trackrecord: Command, tmp_path: Path
) -> None:
    acknowledged: list[str] = []
    stop = threading.Event()

    def submit() -> None:
        while not stop.is_set():
            acknowledged.append(record_one(admin, commentator={"name": f"Person {len(acknowledged)}"})["id"])

    at_work = threading.Thread(target=submit)
    at_work.start()
    try:
        for number in range(ROUNDS):
            before = len(acknowledged)
            made = back_up(settings, tmp_path / f"backup-{number}", now=START) / "trackrecord.db"
            assert before <= count(made) <= len(acknowledged) + 1
            assert trackrecord.on(f"sqlite:///{made}")("verify").code == 0
    finally:
        stop.set()
        at_work.join()
    assert len(acknowledged) > ROUNDS


def test_a_backup_serves_as_a_state_directory_with_its_keys_and_snapshots(trackrecord: Command, tmp_path: Path) -> None:
    run = trackrecord.on("")
    state = tmp_path / "state"
    assert run("seed").code == 0
    assert run("keys", "create", "desk", "--scope", "read").code == 0
    (state / "snapshots" / "ab").mkdir(parents=True)
    (state / "snapshots" / "ab" / "seen").write_bytes(b"seen")
    assert run("backup", str(tmp_path / "copy")).code == 0
    assert (tmp_path / "copy" / "snapshots" / "ab" / "seen").read_bytes() == b"seen"
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o700
    shutil.rmtree(state)
    (tmp_path / "copy").rename(state)
    assert run("verify").code == 0
    assert [row["name"] for row in run("keys", "list", "--json").json] == ["desk"]
    assert len(run("due", "--json").json) > 0


def test_a_backup_of_an_older_database_leaves_it_as_it_is(trackrecord: Command, tmp_path: Path) -> None:
    assert trackrecord.on("")("seed").code == 0
    old = make_engine(f"sqlite:///{tmp_path / 'state' / 'trackrecord.db'}")
    with old.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0003'")
    assert trackrecord("backup", "copy").code == 0
    with old.connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one() == "0003"
    old.dispose()


def test_a_backup_overwrites_nothing_and_leaves_nothing_half_written(trackrecord: Command, tmp_path: Path) -> None:
    run = trackrecord.on("")
    assert "there is no database" in run("backup", "copy").err
    assert run("seed").code == 0
    assert "lies in the state directory" in run("backup", "state/copy").err
    assert run("backup", "copy").code == 0
    done = run("backup", "copy")
    assert (done.code, done.err) == (3, "copy exists: choose a new name, so that no backup is overwritten\n")
    (tmp_path / "state" / "trackrecord.db").write_bytes(b"not a database" * 1000)
    assert "damaged" in run("backup", "other").err
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["copy", "state"]
