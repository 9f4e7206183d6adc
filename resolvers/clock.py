"""The clock that everything here is handed: nothing reads the machine's own."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime:
        """Return the present instant, in UTC."""

    def monotonic(self) -> float:
        """Return seconds on a clock that is never set back; only differences mean anything."""
