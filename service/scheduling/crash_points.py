"""Points at which a test lets the process kill itself, to show that nothing is lost there.

The environment variable TRACKRECORD_KILL_AT names a point, with a number behind a colon for the how-manieth time it
is reached (``after_send:3``). The process then ends as by ``kill -9``: nothing is flushed, nothing cleaned up.
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
_left = 0


def arm(point: str) -> None:
    """Choose the point (``name`` or ``name:number``; empty: none). Raises ``ValueError`` for an unknown one."""
    global _armed, _left
    name, _, number = point.partition(":")
    if name and name not in POINTS:
        raise ValueError(f"{VARIABLE}={point!r}: choose one of {', '.join(POINTS)}")
    _armed, _left = name, int(number or 1)


def reach(name: str) -> None:
    """The process is at this point; where it is the chosen one, it goes no further."""
    if name == _armed:
        _count_down()


def _count_down() -> None:
    global _left
    with _lock:
        _left -= 1
        if _left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


arm(os.environ.get(VARIABLE, ""))
