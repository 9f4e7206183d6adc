"""Several API processes and several schedulers on one PostgreSQL, one of which is killed while it works."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, func
from sqlmodel import col, select

from benchmarks.http_load import free_port
from predictions.audit.verify import verify
from predictions.models import Prediction, Question, Resolution
from resolvers.prompts.models import Prompt
from service.app import create_app
from service.db.engine import make_engine, read_transaction, write_transaction
from service.security.api_keys import ensure_admin_key
from service.settings import Settings
from tests.conftest import ADMIN_KEY
from tests.support.fake_clock import FakeClock
from tests.support.processes import command_process

QUESTIONS = 20
KEY = {"Authorization": f"Bearer {ADMIN_KEY}"}
Start = Callable[..., BaseProcess]


@pytest.fixture
def start(postgresql_url: str, tmp_path: Path) -> Iterator[Start]:
    """Starts commands on one database; ends those that still run at the end of the test."""
    given = {
        "TRACKRECORD_DATABASE_URL": postgresql_url,
        "TRACKRECORD_STATE_DIR": str(tmp_path),
        "TRACKRECORD_SECRET_KEY": "a secret shared by all processes",
        "TRACKRECORD_ADMIN_KEY": ADMIN_KEY,
        "TRACKRECORD_TICK_SECONDS": "0.1",
    }
    with ExitStack() as stack:
        yield lambda *arguments: stack.enter_context(command_process(given, *arguments))


def serve_in_process(start: Start) -> tuple[BaseProcess, str]:
    port = free_port()
    process = start("serve", "--no-seed", "--no-scheduler", "--port", str(port))
    return process, f"http://127.0.0.1:{port}"


def wait_for(url: str) -> None:
    for _ in range(300):
        with suppress(httpx.TransportError):
            if httpx.get(f"{url}/healthz").status_code == 200:
                return
        time.sleep(0.05)
    raise AssertionError("the service did not start")


def enter_questions(url: str) -> None:
    with httpx.Client(base_url=url, headers=KEY) as client:
        for number in range(QUESTIONS):
            body = {
                "slug": f"q-{number}",
                "text": "t",
                "resolution_criteria": "c",
                "deadline": "2025-03-01",
                "deadline_basis": "stated",
            }
            assert client.post("/api/questions", json=body).status_code == 201


def prediction(number: int) -> dict[str, Any]:
    return {
        "commentator": {"name": f"Commentator {number % 7}"},
        "question": {"slug": f"q-{number % QUESTIONS}"},
        "made_at": f"2025-01-{number % 28 + 1:02}",
        "probability": number % 11 / 10,
    }


def test_two_apis_and_two_schedulers_share_one_record(start: Start, postgresql_url: str) -> None:
    (_, first), (_, second) = serve_in_process(start), serve_in_process(start)
    for url in (first, second):
        wait_for(url)
    for _ in range(2):
        start("scheduler")
    enter_questions(first)

    def submit(number: int) -> int:
        key = {"Idempotency-Key": f"key-{number // 2}"}
        return clients[number % 2].post("/api/predictions", json=prediction(number // 2), headers=key).status_code

    def resolve(number: int) -> int:
        body: dict[str, Any] = {"outcome": "yes", "known_at": "2025-03-01", "supersedes": "none"}
        body |= {"evidence": [{"url": "https://example.org/"}]}
        return clients[number % 2].post(f"/api/questions/q-{number // 2}/resolutions", json=body).status_code

    with ThreadPoolExecutor(8) as pool, ExitStack() as stack:
        clients = [stack.enter_context(httpx.Client(base_url=url, headers=KEY)) for url in (first, second)]
        assert set(pool.map(submit, range(200))) == {201}
        wait_until_prompted(postgresql_url)
        assert Counter(pool.map(resolve, range(2 * QUESTIONS))) == {201: QUESTIONS, 409: QUESTIONS}
    engine = make_engine(postgresql_url)
    with read_transaction(engine) as session:
        assert session.exec(select(func.count(col(Prediction.id)))).one() == 100
        assert session.exec(select(func.count(col(Resolution.id)))).one() == QUESTIONS
        stages = session.exec(select(Prompt.question_id, Prompt.stage)).all()
        assert len(stages) == len(set(stages))
        assert {question for question, _ in stages} == set(session.exec(select(Question.id)).all())
        assert list(verify(session)) == []
    engine.dispose()


def wait_until_prompted(url: str) -> None:
    engine = make_engine(url)
    for _ in range(300):
        with read_transaction(engine) as session:
            if session.exec(select(func.count(func.distinct(Prompt.question_id)))).one() == QUESTIONS:
                break
        time.sleep(0.05)
    engine.dispose()


def test_an_api_starts_while_another_stores_the_first_admin_key(
    engine: Engine, settings: Settings, clock: FakeClock, serve: Callable[[FastAPI], str]
) -> None:
    with ThreadPoolExecutor(1) as pool:
        with write_transaction(engine) as session:
            ensure_admin_key(session, ADMIN_KEY, secret=settings.secret(), now=clock.now())
            starting = pool.submit(serve, create_app(settings, clock=clock))
            time.sleep(0.3)
        assert httpx.get(f"{starting.result(30)}/api/keys", headers=KEY).status_code == 200


def test_a_killed_api_loses_nothing_it_acknowledged(start: Start, postgresql_url: str) -> None:
    (victim, first), (_, second) = serve_in_process(start), serve_in_process(start)
    for url in (first, second):
        wait_for(url)
    enter_questions(second)
    acknowledged: list[int] = []

    def submit(number: int) -> None:
        if number == 150:
            victim.kill()
        with suppress(httpx.TransportError):
            reply = clients[number % 2].post("/api/predictions", json=prediction(number))
            assert reply.status_code == 201
            acknowledged.append(reply.json()["id"])

    with ThreadPoolExecutor(8) as pool, ExitStack() as stack:
        clients = [stack.enter_context(httpx.Client(base_url=url, headers=KEY)) for url in (first, second)]
        list(pool.map(submit, range(300)))
    assert len(acknowledged) >= 150
    engine = make_engine(postgresql_url)
    with read_transaction(engine) as session:
        stored = set(session.exec(select(Prediction.id)).all())
        assert set(acknowledged) <= stored
        assert list(verify(session)) == []
    engine.dispose()
