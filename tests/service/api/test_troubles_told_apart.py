"""Each trouble of the database and of the clock has its own message, log line and reason of /readyz."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from psycopg import errors as postgres
from psycopg import sql
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, OperationalError

from service.db import readiness
from service.db.engine import make_engine, write_transaction
from service.errors import database_fault
from tests.conftest import migrate, serving
from tests.service.api.test_api_trouble import KEY, URL, app_on, asks_for_a_retry
from tests.service.api.test_silent_database import wait_until_ready
from tests.support.fake_clock import START
from tests.support.postgres_server import PostgresServer
from tests.support.sample_prediction import PREDICTION, record_one

pytestmark = pytest.mark.both

SPACE, SPACE_OF_POSTGRESQL = 3 * 2**20, 30 * 2**20


@contextmanager
def mounted(folder: Path, size: int) -> Iterator[Path]:
    """A file system of so many bytes, of the owner of the folder above."""
    folder.mkdir()
    shutil.chown(folder, folder.parent.stat().st_uid)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size},uid={folder.stat().st_uid}", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("only root, where it may mount, has a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of three megabytes."""
    with mounted(tmp_path / "disk", SPACE) as folder:
        yield folder


@pytest.fixture(autouse=True)
def each_probe_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "REUSE_SECONDS", 0.0)


def fill(disk: Path) -> Path:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    return filler


def test_a_full_disk_is_called_full_in_reply_log_and_readiness(
    small_disk: Path, sqlite_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = shutil.copy(sqlite_url.removeprefix("sqlite:///"), small_disk)
    with (
        serving(app_on(f"sqlite:///{path}", tmp_path)) as base,
        httpx.Client(base_url=base, headers=KEY, timeout=30) as admin,
    ):
        record_one(admin)
        filler = fill(small_disk)
        refused = [admin.post(URL, json=PREDICTION | {"note": str(number) + 4000 * "x"}) for number in range(3)]
        assert asks_for_a_retry(refused[-1])
        assert "disk of the database is full" in refused[-1].json()["detail"]
        assert "disk of the database is full" in admin.get("/readyz").json()["detail"]
        assert admin.get(URL).status_code == 200, "readers are served"
        for line in (
            "request refused: the disk of the database is full",
            "not ready: the disk of the database is full",
        ):
            assert line in caplog.text
        filler.unlink()
        wait_until_ready(base)
        assert admin.post(URL, json=PREDICTION).status_code == 201
        assert "ready again" in caplog.text


def test_a_full_disk_of_postgresql_is_called_full_and_what_was_acknowledged_is_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with PostgresServer() as server, mounted(server.folder / "disk", SPACE_OF_POSTGRESQL) as disk:
        with server.connect() as connection:
            connection.execute(sql.SQL("CREATE TABLESPACE small LOCATION {}").format(str(disk)))
            connection.execute("CREATE DATABASE record TABLESPACE small")
        url = server.url("record")
        migrate(url)
        with serving(app_on(url, tmp_path)) as base, httpx.Client(base_url=base, headers=KEY, timeout=30) as admin:
            record_one(admin)
            filler = fill(disk)
            notes = [os.urandom(3000).hex() for _ in range(30)]  # which the server cannot compress
            replies = [admin.post(URL, json=PREDICTION | {"note": note}) for note in notes]
            refused = [reply for reply in replies if reply.status_code != 201]
            assert refused
            for reply in refused:
                assert asks_for_a_retry(reply)
                assert "disk of the database is full" in reply.json()["detail"]
            assert "request refused: the disk of the database is full" in caplog.text
            assert "disk of the database is full" in admin.get("/readyz").json()["detail"]
            kept = [item["note"] for item in admin.get(URL, params={"limit": 1000}).json()["items"]][1:]
            assert kept == [reply.json()["note"] for reply in replies if reply.status_code == 201]
            filler.unlink()
            wait_until_ready(base)
            assert admin.post(URL, json=PREDICTION).status_code == 201
        server.stop()


def test_a_database_that_can_only_be_read_is_called_that(sqlite_url: str, tmp_path: Path) -> None:
    app = app_on(sqlite_url, tmp_path)
    with serving(app) as base, httpx.Client(base_url=base, headers=KEY) as admin:
        app.state.engine.dispose()
        event.listen(app.state.engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only=ON"))
        assert "can only be read" in admin.post(URL, json=PREDICTION).json()["detail"]
        assert "can only be read" in admin.get("/readyz").json()["detail"]
        assert admin.get(URL).status_code == 200


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (postgres.DiskFull(), "full"),
        (postgres.TooManyConnections(), "out of memory or connections"),
        (postgres.ReadOnlySqlTransaction(), "only be read"),
        (postgres.LockNotAvailable(), "another process is writing"),
        (postgres.QueryCanceled(), "too long"),
        (postgres.AdminShutdown(), "unreachable"),
    ],
)
def test_the_codes_of_postgresql_are_told_apart(error: postgres.Error, words: str) -> None:
    kind = OperationalError if isinstance(error, postgres.OperationalError) else DBAPIError
    fault = database_fault(kind("SELECT 1", {}, error))
    assert fault is not None
    assert words in fault.reason


