"""Count the requests that no route counts, and let replies carry the RateLimit header fields."""

from collections.abc import Callable

from fastapi import HTTPException, Request
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.limits.admission import Admission
from service.limits.rate_limit import note, noted
from service.web.problems import Problem, problem_of


class CountedErrors:
    """Middleware that counts for its address each request with an error that was not counted before.

    These are unknown addresses and methods, and what is refused before a route is looked for. Beyond the quota the
    reply is 429. ``page`` may answer with a page instead of the problem.
    """

    def __init__(self, app: ASGIApp, page: Callable[[Request, Problem, Exception], Response | None]) -> None:
        self._app, self._page = app, page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        replaced = False

        async def send_counted(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start":
                excess = _count(scope) if 400 <= message["status"] < 500 and noted(scope) is None else None
                if (usage := noted(scope)) is not None and usage.quota:
                    MutableHeaders(scope=message).update(usage.headers)
                if excess is not None:
                    replaced = True
                    problem = problem_of(excess)
                    reply = self._page(Request(scope), problem, excess) or problem
                    reply.headers.update(usage.headers if usage else {})
                    await reply(scope, receive, send)
            if not replaced:
                await send(message)

        await self._app(scope, receive, send_counted if scope["type"] == "http" else send)


def _count(scope: Scope) -> HTTPException | None:
    """Count the request, and return the error if its address has exceeded its quota."""
    admission: Admission = scope["app"].state.admission
    client = admission.address(Request(scope))
    usage = admission.rates.charge(client.name, client.quota)
    note(scope, usage)
    try:
        usage.refuse_excess()
    except HTTPException as error:
        return error
    return None
