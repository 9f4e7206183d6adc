"""The server's HTTP protocol, with bounds that uvicorn lacks: size and time of a head, rate of a body, connections.

See docs/adr/0011-bounded-connections.md. A head is the request line with the headers.
"""

import asyncio
import resource
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from service.limits.client_address import TrustedProxies, client_group
from service.web.problems import Problem
from service.web.reply_headers import security_headers

#: File descriptors that are kept for the database, for files and for requests to sources.
RESERVED_FILES = 200
MOST_CONNECTIONS = 4000


@dataclass(frozen=True)
class Bounds:
    """What one connection, and one address, may use. Sizes in bytes, times in seconds."""

    head_bytes: int = 32_768
    headers: int = 100
    pipelined: int = 16
    head_seconds: float = 10.0
    body_bytes_per_second: float = 16_000.0
    body_grace_seconds: float = 10.0
    body_seconds: float = 300.0
    reply_seconds: float = 60.0
    check_seconds: float = 1.0
    connections: int = MOST_CONNECTIONS
    connections_per_address: int = 256
    unfinished_per_address: int = 32


@dataclass
class Clients:
    """What is open at the moment: connections, and requests that have not arrived completely, by client."""

    proxies: TrustedProxies
    bounds: Bounds
    https: bool = False
    connections: Counter[str] = field(default_factory=Counter)
    unfinished: Counter[str] = field(default_factory=Counter)


def _decrement(counter: Counter[str], client: str) -> None:
    counter[client] -= 1
    if counter[client] <= 0:
        del counter[client]


def guarded(proxies: TrustedProxies, bounds: Bounds | None = None, *, https: bool = False) -> Any:
    """Return the protocol for ``uvicorn.Config(http=...)``; all its connections share one count of clients.

    ``https`` says that readers reach the service by https, through a proxy.
    """
    return partial(GuardedProtocol, clients=Clients(proxies, bounds or Bounds(connections=most_connections()), https))


