"""The clock interface. Code receives a clock as a parameter and never reads that of the machine."""

from datetime import datetime, timedelta
from typing import Protocol

#: Clocks of several machines may differ by so much.
CLOCK_TOLERANCE = timedelta(seconds=60)


class Clock(Protocol):
    """A wall clock and a monotonic clock."""

    def now(self) -> datetime:
        """Return the current time in UTC."""

    def monotonic(self) -> float:
        """Return the seconds of a clock that is never set back; only differences have a meaning."""
