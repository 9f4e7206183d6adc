"""Send one chat message through Apprise in a process of its own, which the parent can end if the service hangs.

Reads a job as JSON from standard input, as an address is a secret and must not show in the process list, and writes
the report to standard output. Imports nothing of this project, so that it starts quickly.
"""

import json
import logging
import sys
from typing import Any


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

    collector = _WarningCollector()
    logger = logging.getLogger("apprise")
    logger.handlers, logger.propagate = [collector], False
    asset = apprise.AppriseAsset(async_mode=False, secure_logging=True, http_redirects=False, app_id="Track Record")
    service = apprise.Apprise.instantiate(job["url"], asset=asset)
    if service is None:
        return {"known": False, "sent": False, "warnings": collector.lines}
    if "body" not in job:
        return {"known": True, "sent": False, "warnings": []}
    box = apprise.Apprise(asset=asset)
    box.add(service)
    sent = box.notify(body=job["body"], title=job["title"], body_format=apprise.NotifyFormat.TEXT)
    return {"known": True, "sent": bool(sent), "warnings": collector.lines}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(json.load(sys.stdin))))
