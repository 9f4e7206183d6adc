"""Reliability diagrams are computed in the background, once for all readers and until the record changes."""

import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from predictions.records import calibration
from service.cache import calibration_cache
from tests.support.sample_prediction import record_one, resolve


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the threads in which diagrams are made from now on."""
    found: list[str] = []

    def noted(*args: Any, **named: Any) -> Any:
        found.append(threading.current_thread().name)
        return calibration.calibration_of(*args, **named)

    monkeypatch.setattr(calibration_cache, "calibration_of", noted)
    return found


def test_a_diagram_is_computed_in_the_background_once_for_api_and_page(admin: httpx.Client, threads: list[str]) -> None:
    record_one(admin)
    resolve(admin)
    for address in ("/calibration", "/api/calibration", "/calibration", "/api/calibration"):
        assert admin.get(address).status_code == 200
    assert threads == ["calibration"]


def test_a_diagram_is_computed_again_when_the_record_has_changed(admin: httpx.Client, threads: list[str]) -> None:
    record_one(admin)
    assert admin.get("/api/calibration").json()["predictions"] == 0
    resolve(admin)
    assert admin.get("/api/calibration").json()["predictions"] == 1
    assert len(threads) == 2


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """No diagram is finished until the event is set."""
    opened = threading.Event()
    monkeypatch.setattr(calibration_cache, "REQUEST_WAIT_SECONDS", 0.05)

    def waiting(*args: Any, **named: Any) -> Any:
        assert opened.wait(30)
        return calibration.calibration_of(*args, **named)

    monkeypatch.setattr(calibration_cache, "calibration_of", waiting)
    yield opened
    opened.set()


def test_a_reader_with_many_diagrams_in_work_is_asked_to_retry(base_url: str, slow: threading.Event) -> None:
    replies = [httpx.get(f"{base_url}/api/calibration?topic=topic-{number}") for number in range(3)]
    assert [(reply.status_code, "retry-after" in reply.headers) for reply in replies] == [(503, True)] * 3
    assert [reply.json()["detail"] for reply in replies] == [
        *["The calibration is being computed. Retry shortly."] * 2,
        "Too many leaderboards and diagrams are being computed. Retry shortly.",
    ]
