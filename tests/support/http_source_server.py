"""A raw HTTP server on the loopback address, for sources that behave well or badly."""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

FIXTURES = Path(__file__).parents[1] / "resolvers" / "sources" / "fixtures"
Behaviour = Callable[[socket.socket], None]


class RunningClock:
    """The clock of the machine, with the two methods of `service.clock.Clock`."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return monotonic()


@dataclass
class Request:
    """A request as it arrived; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


def reply(body: bytes = b"", status: int = 200, **headers: str) -> Behaviour:
    """Return an ordinary response; `content_type="text/xml"` becomes the header `content-type`."""
    lines = {"content-length": str(len(body))} | {name.replace("_", "-"): value for name, value in headers.items()}
    head = f"HTTP/1.1 {status} Status\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return raw(head.encode() + b"\r\n" + body)


def redirect(location: str, status: int = 302) -> Behaviour:
    return reply(status=status, location=location)


def raw(data: bytes) -> Behaviour:
    """Send these bytes, then close the connection."""
    return lambda sock: sock.sendall(data)


def endless(start: bytes, again: bytes, pause_seconds: float = 0.0) -> Behaviour:
    """Send `start`, then `again` for as long as the client reads."""

    def behave(sock: socket.socket) -> None:
        sock.sendall(start)
        while not STOP.wait(pause_seconds):
            sock.sendall(again)

    return behave


def hang(sock: socket.socket) -> None:
    """Send nothing until the client disconnects."""
    sock.settimeout(30)
    sock.recv(1)


def reset(sock: socket.socket) -> None:
    """Reset the connection in place of an answer."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


STOP = threading.Event()


@dataclass
class RawServer:
    """Serves each path by its behaviour, ignoring the query, and stores the requests."""

    tls: ssl.SSLContext | None = None
    routes: dict[str, Behaviour | list[Behaviour]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"{'https' if self.tls else 'http'}://{self.host}"
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        """Stop listening. Closing twice is harmless."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError), sock:
            if self.tls:
                sock = self.tls.wrap_socket(sock, server_side=True)
            with sock:
                request = read_request(sock)
                self.requests.append(request)
                self._behaviour(request.target.partition("?")[0])(sock)

    def _behaviour(self, path: str) -> Behaviour:
        behaviour = self.routes.get(path) or reply(b"not here", status=404)
        if isinstance(behaviour, list):  # one after the other; the last one stays
            return behaviour.pop(0) if len(behaviour) > 1 else behaviour[0]
        return behaviour

    def targets(self) -> list[str]:
        return [request.target for request in self.requests]


def read_request(sock: socket.socket) -> Request:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = sock.recv(65536)
        if not piece:
            raise ConnectionError
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += sock.recv(65536)
    method, target, _ = first.split(" ")
    return Request(method, target, headers, body)


@contextlib.contextmanager
def serving_raw(tls: ssl.SSLContext | None = None) -> Iterator[RawServer]:
    server = RawServer(tls)
    try:
        yield server
    finally:
        server.close()
