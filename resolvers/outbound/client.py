"""The guarded HTTP client for every outside address: sources of data, pages to be imported, and webhook targets.

It is built on httpcore, the layer below httpx, because httpcore accepts a custom network backend. It therefore has no
cookies, no proxy from the environment, no persistent connections, and no decoding or redirects but those written here.
"""

import ssl
from collections.abc import Iterable, Mapping
from urllib.parse import urljoin

import certifi
import httpcore
import httpx

from resolvers.clock import Clock
from resolvers.errors import AddressRefused, FetchError, SourceChanged, SourceUnavailable, TooLarge, TooSlow
from resolvers.outbound.address_guard import AllowList, port_of, validate_url
from resolvers.outbound.body_reader import read_body, read_start
from resolvers.outbound.limits import Budget, Limits
from resolvers.outbound.redaction import redact
from resolvers.outbound.response import FetchedResponse
from resolvers.outbound.transport import Connect, PinnedBackend, Resolve, open_socket, resolve_host

__all__ = [
    "AddressRefused",
    "FetchError",
    "FetchedResponse",
    "Limits",
    "OutboundClient",
    "SourceChanged",
    "SourceUnavailable",
    "TooLarge",
    "TooSlow",
]

MAX_REDIRECTS = 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})
KEPT_HEADERS = frozenset({"accept", "accept-encoding", "user-agent"})
MAX_HEADER_BYTES = 256 * 1024
MAX_POST_BODY_BYTES = 16 * 1024  # of the response to a POST, enough for a delivery log


class OutboundClient:
    """Sends requests to outside addresses that pass the address guard. Safe to share between threads.

    ``allowed_hosts`` is the allow-list of the operator (see ``AllowList``); ``user_agent`` names the project and a
    contact; ``ssl_context`` replaces the public certificate authorities. ``resolve`` and ``connect`` replace the host
    name resolution and sockets of the system.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        user_agent: str,
        allowed_hosts: Iterable[str] = (),
        limits: Limits | None = None,
        ssl_context: ssl.SSLContext | None = None,
        resolve: Resolve = resolve_host,
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
    ) -> FetchedResponse:
        """Return the response to a GET, whatever its status, after at most three redirects, each checked again.

        ``etag`` and ``last_modified`` are those of the last response: the status is 304 if nothing has changed.
        Raises ``AddressRefused``, ``SourceUnavailable``, ``TooSlow``, ``TooLarge`` or ``SourceChanged``.
        """
        limit = self._limits.max_bytes if max_bytes is None else max_bytes
        validators = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        request_headers = httpx.Headers({"Accept-Encoding": "gzip", **(headers or {})})
        request_headers.update({name: value for name, value in validators.items() if value})
        current = validate_url(url)
        budget = self._budget(current, limit, total_seconds)
        for _ in range(MAX_REDIRECTS + 1):
            budget.host = current.host
            status, response_headers, body = self._send("GET", current, request_headers, None, budget, limit)
            location = response_headers.get("location")
            if status not in REDIRECTS or not location:
                return self._response(url, current, status, response_headers, body)
            redirected = _next_hop(current, location)
            if (redirected.scheme, redirected.host, port_of(redirected)) != (
                current.scheme,
                current.host,
                port_of(current),
            ):
                request_headers = httpx.Headers([(k, v) for k, v in request_headers.multi_items() if k in KEPT_HEADERS])
            current = redirected
        raise SourceUnavailable(f"{current.host}: more than {MAX_REDIRECTS} redirects: use the final address")

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str] | None = None, *, total_seconds: float | None = None
    ) -> FetchedResponse:
        """Return the response to a POST. Redirects are not followed: a 3xx status is returned as it is.

        Only the start of the body is read: a message that was accepted does not fail because the body breaks off or is
        slow. Raises ``AddressRefused``, ``SourceUnavailable`` or ``TooSlow``.
        """
        current = validate_url(url)
        budget = self._budget(current, MAX_POST_BODY_BYTES, total_seconds)
        request_headers = httpx.Headers({"Accept-Encoding": "identity", **(headers or {})})
        status, response_headers, start = self._send("POST", current, request_headers, body, budget, None)
        return self._response(url, current, status, response_headers, start)

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
        """Send one request on a connection of its own; return status, headers and body.

        Without ``limit`` only the start of the body is returned.
        """
        headers.setdefault("User-Agent", self._user_agent)
        backend = PinnedBackend(self._allowed, budget, self._resolve, self._connect)
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        try:
            with (
                httpcore.ConnectionPool(ssl_context=self._ssl_context, network_backend=backend) as pool,
                pool.stream(method, target, headers=headers.raw, content=content) as response,
            ):
                response_headers = httpx.Headers(response.headers)
                chunks = response.iter_stream()
                if limit is None:
                    return response.status, response_headers, read_start(chunks, MAX_POST_BODY_BYTES)
                if response.status in REDIRECTS or response.status == 304:
                    return response.status, response_headers, b""
                return response.status, response_headers, read_body(chunks, response_headers, limit, budget.host)
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise SourceUnavailable(
                f"{budget.host} closed the connection or does not speak HTTP ({type(error).__name__}): try again later"
            ) from error

    def _response(
        self, url: str, final: httpx.URL, status: int, headers: httpx.Headers, body: bytes
    ) -> FetchedResponse:
        return FetchedResponse(redact(url), redact(str(final)), status, dict(headers), body, self._clock.now())


def _next_hop(current: httpx.URL, location: str) -> httpx.URL:
    try:
        target = urljoin(str(current), location)
    except ValueError:
        raise AddressRefused(f"{current.host} redirects to an invalid address: use the final address") from None
    redirected = validate_url(target)
    if current.scheme == "https" and redirected.scheme == "http":
        raise AddressRefused(f"{current.host} redirects from https to http: use an address that stays on https")
    return redirected
