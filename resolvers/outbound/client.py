"""The guarded HTTP client for every outside address: feeds, pages to be imported, and webhook targets.

It stands on httpcore, the engine below httpx, since that takes a network backend of our own. So there are no
cookies, no proxy from the environment, no kept connection, no decoding and no redirect but those written here.
"""

import ssl
from collections.abc import Iterable, Mapping
from urllib.parse import urljoin

import certifi
import httpcore
import httpx

from resolvers.clock import Clock
from resolvers.errors import AddressRefused, FetchError, SourceChanged, SourceUnavailable, TooLarge, TooSlow
from resolvers.outbound.address_guard import AllowList, checked_url, port_of
from resolvers.outbound.body_reader import read_body, read_some
from resolvers.outbound.limits import Budget, Limits
from resolvers.outbound.redaction import redacted
from resolvers.outbound.response import Fetched
from resolvers.outbound.transport import Connect, PinnedBackend, Resolve, look_up, open_socket

__all__ = [
    "AddressRefused",
    "FetchError",
    "Fetched",
    "Fetcher",
    "Limits",
    "SourceChanged",
    "SourceUnavailable",
    "TooLarge",
    "TooSlow",
]

MAX_REDIRECTS = 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})
KEPT_ON_HOST_CHANGE = frozenset({"accept", "accept-encoding", "user-agent"})
MAX_HEADER_BYTES = 256 * 1024
MAX_ANSWER_BYTES = 16 * 1024  # of the answer to a POST, enough for a delivery log


class Fetcher:
    """Asks outside addresses, and only those that may be asked. Safe to share between threads.

    ``allowed_hosts`` is the operator's allow-list (see ``AllowList``); ``user_agent`` names the project and a
    contact; ``ssl_context`` replaces the public authorities of certificates. ``resolve`` and ``connect`` stand for
    the system's look-up and sockets.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        user_agent: str,
        allowed_hosts: Iterable[str] = (),
        limits: Limits | None = None,
        ssl_context: ssl.SSLContext | None = None,
        resolve: Resolve = look_up,
        connect: Connect = open_socket,
    ) -> None:
        self._clock = clock
        self._user_agent = user_agent
        self._allowed = AllowList(allowed_hosts)
        self._limits = limits or Limits()
        self._ssl_context = ssl_context or ssl.create_default_context(cafile=certifi.where())
        self._resolve = resolve
        self._connect = connect

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        etag: str | None = None,
        last_modified: str | None = None,
        max_bytes: int | None = None,
        total_seconds: float | None = None,
    ) -> Fetched:
        """The answer to a GET, after at most three redirects, each checked anew; whatever its status.

        ``etag`` and ``last_modified`` are those of the last answer: the status is then 304 where nothing changed.
        Raises ``AddressRefused``, ``SourceUnavailable``, ``TooSlow``, ``TooLarge`` or ``SourceChanged``.
        """
        limit = self._limits.max_bytes if max_bytes is None else max_bytes
        validators = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        asked = httpx.Headers({"Accept-Encoding": "gzip", **(headers or {})})
        asked.update({name: value for name, value in validators.items() if value})
        here = checked_url(url)
        budget = self._budget(here, limit, total_seconds)
        for _ in range(MAX_REDIRECTS + 1):
            budget.host = here.host
            status, answer, body = self._send("GET", here, asked, None, budget, limit)
            location = answer.get("location")
            if status not in REDIRECTS or not location:
                return self._fetched(url, here, status, answer, body)
            there = _next_hop(here, location)
            if (there.scheme, there.host, port_of(there)) != (here.scheme, here.host, port_of(here)):
                asked = httpx.Headers([(k, v) for k, v in asked.multi_items() if k in KEPT_ON_HOST_CHANGE])
            here = there
        raise SourceUnavailable(f"{here.host}: more than {MAX_REDIRECTS} redirects: use the address they lead to")

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str] | None = None, *, total_seconds: float | None = None
    ) -> Fetched:
        """The answer to a POST. No redirect is followed: a status of the 300s comes back as it is.

        The status is the answer: of the body only the start is kept, and a body that breaks off or drips does not
        turn a message taken into one that failed. Raises ``AddressRefused``, ``SourceUnavailable`` or ``TooSlow``.
        """
        here = checked_url(url)
        budget = self._budget(here, MAX_ANSWER_BYTES, total_seconds)
        asked = httpx.Headers({"Accept-Encoding": "identity", **(headers or {})})
        status, answer, start = self._send("POST", here, asked, body, budget, None)
        return self._fetched(url, here, status, answer, start)

    def _budget(self, url: httpx.URL, max_bytes: int, total_seconds: float | None) -> Budget:
        limits = self._limits
        return Budget(
            clock=self._clock,
            host=url.host,
            connect_seconds=limits.connect_seconds,
            read_seconds=limits.read_seconds,
            total_seconds=limits.total_seconds if total_seconds is None else total_seconds,
            wire_bytes=2 * max_bytes + (MAX_REDIRECTS + 1) * MAX_HEADER_BYTES,
        )

    def _send(
        self,
        method: str,
        url: httpx.URL,
        headers: httpx.Headers,
        content: bytes | None,
        budget: Budget,
        limit: int | None,
    ) -> tuple[int, httpx.Headers, bytes]:
        """One request on a connection of its own: status, headers and body (its start where ``limit`` is None)."""
        headers.setdefault("User-Agent", self._user_agent)
        backend = PinnedBackend(self._allowed, budget, self._resolve, self._connect)
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        try:
            with (
                httpcore.ConnectionPool(ssl_context=self._ssl_context, network_backend=backend) as pool,
                pool.stream(method, target, headers=headers.raw, content=content) as response,
            ):
                answer = httpx.Headers(response.headers)
                chunks = response.iter_stream()
                if limit is None:
                    return response.status, answer, read_some(chunks, MAX_ANSWER_BYTES)
                if response.status in REDIRECTS or response.status == 304:
                    return response.status, answer, b""
                return response.status, answer, read_body(chunks, answer, limit, budget.host)
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise SourceUnavailable(
                f"{budget.host} broke off or does not speak HTTP ({type(error).__name__}): try again later"
            ) from error

    def _fetched(self, url: str, final: httpx.URL, status: int, headers: httpx.Headers, body: bytes) -> Fetched:
        return Fetched(redacted(url), redacted(str(final)), status, dict(headers), body, self._clock.now())


def _next_hop(here: httpx.URL, location: str) -> httpx.URL:
    try:
        target = urljoin(str(here), location)
    except ValueError:
        raise AddressRefused(f"{here.host} leads to something that is no address: use the one it means") from None
    there = checked_url(target)
    if here.scheme == "https" and there.scheme == "http":
        raise AddressRefused(f"{here.host} leads from https to http: use an address that stays on https")
    return there
