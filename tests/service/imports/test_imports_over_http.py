"""Imports and large batches over HTTP: no address shows a row too early, and a repeated batch is recorded once."""

import json
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from itertools import count
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from benchmarks.http_load import free_port
from predictions.audit.verify import verify
from predictions.models import Prediction
from service import time_limit
from service.clock import SystemClock
from service.db.engine import make_engine, read_transaction
from service.imports import take_over_imports
from tests.conftest import ADMIN_KEY
from tests.service.db.test_several_processes import KEY, Start, wait_for
from tests.support.addresses import every_address
from tests.support.fake_clock import FakeClock
from tests.support.import_world import LINES_OF_ALL_KINDS, Between, run_lines, verified
from tests.support.processes import command_process
from tests.support.sample_prediction import PREDICTION, QUESTION, record_one, resolve

SNOW = QUESTION | {"slug": "snow", "deadline": "2031-03-20"}


def batch(size: int, name: str = "P", question: object = SNOW) -> bytes:
    lines = (PREDICTION | {"commentator": {"name": f"{name}{n}"}, "question": question} for n in range(size))
    return "\n".join(json.dumps(line) for line in lines).encode()


def answers(client: httpx.Client) -> dict[str, tuple[int, bytes]]:
    """What every address answers, and some with filters."""
    lists = ("questions", "predictions", "commentators", "sources", "leaderboard", "ledger")
    filtered = (
        *(f"/api/{name}?limit=1000" for name in lists),
        "/search?q=P1",
        "/search?q=snow",
        "/questions?status=open",
    )
    found = {}
    for address in (*every_address(), *filtered):
        if not any(part in address for part in ("metrics", "readyz", "healthz", "status", "openapi")):
            reply = client.get(address)
            found[address] = (reply.status_code, reply.content)
    return found


def test_no_address_shows_anything_of_an_import_before_it_is_complete(
    base_url: str, engine: Engine, clock: FakeClock, between_pieces: Between
) -> None:
    with httpx.Client(base_url=base_url, headers={"Authorization": f"Bearer {ADMIN_KEY}"}, timeout=20) as admin:
        record_one(admin)
        resolve(admin)
        assert admin.post("/api/questions", json=SNOW | {"slug": "old"}).status_code == 201
    with httpx.Client(base_url=base_url, timeout=20) as reader:
        before = answers(reader)
        passed = [0]

        def look() -> None:
            passed[0] += 1
            if passed[0] == 22:  # all rows are written by now
                during.append(answers(reader))

        during: list[dict[str, tuple[int, bytes]]] = []
        between_pieces(look)
        lines = [line for line in LINES_OF_ALL_KINDS if line.get("slug") != "rain" and line.get("question") != "rain"]
        run_lines(engine, [*lines], clock=clock)
        assert sum(status == 200 for status, _ in before.values()) > 40
        assert {name for name, answer in during[0].items() if answer != before[name]} == set()
        after = answers(reader)
    changed = {name for name, answer in after.items() if answer != before[name]}
    assert {
        "/",
        "/api/ledger",
        "/api/questions",
        "/api/predictions?limit=1000",
        "/api/sources",
        "/search?q=P1",
    } <= changed
    assert verified(engine) == []


def test_a_large_batch_is_recorded_as_a_whole_and_scored_when_it_is_answered(
    admin: httpx.Client, engine: Engine
) -> None:
    record_one(admin)
    resolve(admin)
    reply = admin.post("/api/predictions/batch", content=batch(250, question=QUESTION))
    assert (reply.status_code, reply.json()["recorded"]) == (201, 250)
    ids = reply.json()["ids"]
    assert [admin.get(f"/api/predictions/{ids[at]}").json()["commentator"]["name"] for at in (0, 249)] == ["P0", "P249"]
    board = admin.get("/api/leaderboard", params={"limit": 1000}).json()["items"]
    assert {item["resolved"] for item in board} == {1}
    assert len(board) == 251
    assert verified(engine) == []


def test_a_large_batch_with_an_invalid_line_records_nothing_and_names_the_line(
    admin: httpx.Client, engine: Engine
) -> None:
    future = json.dumps(PREDICTION | {"made_at": "2025-05-30"}).encode()
    body = b"\n\n".join([batch(240), future, batch(5, "Q")])
    reply = admin.post("/api/predictions/batch", content=body)
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["pointer"] == "/241/made_at"
    assert [event["action"] for event in admin.get("/api/ledger").json()["items"]][1:] == ["key.created"]
    assert admin.get("/api/commentators").json()["items"] == []
    some = admin.post("/api/predictions/batch?partial=true", content=body)
    assert (some.json()["recorded"], [line["line"] for line in some.json()["refused"]]) == (245, [242])
    assert verified(engine) == []


