"""A TCP proxy on the loopback address that can fall silent: it accepts and swallows everything, and resets nothing."""

import socket
import threading
from contextlib import suppress
from typing import Self


class SilentProxy:
    """Passes bytes to and from a port until `silence()`; then both sides wait for an answer that never comes.

    `speak()` lets new connections through again; what was swallowed is lost, but that a connection was closed arrives.
    """

    def __init__(self, port: int) -> None:
        self._target, self._sockets = port, list[socket.socket]()
        self._silent, self._over = threading.Event(), threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()

    def url(self, database: str) -> str:
        """The address of a database of `PostgresServer`, through the proxy."""
        return database.partition("?")[0].replace("@/", f"@127.0.0.1:{self.port}/")

    def silence(self) -> None:
        """Swallow all that is sent from now on."""
        self._silent.set()

    def speak(self) -> None:
        """Pass on what new connections send."""
        over, self._silent, self._over = self._over, threading.Event(), threading.Event()
        over.set()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                self._sockets += [near, far]
                for each in (near, far):  # else each reply waits 40 ms for an acknowledgement
                    each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for source, target in ((near, far), (far, near)):
                    arguments = (source, target, self._silent, self._over)
                    threading.Thread(target=self._pass_on, args=arguments, name="proxy", daemon=True).start()

    @staticmethod
    def _pass_on(source: socket.socket, target: socket.socket, silent: threading.Event, over: threading.Event) -> None:
        with suppress(OSError):
            while part := source.recv(65536):
                if not silent.is_set():
                    target.sendall(part)
            if silent.is_set():
                over.wait(60)
            target.shutdown(socket.SHUT_WR)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self._listener, *self._sockets):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
