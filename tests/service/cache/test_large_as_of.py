"""A large past record is rebuilt in the background; its readers are asked to retry."""

import threading
import time
from typing import Any

import httpx
import pytest

from predictions.audit import as_of
from service.cache import as_of_cache
from service.errors import Unavailable
from tests.support.fake_clock import FakeClock
from tests.support.sample_prediction import record_one, resolve

PAST = {"as_of": "2025-04-01T13:00:00Z"}


def test_a_reader_of_a_past_record_that_takes_long_is_asked_to_retry(
    admin: httpx.Client, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_one(admin)
    resolve(admin)
    clock.advance(86_400)
    opened, rebuild = threading.Event(), as_of.rebuild

    def slow(*args: Any) -> Any:
        assert opened.wait(30)
        return rebuild(*args)

    monkeypatch.setattr(as_of_cache, "rebuild", slow)
    monkeypatch.setattr(as_of_cache, "REQUEST_WAIT_SECONDS", 0.05)
    first = admin.get("/api/leaderboard", params=PAST)
    assert (first.status_code, "retry-after" in first.headers) == (503, True)
    assert "being rebuilt" in first.json()["detail"]
    opened.set()
    until = time.monotonic() + 20
    while (reply := admin.get("/api/leaderboard", params=PAST)).status_code == 503:
        assert time.monotonic() < until
    assert reply.json()["items"][0]["resolved"] == 1
    assert admin.get("/api/commentators/ann-invented/record", params=PAST).status_code == 200


def test_a_past_record_that_could_not_be_rebuilt_is_tried_again(
    admin: httpx.Client, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_one(admin)
    clock.advance(86_400)
    rebuild, calls = as_of.rebuild, []

    def once_broken(*args: Any) -> Any:
        calls.append(args)
        if len(calls) == 1:
            raise Unavailable("the database is away")
        return rebuild(*args)

    monkeypatch.setattr(as_of_cache, "rebuild", once_broken)
    assert admin.get("/api/leaderboard", params=PAST).status_code == 503
    for _ in range(as_of_cache.MAX_KEPT + 2):
        assert admin.get("/api/leaderboard", params=PAST).status_code == 200
    assert len(calls) == 2


def test_many_past_records_are_read_and_the_oldest_evicted(admin: httpx.Client, clock: FakeClock) -> None:
    record_one(admin)
    clock.advance(30 * 86_400)
    for _ in range(2):
        for day in range(2, 2 + as_of_cache.MAX_KEPT + 2):
            reply = admin.get("/api/leaderboard", params={"as_of": f"2025-04-{day:02}"})
            assert (reply.status_code, reply.json()["total"]) == (200, 1)


def test_large_past_records_are_not_cached_together(
    admin: httpx.Client, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_one(admin)
    clock.advance(30 * 86_400)
    rebuild, calls = as_of.rebuild, []

    def counted(*args: Any) -> Any:
        calls.append(args)
        return rebuild(*args)

    monkeypatch.setattr(as_of_cache, "rebuild", counted)

    def rebuilt(*days: int) -> int:
        calls.clear()
        for day in days:
            assert admin.get("/api/leaderboard", params={"as_of": f"2025-04-{day:02}"}).json()["total"] == 1
        return len(calls)

    assert rebuilt(2, 3, 2, 3) == 2
    monkeypatch.setattr(as_of_cache, "MAX_PREDICTIONS", 1)
    assert rebuilt(4, 4, 5, 5, 4) == 3
