"""The subprocess of chats, forked from a process that has loaded Apprise: a cold one spends half a second on that."""

import json
from multiprocessing.connection import Connection
from typing import Any

from resolvers.notifications.senders.chat_subprocess import run
from tests.support.processes import forking


def run_forked(job: dict[str, Any], seconds: float) -> dict[str, Any] | None:
    """Run the job in a process of its own and return its report, as ``chat._run_subprocess`` does."""
    here, there = forking().Pipe(duplex=False)
    process = forking().Process(target=_report, args=(there, json.dumps(job)), daemon=True)
    process.start()
    there.close()
    try:
        return json.loads(here.recv()) if here.poll(seconds) else None
    finally:
        process.kill()
        process.join()


def _report(there: Connection, job: str) -> None:
    there.send(json.dumps(run(json.loads(job))))
