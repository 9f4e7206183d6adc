"""A PostgreSQL that is frozen or behind a silent network: every request gets a 503 in time, and none hangs."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.http_load import free_port
from service import time_limit
from service.web import request_time
from tests.conftest import ADMIN_KEY, migrate, serving
from tests.service.api.test_api_trouble import KEY, URL, app_on, asks_for_a_retry
from tests.service.db.test_several_processes import wait_for
from tests.support.postgres_server import PostgresServer
from tests.support.processes import start_process
from tests.support.sample_prediction import PREDICTION, record_one
from tests.support.silent_proxy import SilentProxy

pytestmark = pytest.mark.both

READ_SECONDS, WRITE_SECONDS, GRACE_SECONDS = 2.0, 3.0, 0.5
READERS = 60
#: A connection that is kept may be closed by the server just when the next request is sent.
ONE_REQUEST_EACH = httpx.Limits(max_connections=None, max_keepalive_connections=0)
PAGES = (URL, f"{URL}/1", "/api/leaderboard", "/api/questions", "/", "/metrics")


@pytest.fixture(autouse=True)
def little_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_limit, "READ_SECONDS", READ_SECONDS)
    monkeypatch.setattr(time_limit, "WRITE_SECONDS", WRITE_SECONDS)
    monkeypatch.setattr(request_time, "GRACE_SECONDS", GRACE_SECONDS)


@contextmanager
def frozen(url: str, server: PostgresServer) -> Iterator[tuple[str, Callable[[], None], Callable[[], None]]]:
    try:
        yield url, server.freeze, server.thaw
    finally:
        server.thaw()  # or its end would be waited for in vain


@contextmanager
def behind_a_proxy(url: str, server: PostgresServer) -> Iterator[tuple[str, Callable[[], None], Callable[[], None]]]:
    with SilentProxy(server.port) as proxy:
        yield proxy.url(url), proxy.silence, proxy.speak


@pytest.mark.parametrize("trouble", [frozen, behind_a_proxy])
def test_whoever_waits_for_a_silent_database_gets_a_503_in_time_and_all_is_well_when_it_is_back(
    trouble: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with PostgresServer(port=free_port()) as server:
        own = server.create_database("record")
        migrate(own)
        with (
            trouble(own, server) as (url, fall_silent, come_back),
            serving(app_on(url, tmp_path)) as base,
            httpx.Client(base_url=base, headers=KEY, timeout=30, limits=ONE_REQUEST_EACH) as admin,
            ThreadPoolExecutor(2 * READERS) as pool,
        ):
            record_one(admin)
            assert admin.get("/readyz").status_code == 200
            fall_silent()
            started = time.monotonic()

            def read(number: int) -> tuple[httpx.Response, float]:
                return admin.get(PAGES[number % len(PAGES)]), time.monotonic() - started

            def write(number: int) -> tuple[httpx.Response, float]:
                body = PREDICTION | {"commentator": {"name": f"Person {number}"}}
                reply = admin.post(URL, json=body, headers={"Idempotency-Key": f"key-{number}"})
                return reply, time.monotonic() - started

            reads = [pool.submit(read, number) for number in range(READERS)]
            writes = [pool.submit(write, number) for number in range(READERS)]
            time.sleep(1.2)  # for so long a probe that found no fault is good
            asked = time.monotonic()
            ready = admin.get("/readyz")
            assert asks_for_a_retry(ready)
            assert time.monotonic() - asked < 4
            assert admin.get("/healthz").status_code == 200
            for read_reply, seconds in (each.result() for each in reads):
                assert read_reply.status_code == 503
                assert int(read_reply.headers["retry-after"]) > 0
                assert seconds < READ_SECONDS + GRACE_SECONDS + 4
            for write_reply, seconds in (each.result() for each in writes):
                assert asks_for_a_retry(write_reply)
                assert seconds < WRITE_SECONDS + GRACE_SECONDS + 4
            monkeypatch.undo()
            come_back()
            wait_until_ready(base)
            again = [reply for reply, _ in pool.map(write, range(READERS))]
            assert {reply.text for reply in again if reply.status_code != 201} == set()
            assert {admin.get(path).status_code for path in PAGES} == {200}
            everything = admin.get(URL, params={"limit": 1000}).json()["items"]
            assert len(everything) == 1 + READERS, "each exactly once"


def wait_until_ready(base: str, seconds: float = 15) -> None:
    ends_at = time.monotonic() + seconds
    while (reply := httpx.get(f"{base}/readyz")).status_code != 200:
        assert time.monotonic() < ends_at, reply.text
        time.sleep(0.1)


def serve_with_little_time(environment: dict[str, str], port: str) -> None:
    from service.cli import main

    os.environ.update(environment)
    time_limit.READ_SECONDS, time_limit.WRITE_SECONDS = 5.0, 6.0
    sys.stdout = sys.stderr
    main(["serve", "--no-seed", "--port", port])


def test_a_stop_while_the_database_is_frozen_answers_all_who_wait_and_ends(tmp_path: Path) -> None:
    with PostgresServer() as server, ThreadPoolExecutor(READERS) as pool:
        given = {
            "TRACKRECORD_DATABASE_URL": server.create_database("record"),
            "TRACKRECORD_STATE_DIR": str(tmp_path),
            "TRACKRECORD_ADMIN_KEY": ADMIN_KEY,
        }
        base = f"http://127.0.0.1:{(port := free_port())}"
        process = start_process(serve_with_little_time, given, str(port))
        wait_for(base)
        with httpx.Client(base_url=base, timeout=40, limits=ONE_REQUEST_EACH) as reader:
            assert reader.get(URL).status_code == 200
            server.freeze()
            replies = [pool.submit(reader.get, PAGES[number % len(PAGES)]) for number in range(READERS)]
            time.sleep(1)
            os.kill(process.pid or 0, signal.SIGTERM)
            assert {reply.result().status_code for reply in replies} == {503}
        process.join(30)
        assert process.exitcode is not None, "the process ended"
        server.thaw()
