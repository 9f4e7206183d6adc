"""One chat message, sent by Apprise in a process of its own that can be ended: a service that hangs harms nobody.

Reads a job as JSON from standard input (an address is a secret and must not show among the processes), and writes
what became of it. Imports nothing of this project, so that it starts quickly.
"""

import json
import logging
import sys
from typing import Any


class _Heard(logging.Handler):
    """Keeps what Apprise complains about."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.lines.append(record.getMessage())


def work(job: dict[str, Any]) -> dict[str, Any]:
    """Send ``title`` and ``body`` to ``url``; without a body, only look whether the address could be used."""
    import apprise

    heard = _Heard()
    logger = logging.getLogger("apprise")
    logger.handlers, logger.propagate = [heard], False
    asset = apprise.AppriseAsset(async_mode=False, secure_logging=True, http_redirects=False, app_id="Track Record")
    service = apprise.Apprise.instantiate(job["url"], asset=asset)
    if service is None:
        return {"known": False, "sent": False, "heard": heard.lines}
    if "body" not in job:
        return {"known": True, "sent": False, "heard": []}
    box = apprise.Apprise(asset=asset)
    box.add(service)
    sent = box.notify(body=job["body"], title=job["title"], body_format=apprise.NotifyFormat.TEXT)
    return {"known": True, "sent": bool(sent), "heard": heard.lines}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(work(json.load(sys.stdin))))
