"""Admit a request to work: count it for its client, and let it wait for its turn.

Replies from the page cache, static files and health checks are not counted and never wait.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import HTTPException, Request

from resolvers.clock import Clock
from service.cache.background import requester
from service.limits.client_address import client_group
from service.limits.fair_queue import FairQueue
from service.limits.rate_limit import RateLimiter, Usage, note
from service.security.access import identify
from service.security.browser_session import read_session
from service.settings import Settings

#: The cost of a request to a slow endpoint, and of one with an unknown key, in requests.
SLOW_COST = 10
#: How many requests work at the same time, of readers without a key or session: more would only share one processor.
READERS_AT_WORK = 8
#: Past records, comparisons, searches and downloads at work, of all clients.
SLOW_AT_WORK = 4
#: The longest wait for a turn.
LONGEST_WAIT_SECONDS = 10.0
_ADMITTED = "trackrecord.admitted"
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
_slow_endpoints: set[Callable[..., Any]] = set()


def slow_endpoint(endpoint: Endpoint) -> Endpoint:
    """Mark the endpoint of a route as slow: it costs more, and waits in a queue of its own."""
    _slow_endpoints.add(endpoint)
    return endpoint


@dataclass(frozen=True)
class Client:
    """The client of a request: a key, a session or an address, and the requests that it may make in a minute."""

    name: str
    is_known: bool
    quota: int


class Admission:
    """Counts and queues of one process."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self.rates = RateLimiter(clock)
        options = {"waiting_per_client": 64, "waiting": 256, "longest_wait_seconds": LONGEST_WAIT_SECONDS}
        self.readers = FairQueue(READERS_AT_WORK, **options)  # type: ignore[arg-type]
        self.slow = FairQueue(SLOW_AT_WORK, **options)  # type: ignore[arg-type]

    def address(self, request: Request) -> Client:
        """Return the client that an address is."""
        group = client_group(request.client.host if request.client else "")
        return Client(f"address {group}", False, self._settings.requests_per_minute)

    async def client(self, request: Request) -> Client:
        """Return the client of a request. Raises 401 for an invalid key, which counts for its address."""
        address = self.address(request)
        known = self._settings.key_requests_per_minute
        if "authorization" in request.headers:
            try:
                return Client(f"key {(await identify(request)).name}", True, known)
            except HTTPException:
                usage = self.rates.charge(address.name, address.quota, SLOW_COST)
                note(request.scope, usage)
                usage.refuse_excess()
                raise
        session = read_session(request)
        if session is not None and session.key is not None:
            return Client(f"session {session.key}", True, known)
        return address

    def charge(self, request: Request, client: Client) -> Usage:
        """Count the request, and return what the client has used."""
        return self.rates.charge(client.name, client.quota, SLOW_COST if is_slow(request) else 1)


def is_slow(request: Request) -> bool:
    """Return whether the endpoint of the request is marked as slow."""
    route = request.scope.get("route")
    return "as_of" in request.query_params or getattr(route, "endpoint", None) in _slow_endpoints


async def count(request: Request) -> Client:
    """Count a request once, whose reply then carries the RateLimit header fields. Raises 401 and 429."""
    client: Client | None = request.scope.get(_ADMITTED)
    if client is None:
        admission: Admission = request.app.state.admission
        client = await admission.client(request)
        usage = admission.charge(request, client)
        note(request.scope, usage)
        usage.refuse_excess()
        request.scope[_ADMITTED] = client
    return client


async def admitted(request: Request) -> AsyncIterator[None]:
    """Count the request and hold its turn while the endpoint runs. Raises 401, 429, and ``Unavailable`` for 503."""
    client = await count(request)
    requester.set((client.name, client.is_known))
    admission: Admission = request.app.state.admission
    queue = admission.slow if is_slow(request) else None if client.is_known else admission.readers
    async with queue.turn(client.name) if queue else nullcontext():
        yield
