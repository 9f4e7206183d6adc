"""Answer every request within its time limit, whatever the database does."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import time_limit
from service.errors import OutcomeUnknown, Unavailable
from service.time_limit import NOT_APPLIED, TimeLimit, within
from service.web.problems import Problem, problem_of

#: What is done for a request ends with its time, and says why; the middleware answers only if that does not happen.
GRACE_SECONDS = 1.0
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class RequestTime:
    """Middleware that sets the time limit of a request, and answers 503 to one that has no answer when it is over.

    The time counts from the last part of the body. Work that cannot be interrupted goes on, and its late answer is
    dropped; a request that the server gives up when it stops is answered too. ``page`` may answer with a page instead.
    """

    def __init__(self, app: ASGIApp, page: Callable[[Request, Problem, Exception], Response | None]) -> None:
        self._app, self._page = app, page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        safe = scope["method"] in SAFE_METHODS
        seconds = time_limit.READ_SECONDS if safe else time_limit.WRITE_SECONDS
        limit, reply = TimeLimit(seconds), _Reply(send)

        async def receive_part() -> Message:
            message = await receive()
            if not safe and message["type"] == "http.request":
                limit.restart(seconds)
            return message

        async def give_up() -> None:
            error = OutcomeUnknown() if limit.begun else Unavailable(NOT_APPLIED)
            problem = problem_of(error)
            await reply.replace(self._page(Request(scope), problem, error) or problem, scope, receive)

        watch = _Watch(limit, give_up)
        try:
            with within(limit):
                await self._app(scope, receive_part, reply.send)
        except asyncio.CancelledError:  # the server stops and waits no longer
            if reply.started:
                raise
            await give_up()
        finally:
            await watch.end()


class _Reply:
    """The answer to a request: the first that begins is sent, and parts of any other are dropped."""

    def __init__(self, send: Send) -> None:
        self._send, self.started, self._replaced = send, False, False

    async def send(self, message: Message) -> None:
        if not self._replaced:
            self.started = True
            await self._send(message)

    async def replace(self, response: Response, scope: Scope, receive: Receive) -> None:
        if not self.started:
            self.started = self._replaced = True
            await response(scope, receive, self._send)


class _Watch:
    """A timer that calls ``give_up`` once the limit has passed. Unlike a task it costs a request next to nothing."""

    def __init__(self, limit: TimeLimit, give_up: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._limit, self._give_up = limit, give_up
        self._task: asyncio.Task[None] | None = None
        self._set()

    def _set(self) -> None:
        wait = self._limit.seconds_left() + GRACE_SECONDS
        self._timer = asyncio.get_running_loop().call_later(wait, self._look)

    def _look(self) -> None:
        if self._limit.seconds_left() + GRACE_SECONDS > 0.001:  # the limit was moved
            self._set()
        else:
            self._task = asyncio.create_task(self._give_up())

    async def end(self) -> None:
        self._timer.cancel()
        if self._task is not None:
            await self._task
