"""Chat services by one address each (Slack, Discord, Teams, Telegram, ntfy and many others), through Apprise.

Apprise is an optional extra. Its addresses reach whatever host they name, so only admins enter them; it is given text
and never an attachment, follows no redirect unless its address says so, and works in a process that is ended when its
time is over.
"""

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from predictions.errors import InvalidInput
from resolvers.notifications.rendering import render_short
from resolvers.notifications.sender import DeliveryResult, OutgoingMessage, SendResult
from resolvers.notifications.senders.webhook import answer_of

SEND_SECONDS = 20.0
CHECK_SECONDS = 20.0
NOT_INSTALLED = "chat needs the extra that is not installed on this server: pip install 'trackrecord[chat]'"
_CHILD = Path(__file__).with_name("chat_subprocess.py")
#: Neither keys nor proxies nor anybody's .netrc: what is not named here stays with the parent.
_KEPT = ("PATH", "LANG", "TMPDIR", "SYSTEMROOT", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")
_STATUS = re.compile(r"\berror=(\d{3})\b")
_LONGEST_DETAIL = 300
_SHORTEST_SECRET = 4


def installed() -> bool:
    """Whether the extra is there."""
    return find_spec("apprise") is not None


def check_address(url: str) -> None:
    """Raise ``InvalidInput`` where no chat message could ever be sent to this address. Takes up to a second."""
    if not installed():
        raise InvalidInput.at("/kind", NOT_INSTALLED)
    told = _run({"url": url}, CHECK_SECONDS)
    if told is None or not told["known"]:
        raise InvalidInput.at(
            "/target",
            "is no address of a chat service: write it as Apprise does, for example slack://... or ntfy://...",
        )


class ChatSender:
    """Sends each message as a short text to one chat service."""

    def __init__(self, *, total_seconds: float = SEND_SECONDS) -> None:
        self._total_seconds = total_seconds

    def send(self, outgoing: OutgoingMessage) -> SendResult:
        """Send once. What the service refuses for good is permanent, as is a missing extra; all else may pass."""
        if not installed():
            return SendResult(DeliveryResult.PERMANENT, NOT_INSTALLED)
        title, body = render_short(outgoing.payload)
        job = {"url": outgoing.target, "title": title, "body": body}
        told = _run(job, self._total_seconds)
        if told is None:
            return SendResult(
                DeliveryResult.PASSING, f"the chat service was too slow: ended after {self._total_seconds:.0f} s"
            )
        if told["sent"]:
            return SendResult(DeliveryResult.DELIVERED)
        if not told["known"]:
            return SendResult(
                DeliveryResult.PERMANENT, "the address is of no chat service: correct the target, then resend"
            )
        return _refused(" / ".join(told["heard"]), outgoing.target)


def _refused(heard: str, target: str) -> SendResult:
    found = _STATUS.search(heard)
    if found is not None and int(found[1]) >= 300:
        return answer_of(int(found[1]), None)
    return SendResult(DeliveryResult.PASSING, without_secrets(f"the chat service did not take it: {heard}", target))


def without_secrets(text: str, target: str) -> str:
    """``text`` with every longer part of the address blanked, as any of them may be a password or token."""
    for part in sorted(re.split(r"[^\w.-]+", target.partition("://")[2]), key=len, reverse=True):
        if len(part) >= _SHORTEST_SECRET:
            text = text.replace(part, "…")
    return text[:_LONGEST_DETAIL]


def _run(job: dict[str, Any], seconds: float) -> dict[str, Any] | None:
    """What the child says; None where it did not end in time. One that failed has sent nothing that we know of."""
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | {"HOME": os.devnull}
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
        return {"known": True, "sent": False, "heard": [f"apprise ended with {done.returncode}"]}
    found: dict[str, Any] = json.loads(done.stdout)
    return found
