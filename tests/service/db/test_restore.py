"""A backup of either database is restored where there is nothing yet, upgraded and verified; nothing is overwritten."""

import os
import shutil
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, inspect, select

from predictions.models import Prediction
from service.db import migrate, postgres_tools
from service.db.backup import back_up
from service.db.engine import make_engine, read_transaction
from service.settings import Settings
from tests.conftest import postgres_database
from tests.service.api.test_troubles_told_apart import mounted
from tests.support.cli_runner import Command, Done
from tests.support.fake_clock import START
from tests.support.postgres_server import PostgresServer
from tests.support.sample_prediction import record_one


@pytest.fixture
def empty(database_url: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """`empty(name)` is the address of an empty database of the kind that the test runs on."""
    with ExitStack() as stack:

        def make(name: str) -> str:
            if database_url.startswith("sqlite"):
                (tmp_path / name).mkdir(exist_ok=True)
                return f"sqlite:///{tmp_path / name / 'trackrecord.db'}"
            server: PostgresServer = request.getfixturevalue("postgres_server")
            return stack.enter_context(postgres_database(server, "template0"))

        yield make


class Elsewhere:
    """The command on an empty database, with a state directory of its own."""

    def __init__(self, run: Command, patch: pytest.MonkeyPatch, url: str, state: Path) -> None:
        self._run, self._patch, self.url, self._state = run, patch, url, state

    def __call__(self, *arguments: str) -> Done:
        with self._patch.context() as patch:
            patch.setenv("TRACKRECORD_STATE_DIR", str(self._state))
            patch.setenv("TRACKRECORD_DATABASE_URL", self.url)
            return self._run(*arguments)


@pytest.fixture
def elsewhere(
    empty: Callable[[str], str], trackrecord: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Elsewhere:
    url = empty("database")
    return Elsewhere(trackrecord, monkeypatch, url, tmp_path / "new")


@pytest.fixture
def here(elsewhere: Elsewhere, trackrecord_anywhere: Command, tmp_path: Path) -> Command:
    """The command on a record with a key and a snapshot."""
    assert trackrecord_anywhere("seed").code == 0
    assert trackrecord_anywhere("keys", "create", "desk", "--scope", "admin").code == 0
    folder = tmp_path / "state" / "snapshots" / "ab"
    folder.mkdir(parents=True)
    (folder / "seen").write_bytes(b"seen")
    assert trackrecord_anywhere("scheduler", "--once").code == 0
    return trackrecord_anywhere


def is_empty(url: str) -> bool:
    if url.startswith("sqlite"):
        return not Path(url.removeprefix("sqlite:///")).exists()
    engine = make_engine(url)
    tables = inspect(engine).get_table_names()
    engine.dispose()
    return tables == []


def test_a_restored_backup_has_record_keys_and_snapshots(here: Command, elsewhere: Elsewhere, tmp_path: Path) -> None:
    done = here("backup", "copy")
    assert (done.code, done.err) == (0, "")
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o700
    done = elsewhere("restore", "copy")
    assert (done.code, done.err) == (0, ""), done
    assert "every row agrees with the ledger" in done.out
    assert elsewhere("export").out == here("export").out
    assert [key["name"] for key in elsewhere("keys", "list", "--json").json] == ["desk"]
    assert (tmp_path / "new" / "snapshots" / "ab" / "seen").read_bytes() == b"seen"
    assert elsewhere("doctor").code == 1  # as no scheduler works on the copy yet
    assert elsewhere("scheduler", "--once").code == 0  # which refuses a secret that does not fit the keys
    assert elsewhere("doctor").code == 0
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_a_backup_is_on_record_for_doctor(here: Command, tmp_path: Path) -> None:
    assert here("scheduler", "--once").code == 0
    assert here("backup", "copy").code == 0
    check = here("doctor", "--json").json["checks"][-1]
    assert (check["check"], check["state"], str(tmp_path / "copy") in check["finding"]) == ("backup", "ok", True)


def test_a_backup_taken_under_load_restores_all_that_was_acknowledged(
    admin: httpx.Client, settings: Settings, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    acknowledged: list[str] = []
    stop = threading.Event()

    def submit() -> None:
        while not stop.is_set():
            acknowledged.append(record_one(admin, commentator={"name": f"Person {len(acknowledged)}"})["id"])

    at_work = threading.Thread(target=submit)
    at_work.start()
    try:
        while len(acknowledged) < 5:
            assert at_work.is_alive()
        before = len(acknowledged)
        back_up(settings, tmp_path / "copy", now=START)
        after = len(acknowledged) + 1
    finally:
        stop.set()
        at_work.join()
    assert elsewhere("restore", "copy").code == 0
    engine = make_engine(elsewhere.url)
    with read_transaction(engine) as session:
        restored = session.execute(select(func.count()).select_from(Prediction)).scalar_one()
    engine.dispose()
    assert before <= restored <= after


def test_a_restore_overwrites_no_database(here: Command, elsewhere: Elsewhere) -> None:
    assert here("backup", "copy").code == 0
    assert elsewhere("restore", "copy").code == 0
    record = elsewhere("export").out
    for run in (elsewhere, here):
        done = run("restore", "copy")
        assert (done.code, done.out, "nothing is overwritten" in done.err) == (3, "", True)
    assert elsewhere("export").out == record


@pytest.mark.parametrize("name", ["secret", "admin.key"])
def test_a_restore_overwrites_no_other_secret(here: Command, elsewhere: Elsewhere, tmp_path: Path, name: str) -> None:
    (tmp_path / "state" / "admin.key").write_text("one")
    assert here("backup", "copy").code == 0
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / name).write_text("another")
    done = elsewhere("restore", "copy")
    assert (done.code, "differs from the backup" in done.err) == (3, True)
    assert (tmp_path / "new" / name).read_text() == "another"
    assert is_empty(elsewhere.url)


def test_a_backup_of_an_older_version_is_upgraded(
    elsewhere: Elsewhere, empty: Callable[[str], str], trackrecord: Command
) -> None:
    url = empty("old")
    old = make_engine(url)
    migrate.upgrade(old, "0013")
    assert trackrecord.on(url)("backup", "copy").code == 0
    assert migrate.revisions(old)[0] == "0013"
    old.dispose()
    assert elsewhere("restore", "copy").code == 0
    new = make_engine(elsewhere.url)
    assert migrate.is_current(new)
    new.dispose()


def test_a_damaged_backup_leaves_nothing_and_a_whole_one_can_follow(
    here: Command, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    assert here("backup", "copy").code == 0
    shutil.copytree(tmp_path / "copy", tmp_path / "damaged")
    file = next(path for path in (tmp_path / "damaged").iterdir() if path.suffix in (".db", ".dump"))
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    done = elsewhere("restore", "damaged")
    assert (done.code in (3, 4), done.out, done.err.count("\n")) == (True, "", 1), done
    assert is_empty(elsewhere.url)
    assert elsewhere("restore", "copy").code == 0


def test_a_full_disk_leaves_no_part_of_a_backup_or_restore(
    here: Command, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "state" / "snapshots" / "large").write_bytes(os.urandom(600_000))
    (tmp_path / "mounts").mkdir()
    assert here("backup", "copy").code == 0
    for size in (40_000, 600_000):  # room for nothing, and for the database without the snapshot
        with mounted(tmp_path / "mounts" / f"{size}", size) as small:
            done = here("backup", str(small / "copy"))
            assert (done.code, done.out, done.err.count("\n")) == (4, "", 1), done
            assert list(small.iterdir()) == []
            monkeypatch.setattr(elsewhere, "_state", small / "state")
            if elsewhere.url.startswith("sqlite"):
                elsewhere.url = f"sqlite:///{small / 'trackrecord.db'}"
            done = elsewhere("restore", "copy")
            assert (done.code, done.out, done.err.count("\n")) == (4, "", 1), done
            assert is_empty(elsewhere.url)


def test_a_directory_without_a_backup_of_this_kind_is_refused(
    here: Command, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    assert "there is no backup in empty" in elsewhere("restore", "empty").err
    other = "record.dump" if elsewhere.url.startswith("sqlite") else "trackrecord.db"
    (tmp_path / "empty" / other).write_bytes(b"")
    done = elsewhere("restore", "empty")
    assert (done.code, "another kind of database" in done.err) == (3, True)
    assert is_empty(elsewhere.url)


def test_a_backup_without_the_secret_of_the_settings_says_so(
    here: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = tmp_path / "state" / "secret"
    monkeypatch.setenv("TRACKRECORD_SECRET_KEY", secret.read_text().strip())
    secret.unlink()
    done = here("backup", "copy")
    assert (done.code, "does not hold TRACKRECORD_SECRET_KEY" in done.err) == (0, True)


@pytest.mark.parametrize(
    ("server", "told"),
    [(15, "is neither on PATH nor with the server's programs"), (99, "is older than the server")],
)
def test_a_missing_or_old_tool_of_postgresql_is_named_with_what_to_install(
    trackrecord: Command, postgresql_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: int, told: str
) -> None:
    if server == 15:
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr(postgres_tools, "PACKAGES", ())
    monkeypatch.setattr(postgres_tools, "_server", lambda engine: (server, None))
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "record.dump").touch()
    for arguments in (("backup", "other"), ("restore", "copy")):
        done = trackrecord.on(postgresql_url)(*arguments)
        assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
        assert told in done.err
        assert f"postgresql-client-{server}" in done.err
    assert not (tmp_path / "other").exists()


def test_a_password_reaches_the_tool_by_its_environment_alone(
    trackrecord: Command, postgresql_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "pg_dump").write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo "pg_dump (PostgreSQL) 15.1" && exit\n'
        f'echo "$@" > {tools}/arguments\necho "$PGPASSWORD" > {tools}/password\necho "cannot dump" >&2\nexit 1\n'
    )
    (tools / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    monkeypatch.setattr(postgres_tools, "_server", lambda engine: (15, None))
    done = trackrecord.on(postgresql_url.replace("postgres@", "postgres:s3cret@"))("backup", "copy")
    assert (done.code, done.err) == (4, "cannot dump: correct that, and repeat the command\n")
    assert (tools / "password").read_text() == "s3cret\n"
    assert "s3cret" not in (tools / "arguments").read_text()
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["tools"]
    refused = trackrecord.on(f"{postgresql_url}&sslpassword=s3cret")("backup", "copy")
    assert (refused.code, "use a key without a password" in refused.err) == (2, True)
    assert "s3cret" not in refused.err
