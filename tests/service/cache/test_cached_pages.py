"""A cached page is never outdated, and is not served to those without access."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import Request
from sqlmodel import Session

from predictions import ledger
from service.app import create_app
from service.db.coalesced_reads import CoalescedRead
from service.db.engine import make_engine, write_transaction
from service.pages.public import calibration as page
from service.pages.rendering.templates import template_bytes
from service.settings import Settings
from tests.support.fake_clock import FakeClock
from tests.support.sample_prediction import record_one, resolve

BOARD = "/api/leaderboard?limit=10"


def test_the_reader_of_another_process_sees_each_write_at_once(
    admin: httpx.Client, settings: Settings, clock: FakeClock, serve: Callable[[Any], str]
) -> None:
    other = httpx.Client(base_url=serve(create_app(settings, clock=clock)))
    with other:
        for count in range(1, 6):
            record_one(admin, commentator={"name": f"Person {count}"})
            for _ in range(3):
                assert other.get(BOARD).json()["total"] == count
        resolve(admin)
        assert [item["resolved"] for item in other.get(BOARD).json()["items"]] == [1] * 5


def test_a_cached_page_is_the_same_bytes_and_not_sent_to_a_client_that_has_it(
    admin: httpx.Client, base_url: str
) -> None:
    record_one(admin)
    first, second = httpx.get(base_url + BOARD), httpx.get(base_url + BOARD)
    assert (first.content, first.headers["etag"]) == (second.content, second.headers["etag"])
    held = httpx.get(base_url + BOARD, headers={"If-None-Match": first.headers["etag"]})
    assert (held.status_code, held.content) == (304, b"")


def test_a_cached_page_is_refused_to_an_invalid_key(admin: httpx.Client, base_url: str) -> None:
    record_one(admin)
    assert httpx.get(base_url + BOARD).status_code == 200
    assert httpx.get(base_url + BOARD, headers={"Authorization": "Bearer nonsense"}).status_code == 401


def test_without_public_reading_a_cached_page_needs_a_key(
    admin: httpx.Client, settings: Settings, clock: FakeClock, serve: Callable[[Any], str]
) -> None:
    record_one(admin)
    closed = serve(create_app(settings.model_copy(update={"public_read": False}), clock=clock))
    assert httpx.get(closed + BOARD, headers=dict(admin.headers)).status_code == 200
    assert httpx.get(closed + BOARD).status_code == 401


def test_a_shared_result_is_never_older_than_the_call_for_it(database_url: str, clock: FakeClock) -> None:
    engine = make_engine(database_url)
    newest = CoalescedRead(engine, lambda session: ledger.head(session).seq)

    def write() -> int:
        with write_transaction(engine) as session:
            _append(session, clock)
            return ledger.head(session).seq

    async def ask() -> None:
        written = await asyncio.to_thread(write)
        assert await newest.get() >= written

    async def many() -> None:
        await asyncio.gather(*(ask() for _ in range(40)))
        assert await newest.get() == 40

    asyncio.run(many())
    engine.dispose()


def _append(session: Session, clock: FakeClock) -> None:
    entry = ledger.NewEvent(clock.now(), "test", "note.made", "question", 1, {})
    ledger.append_all(session, [entry])


def test_a_cookie_of_others_does_not_make_a_page_be_rendered_again(
    admin: httpx.Client, base_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_one(admin)
    rendered: list[str] = []

    def noted(request: Request, name: str, **context: Any) -> bytes:
        rendered.append(name)
        return template_bytes(request, name, **context)

    monkeypatch.setattr(page, "template_bytes", noted)
    for cookie in ("_visits=1", "trackrecord=forged", ""):
        assert httpx.get(f"{base_url}/calibration", headers={"Cookie": cookie}).status_code == 200
    assert rendered == ["calibration.html"]
