"""The clock interface. Code receives a clock as a parameter and never reads that of the machine."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """A wall clock and a monotonic clock."""

    def now(self) -> datetime:
        """Return the current time in UTC."""

    def monotonic(self) -> float:
        """Return the seconds of a clock that is never set back; only differences have a meaning."""
