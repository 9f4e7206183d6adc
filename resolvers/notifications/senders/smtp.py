"""Connect to an SMTP server: parse its address, and limit the time of the whole connection."""

import re
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
_FORM = "the SMTP address must look like smtp://user:password@mail.example.org:587"
_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*|[0-9a-f:.]+")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class SmtpServer:
    """An SMTP server. ``starttls`` is ``offered`` (encrypt if the server can), ``required`` or ``never``."""

    host: str
    port: int
    implicit_tls: bool
    starttls: str
    user: str = ""
    password: str = ""


def parse_smtp_url(url: str) -> SmtpServer:
    """Parse ``smtp://user:password@host:port?starttls=required`` or ``smtps://...``.

    A password is never sent in clear text to another machine: STARTTLS is then required. Raises ``ValueError``.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # whose own message may quote a part of the password
        raise ValueError(f"{_FORM}, with a port up to 65535 and the password percent-encoded") from None
    if parts.scheme not in ("smtp", "smtps") or not _HOST.fullmatch(parts.hostname or "") or port == 0:
        raise ValueError(_FORM)
    if bool(parts.username) != bool(parts.password):
        raise ValueError(f"{_FORM}; a user needs a password, and a password a user")
    options = parse_qs(parts.query, keep_blank_values=True)
    if parts.path not in ("", "/") or parts.fragment or set(options) - {"starttls"}:
        raise ValueError(f"{_FORM}; the only option after it is ?starttls=required, offered or never")
    needs_encryption = parts.username is not None and parts.hostname not in _LOOPBACK
    starttls = options.get("starttls", ["required" if needs_encryption else "offered"])[-1]
    if starttls not in STARTTLS or (needs_encryption and starttls != "required" and parts.scheme == "smtp"):
        raise ValueError(f"starttls must be one of {', '.join(STARTTLS)}; with a password it must be required")
    implicit_tls = parts.scheme == "smtps"
    return SmtpServer(
        host=parts.hostname or "",
        port=port or (465 if implicit_tls else 587 if parts.username else 25),
        implicit_tls=implicit_tls,
        starttls=starttls,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


@contextmanager
def smtp_session(server: SmtpServer, name: str, seconds: float, tls: ssl.SSLContext) -> Iterator[smtplib.SMTP]:
    """Open a connection for sending mail, for at most ``seconds``; ``name`` is the host name given in EHLO.

    A server that sends single bytes slowly never exceeds the time limit of one step, so the connection is closed when
    the total time is over. Raises ``OSError`` and ``smtplib.SMTPException``.
    """
    with _time_limit(seconds) as limit:
        smtp = _connect(limit, server, name, tls)
        try:
            smtp.ehlo_or_helo_if_needed()
            _encrypt(smtp, server, tls)
            if server.user:
                smtp.login(server.user, server.password)
            yield smtp
            with suppress(OSError, smtplib.SMTPException):  # the mail has been accepted; a failed QUIT does not matter
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
    """Closes a connection when its total time is over."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._smtp: smtplib.SMTP | None = None

    def guard(self, smtp: smtplib.SMTP) -> None:
        """Put this connection under the limit. Raises ``TimeoutError`` if the time is over already."""
        self._smtp = smtp
        if self._over.is_set():
            raise TimeoutError

    def hang_up(self) -> None:
        """Close the connection because the time is over."""
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
    """SMTP client under the time limit from before it connects, as its constructor already reads from the server."""

    def __init__(self, limit: _TimeLimit, *args: Any, **options: Any) -> None:
        limit.guard(cast(smtplib.SMTP, self))
        super().__init__(*args, **options)
        limit.guard(cast(smtplib.SMTP, self))


class _Bounded(_Guarded, smtplib.SMTP):
    pass


class _BoundedTls(_Guarded, smtplib.SMTP_SSL):
    pass
