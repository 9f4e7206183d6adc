"""The time of a request: it may be moved, and a reply that has begun is not replaced."""

import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from service import time_limit
from service.time_limit import TimeLimit, extend
from service.web import request_time
from service.web.request_time import RequestTime, _Watch

START: Message = {"type": "http.response.start", "status": 200, "headers": []}


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request has a tenth of a second."""
    monkeypatch.setattr(request_time, "GRACE_SECONDS", 0.0)
    monkeypatch.setattr(time_limit, "READ_SECONDS", 0.1)


def run(app: Any) -> list[Message]:
    """Call the app with a GET; return what it sends."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope: Scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
    asyncio.run(RequestTime(app, lambda request, problem, error: None)(scope, receive, send))
    return sent


@pytest.mark.parametrize(("extended", "status"), [(False, 503), (True, 200)])
def test_work_that_is_known_to_take_long_gets_more_time(extended: bool, status: int) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if extended:
            extend(20)
        await asyncio.sleep(0.4)
        await send(START)

    assert run(app)[0]["status"] == status


def test_a_limit_that_is_moved_while_it_is_watched_holds_from_its_new_end() -> None:
    ended: list[float] = []

    async def watch() -> None:
        limit, loop = TimeLimit(0.1), asyncio.get_running_loop()
        began = loop.time()

        async def give_up() -> None:
            ended.append(loop.time() - began)

        timer = _Watch(limit, give_up)
        limit.restart(0.4)
        await asyncio.sleep(0.8)
        await timer.end()

    asyncio.run(watch())
    assert len(ended) == 1
    assert ended[0] >= 0.4


@pytest.mark.parametrize("begun", [False, True])
def test_a_request_that_the_server_gives_up_is_answered_unless_its_reply_has_begun(begun: bool) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if begun:
            await send(START)
        raise asyncio.CancelledError

    if begun:
        with pytest.raises(asyncio.CancelledError):
            run(app)
    else:
        assert run(app)[0]["status"] == 503
