"""Errors outside the command: one line with the remedy, an exit code, and never a traceback."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from service.cli.errors import Failed, print_error
from tests.support.cli_runner import Command
from tests.support.postgres_server import PostgresServer

RUN = (sys.executable, "-m", "service")
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the command as a process of its own on a state directory of this test."""
    running = []
    here = {"TRACKRECORD_STATE_DIR": str(tmp_path / "state"), "PYTHONPATH": os.getcwd(), "PYTHONUNBUFFERED": "1"}

    def begin(*arguments: str, **more: str) -> "subprocess.Popen[str]":
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            [*RUN, *arguments],
            env={**os.environ, **here, **more},
            cwd=tmp_path,
            text=True,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background ignores it
        )
        running.append(process)
        return process

    yield begin
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def address(process: "subprocess.Popen[str]") -> str:
    """Where a starting service says it is, once it answers there."""
    assert process.stdout is not None
    line = next(line for line in process.stdout if line.startswith("Leaderboard http://"))
    url = line.split()[1].rstrip("/")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/healthz").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return url
    raise AssertionError("the service did not answer")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_service_starts_on_a_free_port_and_stops_cleanly(start: Start, number: signal.Signals) -> None:
    process = start("serve", "--port", "0")
    url = address(process)
    assert len(httpx.get(f"{url}/api/leaderboard").json()["items"]) >= 3
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode in ((0,) if number is signal.SIGINT else (0, -signal.SIGTERM))
    assert "Traceback" not in err


def test_a_port_in_use_is_reported_in_one_line_before_anything_is_recorded(
    trackrecord: Command, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = trackrecord("serve", "--port", str(port))
    assert done.err == f"port {port} on 127.0.0.1 is in use: stop what uses it, or choose another with --port\n"
    assert done.out == ""
    assert not (tmp_path / "state" / "admin.key").exists()


def test_an_interrupted_import_records_nothing_and_holds_nobody_up_while_it_waits(
    start: Start, trackrecord: Command, sqlite_url: str
) -> None:
    process = start("import", "-", "--format", "jsonl")
    assert process.stdin is not None
    for number in range(2000):  # more than a pipe holds: the process reads, and waits for more
        process.stdin.write(
            json.dumps({"type": "commentator", "name": f"Ann {number}", "description": "x" * 50}) + "\n"
        )
    process.stdin.flush()
    path = sqlite_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        database.execute("ROLLBACK")
        assert database.execute("SELECT count(*) FROM import").fetchone() == (0,)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert trackrecord("export").out == ""


def test_output_to_a_closed_pipe_causes_no_error_message(start: Start, trackrecord: Command) -> None:
    assert trackrecord("seed").code == 0
    process = start("export", "--what", "ledger")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait(60) in (0, 1)


@pytest.mark.parametrize(
    ("settings", "code", "message"),
    [
        ({"TRACKRECORD_DATABASE_URL": "postgresql://a:b@127.0.0.1:1/c"}, 4, "PostgreSQL does not answer"),
        ({"TRACKRECORD_DATABASE_URL": "postgresql://a:b@no.invalid/c"}, 4, "PostgreSQL does not answer"),
        ({"TRACKRECORD_DATABASE_URL": "nonsense"}, 2, "TRACKRECORD_DATABASE_URL must be postgresql://"),
        ({"TRACKRECORD_DATABASE_URL": "foo://a/b"}, 2, "TRACKRECORD_DATABASE_URL must be postgresql://"),
        ({"TRACKRECORD_DATABASE_URL": "sqlite:////proc/none/x.db"}, 2, "create that, or correct it"),
        ({"TRACKRECORD_STATE_DIR": "/proc/none", "TRACKRECORD_DATABASE_URL": ""}, 2, "set TRACKRECORD_STATE_DIR"),
        ({"TRACKRECORD_PORT": "many"}, 2, "TRACKRECORD_PORT must be a whole number"),
        ({"TRACKRECORD_TICK_SECONDS": "0"}, 2, "TRACKRECORD_TICK_SECONDS must be at least"),
        ({"TRACKRECORD_SMTP_URL": "http://x"}, 2, "TRACKRECORD_SMTP_URL: "),
        ({"TRACKRECORD_TRUSTED_PROXIES": "proxy"}, 2, "'proxy' is not an address or network: write 192.0.2.1"),
    ],
)
def test_a_bad_setting_or_database_is_reported_in_one_line(
    trackrecord: Command, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], code: int, message: str
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    done = trackrecord("leaderboard")
    assert (done.code, done.out) == (code, "")
    assert message in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("content", [b"no database at all" * 1000, None])
def test_a_damaged_database_is_reported_as_such(trackrecord: Command, sqlite_url: str, content: bytes | None) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    path.write_bytes(path.read_bytes()[:20_000] if content is None else content)
    done = trackrecord("leaderboard")
    assert done.code == 4
    assert "damaged or no SQLite file: restore a backup" in done.err


def test_a_locked_database_stops_writers_but_not_readers(
    trackrecord: Command, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.db.engine.BUSY_TIMEOUT_SECONDS", 0.2)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    done = trackrecord("seed")
    assert (done.code, "the database is locked by another process" in done.err) == (4, True)
    assert trackrecord("leaderboard").code == 0
    other.close()
    assert trackrecord("seed").code == 0


def test_a_database_of_a_newer_version_is_refused_unchanged(trackrecord: Command, sqlite_url: str) -> None:
    database = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
    database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.commit()
    database.close()
    done = trackrecord("leaderboard")
    assert (done.code, "update the program" in done.err) == (4, True)


def test_a_wrong_password_and_a_missing_database_have_different_errors(
    trackrecord: Command, postgres_server: PostgresServer
) -> None:
    trackrecord.on(postgres_server.url("no_such_database"))
    done = trackrecord("leaderboard")
    assert (done.code, "PostgreSQL has no such database" in done.err) == (4, True), done.err


def test_an_unexpected_error_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        print_error(ZeroDivisionError("a defect"))
    assert print_error(Failed("in the way")) == 1


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (PoolTimeout("no connection is free"), "the database is busy: retry shortly"),
        (PermissionError(13, "Permission denied", "x.csv"), "x.csv: Permission denied: check the path and its rights"),
        (
            OperationalError("SELECT", {}, Exception("out of cheese\nhere")),
            "the database reports: out of cheese: check the database, then repeat the command",
        ),
    ],
)
def test_a_fault_of_the_machine_is_one_line_with_its_remedy(
    error: Exception, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert print_error(error) == 4
    assert capsys.readouterr().err == f"{line}\n"


def test_a_misspelt_setting_is_reported_with_the_intended_one(
    trackrecord: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKRECORD_DATABSE_URL", "x")
    monkeypatch.setenv("TRACKRECORD_FEED_METACULUS", "a token")
    done = trackrecord("due", "--json")
    message = (
        "warning: TRACKRECORD_DATABSE_URL is not a setting and has no effect: did you mean TRACKRECORD_DATABASE_URL?"
    )
    assert (done.code, done.err.strip(), done.json) == (0, message, [])
