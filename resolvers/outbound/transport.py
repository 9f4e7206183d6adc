"""The connection below a request: made to the address that was checked, and limited in time and bytes."""

import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from typing import Any

import httpcore

from resolvers.errors import SourceUnavailable, TooSlow
from resolvers.outbound.address_guard import AllowList, check_addresses
from resolvers.outbound.limits import Budget

Resolve = Callable[[str, int], list[str]]
Connect = Callable[[tuple[str, int], float], socket.socket]


def resolve_host(host: str, port: int) -> list[str]:
    """Return every address of ``host`` from the resolver of the system, without duplicates."""
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in addresses))


def open_socket(address: tuple[str, int], timeout_seconds: float) -> socket.socket:
    """Open a TCP connection to a numeric address."""
    return socket.create_connection(address, timeout_seconds)


class BoundedStream(httpcore.NetworkStream):
    """A socket whose steps all take their time from one budget."""

    def __init__(self, sock: socket.socket, budget: Budget) -> None:
        self._sock = sock
        self._budget = budget

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        """Return up to ``max_bytes``; empty at the end of the stream."""
        self._sock.settimeout(self._budget.seconds(self._budget.read_seconds))
        try:
            data = self._sock.recv(max_bytes)
        except TimeoutError:
            self._budget.seconds(0)
            raise TooSlow(
                f"{self._budget.host} sent nothing for {self._budget.read_seconds:g} seconds: try again later"
            ) from None
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error
        self._budget.spend_bytes(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        """Send all of ``buffer``."""
        remaining = memoryview(buffer)
        while remaining:
            self._sock.settimeout(self._budget.seconds(self._budget.read_seconds))
            try:
                remaining = remaining[self._sock.send(remaining) :]
            except TimeoutError:
                raise TooSlow(f"{self._budget.host} does not accept data: try again later") from None
            except OSError as error:
                raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """Start TLS on this connection, with the certificate checked against the host name."""
        self._sock.settimeout(self._budget.seconds(self._budget.connect_seconds))
        try:
            secured = ssl_context.wrap_socket(self._sock, server_hostname=server_hostname)
        except TimeoutError:
            self.close()
            raise TooSlow(f"{self._budget.host} did not finish the TLS handshake: try again later") from None
        except OSError as error:
            self.close()
            reason = getattr(error, "verify_message", None) or getattr(error, "reason", None) or "connection closed"
            raise SourceUnavailable(f"{self._budget.host}: TLS failed ({reason}): check the certificate") from error
        return BoundedStream(secured, self._budget)

    def get_extra_info(self, info: str) -> Any:  # noqa: ARG002
        """Return None: only a pool with persistent connections would need more."""
        return None


class PinnedBackend(httpcore.NetworkBackend):
    """Resolves a name once, checks every address, and connects to one of these only.

    A name that resolves differently a moment later (DNS rebinding) therefore has no effect. TLS and the Host header
    still use the name, as they belong to the layers above.
    """

    def __init__(self, allowed: AllowList, budget: Budget, resolve: Resolve, connect: Connect) -> None:
        self._allowed = allowed
        self._budget = budget
        self._resolve = resolve
        self._connect = connect

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """Return a connection to the first checked address of ``host`` that accepts one."""
        addresses = self._addresses(host, port)
        check_addresses(host, port, addresses, self._allowed)
        for address in addresses:
            try:
                sock = self._connect((address, port), self._budget.seconds(self._budget.connect_seconds))
            except OSError:
                continue
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return BoundedStream(sock, self._budget)
        self._budget.seconds(0)
        raise SourceUnavailable(f"{host} refuses connections on port {port}: check the address, or try again later")

    def _addresses(self, host: str, port: int) -> list[str]:
        """Return the addresses of ``host``; in a thread, as the resolver of the system has no time limit."""
        answers: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

        def work() -> None:
            try:
                answers.put(self._resolve(host, port))
            except (OSError, UnicodeError) as error:
                answers.put(error)

        threading.Thread(target=work, name="look-up", daemon=True).start()
        try:
            answer = answers.get(timeout=self._budget.seconds(self._budget.connect_seconds))
        except queue.Empty:
            raise TooSlow(f"the name {host} was not resolved in time: try again later") from None
        if isinstance(answer, Exception) or not answer:
            raise SourceUnavailable(f"the name {host} is not known: check its spelling, or try again later")
        return answer
