"""A clock that moves only when a test moves it."""

from datetime import UTC, datetime, timedelta

START = datetime(2025, 4, 1, 12, 0, tzinfo=UTC)


class FakeClock:
    """A clock for tests, with the two methods of `service.clock.Clock`.

    `advance` lets time pass; `set` moves the wall clock alone, as an operator or a time server would.
    """

    def __init__(self, now: datetime = START) -> None:
        self._now = now
        self._monotonic = 0.0

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return self._now

    def monotonic(self) -> float:
        """Return the seconds since an arbitrary start; they never decrease."""
        return self._monotonic

    def advance(self, seconds: float) -> datetime:
        """Let time pass on both clocks; return the new time of day."""
        if seconds < 0:
            raise ValueError("time does not run backwards: `set` moves the wall clock")
        self._monotonic += seconds
        self._now += timedelta(seconds=seconds)
        return self._now

    def set(self, now: datetime) -> None:
        """Move the wall clock, and leave the monotonic one alone. `now` is aware and in UTC."""
        if now.utcoffset() != timedelta(0):
            raise ValueError("`now` must be an aware time in UTC")
        self._now = now
