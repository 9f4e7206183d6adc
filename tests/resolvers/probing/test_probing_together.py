"""Several processes probe for one database: each probe runs in one process, and a killed process is replaced."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from predictions import ledger
from predictions.models import LedgerEvent
from resolvers.probing.models import ProbeStatus
from resolvers.probing.queue import claim_probes
from resolvers.probing.worker import Prober
from service.db.engine import make_engine, read_transaction
from service.wiring.probing import EngineSessions
from tests.support.fake_clock import FakeClock
from tests.support.http_source_server import RawServer, RunningClock, hang, reply
from tests.support.probing_helpers import (
    HAPPENED,
    JSON,
    NOON,
    all_proposals,
    attach_resolver,
    attached_row,
    json_config,
    make_prober,
    run_due,
    serve_answer,
    wait_until,
)
from tests.support.processes import start_process


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


def test_a_probe_is_claimed_by_one_of_many_at_once(engine: Engine) -> None:
    for number in range(20):
        attach_resolver(engine, f"q-{number}", {"url": "https://example.org/feed", "yes": "x"})
    claimed_slugs: list[str] = []
    start = threading.Barrier(6)

    def claim() -> None:
        start.wait()
        for _ in range(10):
            with EngineSessions(engine).bookkeeping_transaction() as session:
                claimed_slugs.extend(each.question.slug for each in claim_probes(session, now=NOON, limit=3))

    threads = [threading.Thread(target=claim) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(claimed_slugs) == sorted(f"q-{number}" for number in range(20))


def test_a_result_after_the_end_of_the_lease_is_ignored(
    engine: Engine, server: RawServer, clock: FakeClock, tmp_path: Path
) -> None:
    """The first probe hangs until its lease is over; by then another process has made the proposal."""
    go = threading.Event()

    def slow(sock: Any) -> None:
        go.wait(20)
        reply(b'{"void": true}', content_type=JSON)(sock)

    server.routes["/feed"] = [slow, reply(HAPPENED.encode(), content_type=JSON)]
    attach_resolver(engine, "q", json_config(server, yes="happened", annul="void", date="day"))
    first = make_prober(engine, server, clock, tmp_path)
    assert first.start_due() == 1
    wait_until(lambda: len(server.requests) == 1)
    clock.advance(3600)
    assert run_due(make_prober(engine, server, clock, tmp_path)) == {"probed": 1, "proposed": 1}
    go.set()
    first.wait(20)
    assert dict(first.counts) == {}
    assert [each.outcome for each in all_proposals(engine)] == ["yes"]


def test_a_slow_source_does_not_delay_another(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    server.routes["/slow"] = hang
    serve_answer(server, HAPPENED)
    attach_resolver(engine, "slow", json_config(server, "/slow"))
    attach_resolver(engine, "quick", json_config(server))
    assert prober.start_due() == 2
    wait_until(lambda: len(all_proposals(engine)) == 1)
    assert prober.busy == 1
    server.close()


def probe_for_ever(url: str, folder: Path, host: str, lease_seconds: float) -> None:
    """What a process does that is to be killed: it probes, with leases that are short where they are to run out."""
    engine = make_engine(url)
    prober = make_prober(engine, _Named(host), RunningClock(), folder, lease_seconds=lease_seconds)  # type: ignore[arg-type]
    while True:
        prober.run_due(0.2)
        time.sleep(0.02)


class _Named:
    def __init__(self, host: str) -> None:
        self.host = host


@contextmanager
def process(url: str, folder: Path, host: str, lease_seconds: float = 0.5) -> Iterator[Any]:
    started = start_process(probe_for_ever, url, folder, host, lease_seconds)
    try:
        yield started
    finally:
        started.kill()
        started.join(20)


def test_a_process_killed_during_a_probe_is_replaced_and_nothing_is_proposed_twice(
    engine: Engine, database_url: str, server: RawServer, tmp_path: Path
) -> None:
    server.routes["/feed"] = [hang, hang, reply(HAPPENED.encode(), content_type=JSON)]
    attach_resolver(engine, "q", json_config(server))
    with process(database_url, tmp_path, server.host) as doomed:
        wait_until(lambda: len(server.requests) >= 1)
        doomed.kill()
        doomed.join(20)
    assert all_proposals(engine) == []
    with process(database_url, tmp_path, server.host), process(database_url, tmp_path, server.host):
        wait_until(lambda: attached_row(engine, "q").state is ProbeStatus.PROPOSED, 40)
    assert len(all_proposals(engine)) == 1
    with read_transaction(engine) as session:
        assert list(ledger.chain_errors(session)) == []


def test_two_processes_probe_each_source_once(
    engine: Engine, database_url: str, server: RawServer, tmp_path: Path
) -> None:
    for number in range(24):
        server.routes[f"/feed-{number}"] = reply(HAPPENED.encode(), content_type=JSON)
        attach_resolver(engine, f"q-{number}", json_config(server, f"/feed-{number}"))
    with process(database_url, tmp_path, server.host, 30.0), process(database_url, tmp_path, server.host, 30.0):
        wait_until(lambda: len(all_proposals(engine)) == 24, 60)
    assert sorted(server.targets()) == sorted(f"/feed-{number}" for number in range(24))


def test_a_probe_interrupted_by_the_stop_is_released_to_the_next_process_at_once(
    engine: Engine, server: RawServer, clock: FakeClock, tmp_path: Path
) -> None:
    go = threading.Event()

    def slow(sock: Any) -> None:
        go.wait(20)
        reply(b"", status=500)(sock)

    server.routes["/feed"] = [slow, reply(HAPPENED.encode(), content_type=JSON)]
    attach_resolver(engine, "q", json_config(server))
    first = make_prober(engine, server, clock, tmp_path)
    assert first.start_due() == 1
    wait_until(lambda: len(server.requests) == 1)
    first.stop(0.0)
    assert first.start_due() == 0
    go.set()
    first.wait(20)
    row = attached_row(engine, "q")
    assert (row.probed_at, row.failures, row.lease_token) == (None, 0, None)
    assert run_due(make_prober(engine, server, clock, tmp_path)) == {"probed": 1, "proposed": 1}


@pytest.mark.parametrize("kills", [3, pytest.param(300, marks=[pytest.mark.long, pytest.mark.timeout(3600)])])
def test_kills_at_random_moments_lose_no_probe_and_propose_nothing_twice(
    engine: Engine, database_url: str, server: RawServer, tmp_path: Path, kills: int
) -> None:
    """Two processes probe questions, seven for each time that one of them is killed and another started."""
    questions = 7 * kills

    def drowsy(sock: Any) -> None:
        time.sleep(0.05)
        reply(HAPPENED.encode(), content_type=JSON)(sock)

    for number in range(questions):
        server.routes[f"/feed-{number}"] = drowsy
        attach_resolver(engine, f"q-{number}", json_config(server, f"/feed-{number}"))
    with ExitStack() as stack:
        running = [stack.enter_context(process(database_url, tmp_path, server.host)) for _ in range(2)]
        for _ in range(kills):
            request_count = len(server.requests)
            wait_until(lambda: len(server.requests) > request_count or len(all_proposals(engine)) == questions)  # noqa: B023 - called at once
            time.sleep(random.uniform(0, 0.1))
            running.pop(0).kill()
            running.append(stack.enter_context(process(database_url, tmp_path, server.host)))
        wait_until(lambda: len(all_proposals(engine)) == questions, 90 + kills)
    assert len({each.question_id for each in all_proposals(engine)}) == questions
    with read_transaction(engine) as session:
        assert list(ledger.chain_errors(session)) == []
        proposal_events = select(LedgerEvent).where(LedgerEvent.action == "proposal.made")
        assert len(session.exec(proposal_events).all()) == questions