def most_connections() -> int:
    """Return how many connections the process can hold, after raising its limit of open files as far as allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + RESERVED_FILES
    if soft < wanted and (hard == resource.RLIM_INFINITY or hard > soft):
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(min(MOST_CONNECTIONS, soft - RESERVED_FILES), 32)


class GuardedProtocol(HttpToolsProtocol):
    """Uvicorn's protocol, which closes connections that take too much: too large, too slow, too many."""

    def __init__(self, *args: Any, clients: Clients, **options: Any) -> None:
        super().__init__(*args, **options)
        self._clients, self._bounds = clients, clients.bounds
        self._client = ""
        self._refused = False
        self._head_bytes = 0
        self._heads_begun = 0
        self._in_head = False
        self._in_body = False
        self._body_bytes = 0
        self._bytes_beside_body = 0
        self._body_since = 0.0
        self._counted_unfinished = False
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._cycles: list[RequestResponseCycle] = []

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)  # else what is below 64 kB does not pause writing, hence has no time
        self._client = client_group(self.client[0] if self.client else "")
        self._clients.connections[self._client] += 1
        self._start_timer("head", self._bounds.head_seconds, self._head_is_late)
        self._check_connections()

    def connection_lost(self, exc: Exception | None) -> None:
        for name in list(self._timers):
            self._stop_timer(name)
        self._give_up()
        self._count_unfinished(False)
        _decrement(self._clients.connections, self._client)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        self._heads_begun, idle_before = 0, not self._in_head and self._is_idle()
        in_body_before, body_before = self._in_body, self._body_bytes
        super().data_received(data)
        self._check_head(len(data), idle_before)
        if in_body_before and self._in_body:
            self._check_beside_body(len(data), self._body_bytes - body_before)

    def _check_beside_body(self, received: int, body: int) -> None:
        """Refuse a body of chunks whose extensions or trailers are as large as no head may be."""
        self._bytes_beside_body = 0 if body else self._bytes_beside_body + received
        if self._bytes_beside_body > self._bounds.head_bytes and not self._refused:
            self._refuse_head()

    def _check_head(self, received: int, idle_before: bool) -> None:
        if self._refused or self.transport.is_closing():
            return
        self._count_unfinished(self._in_body)
        # Uvicorn's timer of idle connections ends with the first byte, whatever that is.
        if (self._in_head or self._is_idle()) and "head" not in self._timers:
            self._start_timer("head", self._bounds.head_seconds, self._head_is_late)
        if self._in_head and (self._heads_begun == 0 or (self._heads_begun == 1 and idle_before)):
            self._head_bytes += received
            if self._head_bytes > self._bounds.head_bytes:
                self._refuse_head()

    def on_message_begin(self) -> None:
        if self._refused:
            return
        self._in_head, self._head_bytes = True, 0
        self._heads_begun += 1
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        if not self._refused:
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head and not self._refused:  # a trailer is dropped: it must not change what was decided
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self._refused:
            return
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self._bounds.head_bytes or len(self.headers) > self._bounds.headers:
            self._refuse_head()
        elif len(self._unanswered()) >= self._bounds.pipelined:
            self._refuse(429, "Too Many Requests", "too many requests were sent before an answer: wait for each answer")
        elif self._attribute_to_client():
            self._stop_timer("head")
            self._in_head = False
            self._in_body, self._body_bytes, self._bytes_beside_body = True, 0, 0
            self._body_since = self.loop.time()
            super().on_headers_complete()
            self._cycles = [cycle for cycle in (*self._cycles, self.cycle) if not cycle.response_complete]

    def on_body(self, body: bytes) -> None:
        if not self._refused:
            self._body_bytes += len(body)
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_body = False
        if not self._refused:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._cut_off_later()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._cut_off_later()

    def _cut_off_later(self) -> None:
        """Bound how long a connection that is being closed waits for the client to read."""
        if self.transport.is_closing() and self in self.connections and "reply" not in self._timers:
            self._start_timer("reply", self._bounds.reply_seconds, self._cut_off)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._start_timer("reply", self._bounds.reply_seconds, self._cut_off)

    def resume_writing(self) -> None:
        self._stop_timer("reply")
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's text is replaced
        self._refuse(400, "Bad Request", "this is not a valid HTTP request: check the request line and the headers")

    def shutdown(self) -> None:
        if self._in_body and not self._refused:
            self._refuse(503, "Not available now", "the service stops, and the request had not arrived: send it again")
        else:
            super().shutdown()

    def _unanswered(self) -> list[RequestResponseCycle]:
        return [cycle for cycle in self._cycles if not cycle.response_complete]

    def _is_idle(self) -> bool:
        return not self._in_body and not self._unanswered()

    def _attribute_to_client(self) -> bool:
        """Count this connection for the client that a trusted proxy names; return whether it may go on."""
        peer = self.client[0] if self.client else ""
        client = client_group(self._clients.proxies.client(peer, self.headers))
        if client == self._client:
            return True
        _decrement(self._clients.connections, self._client)
        self._client = client
        self._clients.connections[client] += 1
        return self._check_connections()

    def _check_connections(self) -> bool:
        if len(self.connections) > self._bounds.connections:
            self._refuse(503, "Not available now", "too many connections are open: try again shortly")
        elif self._clients.connections[self._client] > self._bounds.connections_per_address:
            most = self._bounds.connections_per_address
            self._refuse(429, "Too Many Requests", f"more than {most} connections from one address: close some")
        return not self._refused

    def _count_unfinished(self, unfinished: bool) -> None:
        if unfinished is self._counted_unfinished:
            return
        self._counted_unfinished = unfinished
        if not unfinished:
            _decrement(self._clients.unfinished, self._client)
            self._stop_timer("body")
            return
        self._clients.unfinished[self._client] += 1
        self._start_timer("body", self._bounds.check_seconds, self._check_body)
        if self._clients.unfinished[self._client] > self._bounds.unfinished_per_address:
            detail = "too many requests from one address are unfinished: send each body at once, and fewer together"
            self._refuse(429, "Too Many Requests", detail)

    def _check_body(self) -> None:
        if self.flow.read_paused:  # the service is slower than the client: that is not the client's fault
            self._body_since += self._bounds.check_seconds
        elapsed, bounds = self.loop.time() - self._body_since, self._bounds
        too_slow = elapsed > bounds.body_grace_seconds and self._body_bytes < elapsed * bounds.body_bytes_per_second
        if too_slow or elapsed > bounds.body_seconds:
            self._refuse(408, "Request Timeout", "the body arrived too slowly: send it faster, or in smaller parts")
        else:
            self._start_timer("body", bounds.check_seconds, self._check_body)

    def _head_is_late(self) -> None:
        if not self._in_head:  # nothing was asked: browsers open connections in advance
            self.transport.close()
            return
        detail = f"the headers did not arrive within {self._bounds.head_seconds:g} seconds: send them at once"
        self._refuse(408, "Request Timeout", detail)

    def _refuse_head(self) -> None:
        most = self._bounds.head_bytes
        detail = (
            f"address and headers exceed {most} bytes, or there are more than {self._bounds.headers} headers: "
            "shorten the query, or send fewer cookies"
        )
        self._refuse(431, "Request Header Fields Too Large", detail)

    def _refuse(self, status: int, title: str, detail: str) -> None:
        """Answer with a problem, unless a reply is under way, and close the connection."""
        self._refused = True
        if not any(cycle.response_started for cycle in self._unanswered()):
            retry = {"Retry-After": "5"} if status in (429, 503) else {}
            fixed = {"Connection": "close", "Cache-Control": "no-store", **security_headers(https=self._clients.https)}
            problem = Problem(status, title, detail, headers=fixed | retry)
            lines = [name + b": " + value + b"\r\n" for name, value in problem.raw_headers]
            self.transport.write(b"".join([STATUS_LINE[status], *lines, b"\r\n", bytes(problem.body)]))
        self._give_up()
        self.transport.close()
        self._cut_off_later()

    def _cut_off(self) -> None:
        self._refused = True
        self._give_up()
        self.transport.abort()

    def _give_up(self) -> None:
        """Let the requests that are under way write nothing more: the transport would raise an error."""
        self.pipeline.clear()
        for cycle in self._unanswered():
            cycle.disconnected = True
            cycle.message_event.set()

    def _start_timer(self, name: str, seconds: float, then: Callable[[], None]) -> None:
        self._stop_timer(name)
        self._timers[name] = self.loop.call_later(seconds, then)

    def _stop_timer(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()
