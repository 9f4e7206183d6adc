"""The way to an SMTP server: how its address is written, and a connection bounded in time as a whole."""

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit

STEP_SECONDS = 10.0
STARTTLS = ("offered", "required", "never")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class SmtpServer:
    """Where mail is handed in. ``starttls``: encrypt if the server offers it, insist on it, or never."""

    host: str
    port: int
    implicit_tls: bool
    starttls: str
    user: str = ""
    password: str = ""


def smtp_server(url: str) -> SmtpServer:
    """The server of ``smtp://user:password@host:port?starttls=required`` or ``smtps://...``.

    A password is never sent in the clear to another machine: STARTTLS is then required. Raises ``ValueError``.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("the SMTP address must look like smtp://user:password@mail.example.org:587")
    guarded = parts.username is not None and parts.hostname not in _LOOPBACK
    starttls = parse_qs(parts.query).get("starttls", ["required" if guarded else "offered"])[-1]
    if starttls not in STARTTLS or (guarded and starttls != "required" and parts.scheme == "smtp"):
        raise ValueError(f"starttls must be one of {', '.join(STARTTLS)}; with a password it must be required")
    implicit_tls = parts.scheme == "smtps"
    return SmtpServer(
        host=parts.hostname,
        port=parts.port or (465 if implicit_tls else 587 if parts.username else 25),
        implicit_tls=implicit_tls,
        starttls=starttls,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


@contextmanager
def smtp_session(server: SmtpServer, name: str, seconds: float, tls: ssl.SSLContext) -> Iterator[smtplib.SMTP]:
    """A connection on which mail can be handed in, for so many seconds at most; ``name`` is what we call ourselves.

    A server that drips would never use up the time limit of a single step, so the line is cut when time is over.
    Raises ``OSError`` and ``smtplib.SMTPException``.
    """
    with _time_limit(seconds) as limit:
        smtp = _connect(limit, server, name, tls)
        try:
            smtp.ehlo_or_helo_if_needed()
            _encrypt(smtp, server, tls)
            if server.user:
                smtp.login(server.user, server.password)
            yield smtp
            with suppress(OSError, smtplib.SMTPException):  # the mail is taken; how the talk ends does not matter
                smtp.quit()
        finally:
            smtp.close()


def _connect(limit: "_TimeLimit", server: SmtpServer, name: str, tls: ssl.SSLContext) -> smtplib.SMTP:
    if server.implicit_tls:
        return _BoundedTls(limit, server.host, server.port, name, timeout=STEP_SECONDS, context=tls)
    return _Bounded(limit, server.host, server.port, name, timeout=STEP_SECONDS)


def _encrypt(smtp: smtplib.SMTP, server: SmtpServer, tls: ssl.SSLContext) -> None:
    if server.implicit_tls or server.starttls == "never":
        return
    if server.starttls == "required" or smtp.has_extn("starttls"):
        smtp.starttls(context=tls)
        smtp.ehlo()


class _TimeLimit:
    """Hangs up on a connection when the time for the whole of it is over."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._smtp: smtplib.SMTP | None = None

    def guard(self, smtp: smtplib.SMTP) -> None:
        """Hang up on this one, now or later."""
        self._smtp = smtp
        if self._over.is_set():
            raise TimeoutError

    def hang_up(self) -> None:
        """The time is over."""
        self._over.set()
        sock: socket.socket | None = getattr(self._smtp, "sock", None)
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


@contextmanager
def _time_limit(seconds: float) -> Iterator[_TimeLimit]:
    limit = _TimeLimit()
    timer = threading.Timer(seconds, limit.hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield limit
    finally:
        timer.cancel()


class _Guarded:
    """Under the limit from before it connects: a constructor of smtplib already listens to the server."""

    def __init__(self, limit: _TimeLimit, *args: Any, **options: Any) -> None:
        limit.guard(cast(smtplib.SMTP, self))
        super().__init__(*args, **options)
        limit.guard(cast(smtplib.SMTP, self))


class _Bounded(_Guarded, smtplib.SMTP):
    pass


class _BoundedTls(_Guarded, smtplib.SMTP_SSL):
    pass