def test_a_large_batch_sent_twice_at_once_with_one_key_is_recorded_once(admin: httpx.Client, engine: Engine) -> None:
    def send(_: int) -> httpx.Response:
        return admin.post("/api/predictions/batch", content=batch(400), headers={"Idempotency-Key": "one"})

    with ThreadPoolExecutor(3) as pool:
        first, second, third = pool.map(send, range(3))
    assert first.status_code == second.status_code == third.status_code == 201
    assert first.json() == second.json() == third.json()
    assert sum("Idempotency-Replayed" in reply.headers for reply in (first, second, third)) == 2
    with read_transaction(engine) as session:
        assert len(session.execute(select(col(Prediction.id))).all()) == 400
    assert verified(engine) == []


def test_a_large_batch_whose_time_is_over_is_not_applied(
    admin: httpx.Client, engine: Engine, between_pieces: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_one(admin)
    events = admin.get("/api/ledger").json()
    monkeypatch.setattr("service.api.predictions.WRITE_SECONDS", 0.4)
    monkeypatch.setattr("service.api.predictions.LINES_PER_SECOND", 1e9)
    assert time_limit.WRITE_SECONDS == 30
    between_pieces(lambda: time.sleep(0.02))
    reply = admin.post("/api/predictions/batch", content=batch(300))
    assert reply.status_code == 503
    assert "not applied" in reply.json()["detail"]
    assert "Retry-After" in reply.headers
    between_pieces(lambda: None)
    assert admin.get("/api/ledger").json() == events
    assert verified(engine) == []


@pytest.fixture
def start(database_url: str, tmp_path: Path) -> Iterator[Start]:
    """Starts API processes on one port and one database; ends those that still run at the end of the test."""
    given = {
        "TRACKRECORD_DATABASE_URL": database_url,
        "TRACKRECORD_STATE_DIR": str(tmp_path),
        "TRACKRECORD_SECRET_KEY": "a secret shared by all processes",
        "TRACKRECORD_ADMIN_KEY": ADMIN_KEY,
    }
    with ExitStack() as stack:
        yield lambda *arguments: stack.enter_context(command_process(given, *arguments))


class BatchSender:
    """Sends batches, each with a key of its own, and the same again until it is acknowledged."""

    def __init__(self, url: str) -> None:
        self.url, self.numbers, self.stop = url, count(), threading.Event()
        self.acknowledged: dict[str, list[int]] = {}
        self.cut_off = 0

    def work(self) -> None:
        with httpx.Client(base_url=self.url, headers=KEY, timeout=60) as client:
            while not self.stop.is_set():
                self._send(client, f"batch {next(self.numbers)}")

    def _send(self, client: httpx.Client, name: str) -> None:
        body = batch(random.randint(101, 600), name)
        while True:
            try:
                reply = client.post("/api/predictions/batch", content=body, headers={"Idempotency-Key": name})
            except httpx.TransportError as error:
                self.cut_off += not isinstance(error, httpx.ConnectError)
                time.sleep(0.02)
                continue
            assert reply.status_code == 201, reply.text
            self.acknowledged[name] = reply.json()["ids"]
            return


@pytest.mark.parametrize("kills", [2, pytest.param(100, marks=[pytest.mark.long, pytest.mark.timeout(3600)])])
def test_a_killed_api_records_each_batch_whole_or_not_at_all(start: Start, database_url: str, kills: int) -> None:
    port = str(free_port())
    sender = BatchSender(f"http://127.0.0.1:{port}")
    api = ("serve", "--no-seed", "--no-scheduler", "--port", port)
    process = start(*api)
    wait_for(sender.url)
    with ThreadPoolExecutor(2) as pool:
        works = [pool.submit(sender.work) for _ in range(2)]
        try:
            for _ in range(kills):
                time.sleep(random.uniform(0.3, 1.2))
                process.kill()
                process = start(*api)
                wait_for(sender.url)
        finally:
            sender.stop.set()
        for work in works:
            work.result(120)
    assert sender.cut_off > 0, "some requests were under way when the process died"
    engine = make_engine(database_url)
    take_over_imports(engine, FakeClock(SystemClock().now() + timedelta(hours=1)))
    with read_transaction(engine) as session:
        stored = sorted(session.execute(select(col(Prediction.id))).scalars())
        assert stored == sorted(number for ids in sender.acknowledged.values() for number in ids)
        assert list(verify(session)) == []
    engine.dispose()
