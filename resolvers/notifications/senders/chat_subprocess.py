"""Send one chat message through Apprise in a process of its own, which the parent can end if the service hangs.

Reads a job as JSON from standard input, as an address is a secret and must not show in the process list, and writes
the report to standard output. Every connection is held against the address guard.
"""

import json
import logging
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

sys.path.insert(0, str(Path(__file__).parents[3]))  # the process is isolated: it looks for nothing of ours by itself

from resolvers.notifications.senders.connection_guard import ConnectionGuard

LOOPBACK = {"localhost": "127.0.0.1"}
FILE_NAMED = "the address names a file on this machine, which could be sent to the chat: leave that part out"


class _WarningCollector(logging.Handler):
    """Collects the warnings of Apprise."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Store one line."""
        self.lines.append(record.getMessage())


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Send ``title`` and ``body`` to ``url``; without a body, only check that the address can be used."""
    import apprise

    guard = ConnectionGuard(job["allowed_hosts"])
    guard.install()
    _refuse_files(guard)
    collector = _WarningCollector()
    logger = logging.getLogger("apprise")
    logger.handlers, logger.propagate = [collector], False
    report = {"known": True, "sent": False, "warnings": collector.lines, "refused": guard.refusals}
    asset = apprise.AppriseAsset(async_mode=False, secure_logging=True, http_redirects=False, app_id="Track Record")
    service = apprise.Apprise.instantiate(job["url"], asset=asset)
    if service is None:
        return report | {"known": False}
    if "body" not in job:
        with suppress(PermissionError):
            _check_host(guard, service)
        return report
    box = apprise.Apprise(asset=asset)
    box.add(service)
    sent = box.notify(body=job["body"], title=job["title"], body_format=apprise.NotifyFormat.TEXT)
    return report | {"sent": bool(sent)}


def _refuse_files(guard: ConnectionGuard) -> None:
    """Refuse addresses with a local file, as in ``template=`` and ``keyfile=``, whose contents would be sent."""
    from apprise.attachment.file import AttachFile

    def refuse(*_: Any, **__: Any) -> NoReturn:
        guard.refuse(FILE_NAMED)

    AttachFile.__init__ = refuse  # type: ignore[method-assign]


def _check_host(guard: ConnectionGuard, service: Any) -> None:
    """Check a host that needs no look-up; in the addresses of many services a token stands in its place."""
    if "host" not in service.template_tokens:
        return
    host = str(getattr(service, "host", "") or "").strip("[]").lower()
    host = LOOPBACK.get(host, host)
    if host.replace(".", "").isdecimal() or ":" in host:
        guard.check(host, getattr(service, "port", None) or (443 if getattr(service, "secure", False) else 80))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(json.load(sys.stdin))))
