"""A database in trouble: a failed write is never acknowledged; the error asks for a retry, which succeeds later."""

import sqlite3
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from service.app import create_app
from service.settings import Settings
from tests.conftest import ADMIN_KEY, migrate, serving
from tests.support.fake_clock import FakeClock
from tests.support.postgres_server import PostgresServer
from tests.support.sample_prediction import PREDICTION, record_one

pytestmark = pytest.mark.both

URL = "/api/predictions"
KEY = {"Authorization": f"Bearer {ADMIN_KEY}"}


def app_on(url: str, folder: Path) -> Any:
    settings = Settings(_env_file=None, database_url=url, state_dir=folder / "state", admin_key=ADMIN_KEY)
    return create_app(settings, clock=FakeClock())


def asks_for_a_retry(reply: httpx.Response) -> bool:
    assert reply.headers["content-type"] == "application/problem+json", reply.text
    assert reply.json()["detail"].endswith("shortly."), reply.text
    return reply.status_code == 503 and int(reply.headers["retry-after"]) > 0


def test_a_locked_database_takes_no_write_and_the_next_one_succeeds(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.db.engine.BUSY_TIMEOUT_SECONDS", 0.2)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    with serving(app_on(sqlite_url, tmp_path)) as base, httpx.Client(base_url=base, headers=KEY) as admin:
        other.execute("BEGIN IMMEDIATE")
        assert asks_for_a_retry(admin.post(URL, json=PREDICTION))
        assert admin.get(URL).json()["items"] == []  # readers are not held up
        other.execute("ROLLBACK")
        assert admin.post(URL, json=PREDICTION).status_code == 201
    other.close()


def test_a_commit_that_fails_is_never_acknowledged(sqlite_url: str, tmp_path: Path) -> None:
    app = app_on(sqlite_url, tmp_path)

    def fail(_: Any) -> None:
        raise OSError("the disk is gone")

    with serving(app) as base, httpx.Client(base_url=base, headers=KEY) as admin:
        event.listen(app.state.engine, "commit", fail)
        failed = admin.post(URL, json=PREDICTION)
        assert failed.status_code == 500
        assert failed.json()["detail"] == "Internal error. It was logged; your request was not applied."
        event.remove(app.state.engine, "commit", fail)
        assert admin.get(URL).json()["items"] == []
        assert admin.post(URL, json=PREDICTION).status_code == 201
        assert len(admin.get(URL).json()["items"]) == 1


def test_a_stopped_postgresql_gives_503_until_it_runs_again(tmp_path: Path) -> None:
    with PostgresServer(durable=True) as server:
        url = server.create_database("record")
        migrate(url)
        with serving(app_on(url, tmp_path)) as base, httpx.Client(base_url=base, headers=KEY, timeout=30) as admin:
            record_one(admin)
            server.kill()
            assert asks_for_a_retry(admin.post(URL, json=PREDICTION))
            for path in (URL, f"{URL}/1", "/api/leaderboard", "/readyz"):
                assert asks_for_a_retry(admin.get(path)), path
            assert admin.get("/healthz").status_code == 200
            server.start()
            assert admin.get("/readyz").status_code == 200
            assert admin.post(URL, json=PREDICTION).status_code == 201
            assert len(admin.get(URL).json()["items"]) == 2
