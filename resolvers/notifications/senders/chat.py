"""Send messages to chat services (Slack, Discord, Teams, Telegram, ntfy and many others) through Apprise.

Apprise is an optional extra. It receives text and never an attachment, and runs in a subprocess that is ended at a
time limit, and in which every connection must pass the address guard, as those of webhooks do.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from predictions.errors import InvalidInput
from resolvers.notifications.rendering import render_short
from resolvers.notifications.sender import OutgoingMessage, SendResult, SendStatus
from resolvers.notifications.senders.webhook import result_for_status

SEND_SECONDS = 20.0
CHECK_SECONDS = 20.0
NOT_INSTALLED = "the extra for chat is not installed on this server: pip install 'trackrecord[chat]'"
_CHILD = Path(__file__).with_name("chat_subprocess.py")
#: The only variables that the subprocess inherits: no keys, no proxies, no .netrc.
_INHERITED = ("PATH", "LANG", "TMPDIR", "SYSTEMROOT", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")
_STATUS = re.compile(r"\berror=(\d{3})\b")
_LONGEST_DETAIL = 300
_SHORTEST_SECRET = 4


def is_installed() -> bool:
    """Return whether the chat extra is installed."""
    return find_spec("apprise") is not None


def check_address(url: str, *, allowed_hosts: Iterable[str] = ()) -> None:
    """Raise ``InvalidInput`` if no chat service understands this address, or if it names a private host.

    What a host name resolves to is checked whenever a message is sent. Takes up to a second.
    """
    if not is_installed():
        raise InvalidInput.at("/kind", NOT_INSTALLED)
    report = _run_subprocess({"url": url, "allowed_hosts": list(allowed_hosts)}, CHECK_SECONDS)
    if report is not None and report["refused"]:
        raise InvalidInput.at("/target", f"is not allowed, because {report['refused'][0]}")
    if report is None or not report["known"]:
        raise InvalidInput.at(
            "/target",
            "is not the address of a chat service: write it as Apprise does, for example slack://... or ntfy://...",
        )


class ChatSender:
    """Sends each message as a short text to one chat service. ``allowed_hosts`` is the allow-list of the operator."""

    def __init__(self, *, allowed_hosts: Iterable[str] = (), total_seconds: float = SEND_SECONDS) -> None:
        self._allowed_hosts, self._total_seconds = list(allowed_hosts), total_seconds

    def send(self, outgoing: OutgoingMessage) -> SendResult:
        """Send once. Refusals, refused addresses and a missing extra are permanent failures, all else is temporary."""
        if not is_installed():
            return SendResult(SendStatus.PERMANENT, NOT_INSTALLED)
        title, body = render_short(outgoing.payload)
        job = {"url": outgoing.target, "title": title, "body": body, "allowed_hosts": self._allowed_hosts}
        report = _run_subprocess(job, self._total_seconds)
        if report is None:
            return SendResult(
                SendStatus.TEMPORARY, f"the chat service was too slow: ended after {self._total_seconds:.0f} s"
            )
        if report["sent"]:
            return SendResult(SendStatus.DELIVERED)
        if report["refused"]:
            return SendResult(SendStatus.PERMANENT, report["refused"][0])
        if not report["known"]:
            return SendResult(
                SendStatus.PERMANENT, "the address is not that of a chat service: correct the target, then resend"
            )
        return _failure(" / ".join(report["warnings"]), outgoing.target)


def _failure(warnings: str, target: str) -> SendResult:
    status = _STATUS.search(warnings)
    if status is not None and int(status[1]) >= 300:
        return result_for_status(int(status[1]), None)
    return SendResult(SendStatus.TEMPORARY, blank_secrets(f"the chat service refused: {warnings}", target))


def blank_secrets(text: str, target: str) -> str:
    """Return ``text`` with every longer part of the address blanked, as any part may be a password or token."""
    secret = target.partition("://")[2]
    for part in sorted(re.split(r"[^\w.-]+", f"{secret} {unquote(secret)}"), key=len, reverse=True):
        if len(part) >= _SHORTEST_SECRET:
            text = text.replace(part, "…")
    return text[:_LONGEST_DETAIL]


def _run_subprocess(job: dict[str, Any], seconds: float) -> dict[str, Any] | None:
    """Run the subprocess and return its report; None if it did not end in time."""
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ} | {"HOME": os.devnull}
    command = [sys.executable, "-I", str(_CHILD)]
    try:
        done = subprocess.run(  # noqa: S603 - our own file, nothing of it from outside
            command,
            input=json.dumps(job),
            capture_output=True,
            text=True,
            timeout=seconds,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        return {"known": True, "sent": False, "refused": [], "warnings": [f"apprise ended with {done.returncode}"]}
    status: dict[str, Any] = json.loads(done.stdout)
    return status
