"""API processes are killed again and again under load: nothing acknowledged is lost, nothing retried counts twice."""

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import select

from benchmarks.http_load import free_port
from predictions.audit.verify import verify
from predictions.models import Prediction
from service.db.engine import make_engine, read_transaction
from tests.conftest import ADMIN_KEY
from tests.service.db.test_several_processes import KEY, Start, enter_questions, prediction, wait_for
from tests.support.processes import command_process

CLIENTS = 8
#: At least so many are acknowledged before each kill.
WRITES_PER_KILL = 10
#: For so long a submission is repeated: longer than a killed process takes to come back.
PATIENCE_SECONDS = 60


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


class Submitter:
    """Submits predictions, each with a key of its own, and the same again until it is acknowledged."""

    def __init__(self, url: str) -> None:
        self.url, self.numbers, self.stop = url, count(), threading.Event()
        self.acknowledged: dict[str, int] = {}
        self.cut_off = 0

    def work(self) -> None:
        with httpx.Client(base_url=self.url, headers=KEY, timeout=20) as client:
            while not self.stop.is_set():
                self._submit(client, next(self.numbers))

    def _submit(self, client: httpx.Client, number: int) -> None:
        body: dict[str, Any] = prediction(number) | {"note": f"number {number}"}
        ends_at = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                reply = client.post("/api/predictions", json=body, headers={"Idempotency-Key": f"key-{number}"})
            except httpx.TransportError as error:
                self.cut_off += not isinstance(error, httpx.ConnectError)
                if time.monotonic() > ends_at:
                    raise
                time.sleep(0.02)
                continue
            assert reply.status_code == 201, reply.text
            self.acknowledged[body["note"]] = reply.json()["id"]
            return


@pytest.mark.parametrize("kills", [3, pytest.param(500, marks=[pytest.mark.long, pytest.mark.timeout(7200)])])
def test_a_killed_api_loses_nothing_it_acknowledged_and_a_retry_counts_once(
    start: Start, database_url: str, kills: int
) -> None:
    port = str(free_port())
    submitter = Submitter(f"http://127.0.0.1:{port}")
    api = ("serve", "--no-seed", "--no-scheduler", "--port", port)
    process = start(*api)
    wait_for(submitter.url)
    enter_questions(submitter.url)
    with ThreadPoolExecutor(CLIENTS) as pool:
        works = [pool.submit(submitter.work) for _ in range(CLIENTS)]
        try:
            for number in range(kills):
                while len(submitter.acknowledged) < WRITES_PER_KILL * (number + 1):
                    assert not any(work.done() for work in works)
                    time.sleep(0.01)
                time.sleep(random.uniform(0.0, 0.5))
                process.kill()
                process.join()  # until then its port is in use
                process = start(*api)
                wait_for(submitter.url)
        finally:
            submitter.stop.set()
        for work in works:
            work.result(30)
    assert submitter.cut_off > 0, "some requests were under way when the process died"
    engine = make_engine(database_url)
    with read_transaction(engine) as session:
        stored = session.exec(select(Prediction.note, Prediction.id)).all()
        assert dict(stored) == submitter.acknowledged
        assert len(stored) == len(submitter.acknowledged) >= WRITES_PER_KILL * kills
        assert list(verify(session)) == []
    engine.dispose()
