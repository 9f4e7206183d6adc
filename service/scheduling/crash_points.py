"""Points at which a test can let the process kill itself, to show that no data is lost there.

The environment variable TRACKRECORD_KILL_AT names a point, optionally with a number after a colon: the nth time it is
reached (``after_send:3``). The process then ends as by ``kill -9``: nothing is flushed or cleaned up.
"""

import os
import signal
from threading import Lock

VARIABLE = "TRACKRECORD_KILL_AT"
POINTS = (
    "before_sweep_commit",
    "after_sweep_commit",
    "before_claim_commit",
    "after_claim_commit",
    "before_send",
    "after_send",
    "before_finish_commit",
    "after_finish_commit",
)

_lock = Lock()
_armed = ""
_remaining = 0


def arm(point: str) -> None:
    """Choose the point (``name`` or ``name:number``; empty: none). Raises ``ValueError`` for an unknown one."""
    global _armed, _remaining
    name, _, number = point.partition(":")
    if name and name not in POINTS:
        raise ValueError(f"{VARIABLE}={point!r}: choose one of {', '.join(POINTS)}")
    _armed, _remaining = name, int(number or 1)


def crash_if_armed(name: str) -> None:
    """Kill the process if this point was chosen and has been reached often enough."""
    if name == _armed:
        _count_down()


def _count_down() -> None:
    global _remaining
    with _lock:
        _remaining -= 1
        if _remaining == 0:
            os.kill(os.getpid(), signal.SIGKILL)


arm(os.environ.get(VARIABLE, ""))