def test_what_a_request_causes_is_not_called_a_fault_of_the_database() -> None:
    assert database_fault(DBAPIError("SELECT 1", {}, postgres.UniqueViolation())) is None
    assert database_fault(ValueError()) is None


def test_a_clock_behind_the_ledger_is_the_reason_why_the_service_is_not_ready(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    app = app_on(database_url, tmp_path)
    with serving(app) as base, httpx.Client(base_url=base, headers=KEY) as admin:
        app.state.clock.set(START + timedelta(hours=3))
        record_one(admin)
        assert admin.get("/readyz").status_code == 200
        app.state.clock.set(START)
        reply = admin.get("/readyz")
        assert reply.status_code == 503
        assert "the clock is 10800 seconds behind the newest entry of the ledger" in reply.json()["detail"]
        assert "not ready: the clock is 10800 seconds behind" in caplog.text
        app.state.clock.set(START + timedelta(hours=3))
        assert admin.get("/readyz").status_code == 200


def test_a_short_write_of_another_process_leaves_the_service_ready_and_a_long_one_is_the_reason(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    app, other = app_on(database_url, tmp_path), make_engine(database_url)
    with serving(app) as base, httpx.Client(base_url=base, headers=KEY, timeout=30) as admin:
        record_one(admin)
        with write_transaction(other):
            reply = admin.get("/readyz")
            assert (reply.status_code, reply.json()["detail"]) == (200, readiness.BUSY)
            assert readiness.BUSY in caplog.text
            app.state.clock.advance(readiness.BUSY_SECONDS + 1)
            reply = admin.get("/readyz")
            assert asks_for_a_retry(reply)
            assert "another writer has held the database for 3" in reply.json()["detail"]
            assert "restart" not in reply.text
            assert admin.get(URL).status_code == 200, "readers are served"
        wait_until_ready(base)
        assert admin.get("/readyz").json() == {"status": "ok", "demo": False, "detail": ""}
        assert "ready again" in caplog.text
        app.state.clock.advance(readiness.BUSY_SECONDS + 1)
        with write_transaction(other):
            assert admin.get("/readyz").status_code == 200, "the wait counts from the last write that succeeded"
    other.dispose()


def test_a_long_write_of_its_own_leaves_the_service_ready(database_url: str, tmp_path: Path) -> None:
    app, finish = app_on(database_url, tmp_path), threading.Event()
    with serving(app) as base, ThreadPoolExecutor() as pool:
        writing = pool.submit(app.state.writer.run, lambda session: finish.wait(20))
        reply = httpx.get(f"{base}/readyz")
        assert (reply.status_code, reply.json()["detail"]) == (200, readiness.BUSY)
        finish.set()
        assert writing.result()
