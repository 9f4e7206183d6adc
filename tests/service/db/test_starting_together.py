"""Processes that start at the same moment on an empty database: all come up, with one record and one key."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, text

from benchmarks.http_load import free_port
from service.db import migrate
from service.db.engine import make_engine, read_transaction, write_transaction
from service.db.migrate import MIGRATIONS_LOCK
from service.settings import write_private
from tests.conftest import ADMIN_KEY
from tests.support.processes import start_process

LONG = [pytest.mark.long, pytest.mark.timeout(3600)]
KEY = {"Authorization": f"Bearer {ADMIN_KEY}"}


def serve_when_told(environment: dict[str, str], go: str, port: str) -> None:
    """Serve from the moment on at which the file `go` appears."""
    from service.cli import main

    os.environ.update(environment)
    while not Path(go).exists():
        time.sleep(0.001)
    main(["serve", "--port", port])


def has_come_up(url: str) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(f"{url}/readyz", timeout=5).status_code == 200
    return False


def emptied(url: str, engine: Engine, folder: Path) -> None:
    """Make the database and the state directory what they are before the first start."""
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    else:
        for file in Path(url.removeprefix("sqlite:///")).parent.glob("empty.db*"):
            file.unlink()
    for file in folder.glob("*"):
        file.unlink()
    engine.dispose()


@pytest.mark.parametrize(("count", "rounds"), [(3, 1), pytest.param(4, 50, marks=LONG)])
def test_processes_that_start_together_on_an_empty_database_all_come_up(
    empty_database_url: str, tmp_path: Path, count: int, rounds: int
) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    given = {
        "TRACKRECORD_DATABASE_URL": empty_database_url,
        "TRACKRECORD_STATE_DIR": str(folder),
        "TRACKRECORD_ADMIN_KEY": ADMIN_KEY,
    }
    for number in range(rounds):
        engine, go = make_engine(empty_database_url), tmp_path / f"go-{number}"
        emptied(empty_database_url, engine, folder)
        ports = [free_port() for _ in range(count)]
        processes = [start_process(serve_when_told, given, str(go), str(port)) for port in ports]
        time.sleep(0.3)
        go.touch()
        try:
            waiting = {f"http://127.0.0.1:{port}" for port in ports}
            ends_at = time.monotonic() + 40
            while waiting and time.monotonic() < ends_at:
                waiting = {url for url in waiting if not has_come_up(url)}
                assert [process.exitcode for process in processes] == [None] * count
                time.sleep(0.1)
            assert not waiting
            for port in ports:
                reply = httpx.get(f"http://127.0.0.1:{port}/api/keys", headers=KEY)
                assert [key["name"] for key in reply.json()["items"]] == ["first admin"]
            with read_transaction(engine) as session:
                assert session.execute(text("SELECT count(*) FROM question")).scalar() == 13
        finally:
            for process in processes:
                process.kill()
                process.join(20)
            engine.dispose()


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Any, float], threading.Thread]]:
    """`held(context, seconds)` holds what the context locks for so long, in a thread; locks are waited for 0.2 s."""
    monkeypatch.setattr("service.db.engine.BUSY_TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr("service.db.postgres_connection.LOCK_SECONDS", 0.2)
    threads: list[threading.Thread] = []

    def hold(context: Callable[[], Any], seconds: float) -> None:
        taken = threading.Event()

        def run() -> None:
            with context():
                taken.set()
                time.sleep(seconds)

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        assert taken.wait(10)

    yield hold  # type: ignore[misc]
    for thread in threads:
        thread.join()


def test_a_migration_by_another_process_is_waited_for_longer_than_a_lock(
    empty_database_url: str, held: Callable[[Any, float], None]
) -> None:
    other, engine = make_engine(empty_database_url), make_engine(empty_database_url)

    class Migrating:
        def __enter__(self) -> None:
            self.connection = other.connect()
            statement = "SELECT 1"
            if other.dialect.name == "postgresql":
                statement = f"SELECT pg_advisory_xact_lock({MIGRATIONS_LOCK})"
            self.connection.execute(text(statement))

        def __exit__(self, *_: object) -> None:
            self.connection.close()

    held(Migrating, 1.0)
    migrate.upgrade(engine)
    assert migrate.is_current(engine)
    engine.dispose()
    other.dispose()


def test_a_start_waits_for_a_write_by_another_process(
    database_url: str, tmp_path: Path, held: Callable[[Any, float], None]
) -> None:
    from tests.conftest import serving
    from tests.service.api.test_api_trouble import app_on

    other = make_engine(database_url)
    held(lambda: write_transaction(other), 1.0)
    with serving(app_on(database_url, tmp_path)) as base:
        assert httpx.get(f"{base}/api/keys", headers=KEY).status_code == 200
    other.dispose()


def test_a_private_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path, seen = tmp_path / "secret", []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            with suppress(FileNotFoundError):
                seen.append(path.read_text())

    looking = threading.Thread(target=look)
    looking.start()
    for _ in range(200):
        write_private(path, "s" * 64)
        path.unlink()
    done.set()
    looking.join()
    assert set(seen) <= {"s" * 64 + "\n"}
    write_private(path, "one")
    assert (write_private(path, "two"), path.read_text()) == (False, "one\n")
    assert [each.name for each in tmp_path.iterdir()] == ["secret"]
