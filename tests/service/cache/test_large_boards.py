"""The estimates of a large record are computed in the background; readers get what is there at once."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from predictions.leaderboard import estimates
from service.cache import leaderboard_cache
from tests.support.sample_prediction import record_one, resolve

BOARD = "/api/leaderboard"


class Gate:
    """Delays the computation of estimates until a test opens it."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.threads: list[str] = []

    def estimate(self, *args: Any) -> Any:
        self.threads.append(threading.current_thread().name)
        assert self.opened.wait(30)
        return self.real(*args)

    real = staticmethod(estimates.estimate)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """Every record is large, and its estimates wait for the gate."""
    gate = Gate()
    monkeypatch.setattr(leaderboard_cache, "MAX_PAIRS_TO_WAIT_FOR", 0)
    monkeypatch.setattr(leaderboard_cache, "REQUEST_WAIT_SECONDS", 0.01)
    monkeypatch.setattr(leaderboard_cache, "estimate", gate.estimate)
    yield gate
    gate.opened.set()


def board_when(api: httpx.Client, state: str) -> Any:
    """The board as soon as its estimates are in this state."""
    until = time.monotonic() + 20
    while (found := api.get(BOARD).json())["estimates"] != state:
        assert time.monotonic() < until, found
        time.sleep(0.01)
    return found


def test_the_first_reader_gets_means_at_once_and_the_next_ones_their_intervals(admin: httpx.Client, gate: Gate) -> None:
    record_one(admin)
    resolve(admin)
    first = admin.get(BOARD).json()
    (item,) = first["items"]
    assert (first["estimates"], first["estimates_event"]) == ("pending", None)
    assert (item["status"], item["resolved"], item["brier_low"], item["skill"]) == ("pending", 1, None, None)
    assert isinstance(item["brier"], float)
    assert "being computed" in admin.get("/").text
    assert "being computed" in admin.get(f"/commentators/{item['commentator']['slug']}").text
    assert admin.get(f"/api/commentators/{item['commentator']['slug']}/record").json()["summary"]["status"] == "pending"
    gate.opened.set()
    (now,) = board_when(admin, "current")["items"]
    assert (now["status"], now["brier"]) == ("too_few", item["brier"])
    assert now["brier_low"] <= now["brier"] <= now["brier_high"]
    assert set(gate.threads) == {"estimates"}


def test_the_last_estimates_are_shown_while_new_ones_are_made(admin: httpx.Client, gate: Gate) -> None:
    gate.opened.set()
    record_one(admin)
    resolve(admin)
    before = board_when(admin, "current")
    gate.opened.clear()
    record_one(admin, commentator={"name": "Another person"})
    meanwhile = admin.get(BOARD).json()
    assert (meanwhile["estimates"], meanwhile["estimates_event"]) == ("stale", before["estimates_event"])
    assert [item["status"] for item in meanwhile["items"]] == ["too_few", "too_few"]
    assert [item["resolved"] for item in meanwhile["items"]] == [1, 1]
    assert "Ranks and intervals are from before the change" in admin.get("/").text
    gate.opened.set()
    assert board_when(admin, "current")["estimates_event"] > before["estimates_event"]
    assert "from before the change" not in admin.get("/").text


def test_a_first_reader_who_waits_gets_estimates_that_are_computed_soon(
    admin: httpx.Client, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaderboard_cache, "REQUEST_WAIT_SECONDS", 30)
    gate.opened.set()
    record_one(admin)
    resolve(admin)
    assert admin.get(BOARD).json()["estimates"] == "current"
