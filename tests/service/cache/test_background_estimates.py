"""Estimates are computed in the background: no request computes an interval, whatever the size of the record."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextvars import copy_context
from typing import Any

import httpx
import pytest

from predictions.leaderboard import estimates
from service.cache import as_of_cache, background, leaderboard_cache
from service.errors import Unavailable
from tests.support.fake_clock import FakeClock
from tests.support.sample_prediction import record_one, resolve

THEN = "as_of=2025-04-01T13:00:00Z"
SHOWN = [
    *("/", "/leaderboard.csv", "/method", "/commentators/ann-invented", "/commentators/ann-invented/record.csv"),
    *("/compare?first=ann-invented&second=bob-invented", "/api/commentators/ann-invented/record"),
    *("/api/leaderboard", "/api/leaderboard?verbal=true", "/api/leaderboard?topic=none", "/?revisions=latest"),
    *(f"/?{THEN}", f"/leaderboard.csv?{THEN}", f"/commentators/ann-invented?{THEN}"),
    *(f"/api/leaderboard?{THEN}", f"/api/leaderboard?verbal=true&{THEN}"),
    f"/api/commentators/ann-invented/record?{THEN}",
]


@pytest.fixture
def record(admin: httpx.Client, clock: FakeClock) -> httpx.Client:
    """Two commentators on one resolved question, a day ago."""
    record_one(admin)
    record_one(admin, commentator={"name": "Bob Invented"})
    resolve(admin)
    clock.advance(86_400)
    return admin


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the threads in which estimates are made from now on."""
    found: list[str] = []

    def noted(*args: Any) -> Any:
        found.append(threading.current_thread().name)
        return estimates.estimate(*args)

    monkeypatch.setattr(leaderboard_cache, "estimate", noted)
    monkeypatch.setattr(as_of_cache, "estimate", noted)
    return found


@pytest.mark.parametrize("address", SHOWN)
def test_no_request_makes_estimates_itself(record: httpx.Client, threads: list[str], address: str) -> None:
    assert record.get(address).status_code == 200
    assert set(threads) == ({"past"} if THEN in address else {"estimates"})


def test_estimates_are_made_once_however_many_read_them(record: httpx.Client, threads: list[str]) -> None:
    for _ in range(3):
        for address in SHOWN:
            assert record.get(address).status_code == 200
    boards_of_today = 4  # no filter; verbal; topic; latest
    assert (threads.count("estimates"), threads.count("past")) == (boards_of_today, 2)


def test_a_reader_of_a_past_board_with_slow_estimates_is_asked_to_retry(
    record: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = threading.Event()

    def slow(*args: Any) -> Any:
        assert opened.wait(30)
        return estimates.estimate(*args)

    monkeypatch.setattr(as_of_cache, "estimate", slow)
    monkeypatch.setattr(as_of_cache, "REQUEST_WAIT_SECONDS", 0.5)
    first = record.get(f"/api/leaderboard?{THEN}")
    assert (first.status_code, "retry-after" in first.headers) == (503, True)
    opened.set()
    until = time.monotonic() + 20
    while (reply := record.get(f"/api/leaderboard?{THEN}")).status_code == 503:
        assert time.monotonic() < until
    assert reply.json()["items"][0]["brier_low"] is not None


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """One piece of work may wait, and it does, until the event is set."""
    opened = threading.Event()
    monkeypatch.setattr(background, "MAX_WAITING", 1)
    monkeypatch.setattr(leaderboard_cache, "REQUEST_WAIT_SECONDS", 0.01)
    monkeypatch.setattr(leaderboard_cache, "estimate", lambda *args: opened.wait(30) and estimates.estimate(*args))
    yield opened
    opened.set()


def test_a_client_that_requests_ever_new_boards_is_asked_to_retry(
    crowded: threading.Event, admin: httpx.Client
) -> None:
    assert admin.get("/api/leaderboard").json()["estimates"] == "pending"
    reply = admin.get("/api/leaderboard?topic=other")
    assert (reply.status_code, "retry-after" in reply.headers) == (503, True)
    assert reply.json()["detail"] == "Too many leaderboards and diagrams are being computed. Retry shortly."
    crowded.set()


def test_a_record_as_of_this_second_includes_what_is_recorded_within_it(admin: httpx.Client, clock: FakeClock) -> None:
    record_one(admin)
    address = f"/api/leaderboard?as_of={clock.now().isoformat().replace('+00:00', 'Z')}"
    assert admin.get(address).json()["total"] == 1
    record_one(admin, commentator={"name": "Bob Invented"})
    assert admin.get(address).json()["total"] == 2


def test_a_past_record_shows_current_names(record: httpx.Client) -> None:
    address = f"/api/leaderboard?{THEN}"
    assert "Ann Invented" in record.get(address).text
    changed = record.patch("/api/commentators/ann-invented", json={"name": "Anna Invented"})
    assert changed.status_code == 200
    assert "Anna Invented" in record.get(address).text


def test_a_failed_job_raises_for_those_who_wait_and_frees_its_place() -> None:
    queue = background.BackgroundRunner("broken")
    for _ in range(background.MAX_WAITING + 1):
        with pytest.raises(ZeroDivisionError):
            queue.start(lambda: 1 // 0).result(10)


def test_estimates_that_cannot_be_computed_are_logged_and_computed_at_the_next_request(
    record: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[object] = []

    def once_broken(*args: Any) -> Any:
        calls.append(args)
        if len(calls) == 1:
            raise ZeroDivisionError
        return estimates.estimate(*args)

    monkeypatch.setattr(leaderboard_cache, "estimate", once_broken)
    assert record.get("/api/leaderboard?topic=weather").status_code == 500
    assert record.get("/api/leaderboard?topic=weather").json()["estimates"] == "current"
    assert "could not compute the estimates of a leaderboard" in caplog.text


def test_one_reader_has_two_jobs_waiting_and_readers_do_not_fill_the_places_of_keys() -> None:
    queue, opened = background.BackgroundRunner("busy"), threading.Event()

    def start(client: str, is_known: bool) -> Future[bool]:
        def as_client() -> Future[bool]:
            background.requester.set((client, is_known))
            return queue.start(lambda: opened.wait(20))

        return copy_context().run(as_client)

    started = [start(f"address {at // 2}", False) for at in range(background.MAX_WAITING)]
    for client in ("address 0", "address 9"):
        with pytest.raises(Unavailable):
            start(client, False)
    started += [start("key a", True) for _ in range(background.MAX_WAITING)]
    with pytest.raises(Unavailable):
        start("key b", True)
    opened.set()
    assert all(future.result(20) for future in started)
    started = [start("address 0", False) for _ in range(background.MAX_WAITING_PER_CLIENT)]
    assert all(future.result(20) for future in started)
