"""No reader, on any page or address, sees a secret of a resolver's settings."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.db.engine import make_engine
from service.scheduling.scheduler import run_once
from service.settings import Settings
from tests.conftest import ADMIN_KEY
from tests.support.fake_clock import FakeClock
from tests.support.http_source_server import RawServer, reply, serving_raw

TOKEN, PASSWORD = "a1B2c3D4e5F6g7H8i9J0k1L2", "hunter2-hunter2"
QUESTION = {
    "slug": "rain",
    "text": "Will it rain?",
    "resolution_criteria": "By the gauge.",
    "deadline": "2025-05-31",
    "deadline_basis": "stated",
}


@pytest.fixture
def source() -> Iterator[RawServer]:
    with serving_raw() as server:
        body = b'{"items": [{"token": "x", "rain": true}]}'
        server.routes[f"/{TOKEN}/gauge?key={PASSWORD}"] = reply(body, content_type="application/json")
        yield server


@pytest.fixture
def settings(sqlite_url: str, tmp_path: Path, source: RawServer) -> Settings:
    return Settings(
        _env_file=None, database_url=sqlite_url, state_dir=tmp_path, admin_key=ADMIN_KEY, allowed_hosts=(source.host,)
    )


@pytest.mark.parametrize(
    "expressions",
    [
        {"yes": f"items[?token != '{PASSWORD}'] | [0].rain"},
        {"yes": f"items[?token == '{PASSWORD}'] | [0].rain"},
        {"yes": "items[0].rain", "expect": f"items[?token == '{PASSWORD}']"},
        {"yes": "items[0].rain", "ready": f"items[?token == '{TOKEN}']"},
        {"yes": f"abs(items[?token != '{PASSWORD}'])"},
    ],
)
def test_no_reader_sees_a_secret_of_a_resolver(
    admin: httpx.Client, settings: Settings, source: RawServer, clock: FakeClock, expressions: dict[str, str]
) -> None:
    assert admin.post("/api/questions", json=QUESTION).status_code == 201
    url = f"{source.url}/{TOKEN}/gauge?key={PASSWORD}"
    attached = {"resolver": "json", "config": {"url": url} | expressions, "lead_hours": 80_000}
    shown: list[Any] = [admin.put("/api/questions/rain/resolver", json=attached)]
    assert shown[0].status_code == 200, shown[0].text
    again = admin.put("/api/questions/rain/resolver", json=attached | {"config": shown[0].json()["config"]})
    assert (again.status_code, "REDACTED" in again.json()["detail"]) == (422, True)
    engine = make_engine(settings.database)
    run_once(engine, settings, clock)
    engine.dispose()
    assert source.requests, "the source was read with its secret"
    with httpx.Client(base_url=admin.base_url) as reader:
        api = ("/api/questions/rain", "/api/questions/rain/resolver", "/api/ledger", "/api/proposals")
        shown += [reader.get(path) for path in api]
        shown += [reader.get(path) for path in ("/questions/rain", "/ledger", "/metrics", "/search?q=rain")]
    shown += [admin.get("/questions/rain/probe"), admin.post("/api/questions/rain/probe"), admin.get("/due")]
    for each in shown:
        assert each.status_code == 200, each.text
        assert TOKEN not in each.text
        assert PASSWORD not in each.text
    assert settings.state_dir.exists()
