"""The time limit of a request: the instant by which it has its answer.

The middleware sets it (`service/web/request_time.py`); every wait for the database asks it. Threads that work for a
request inherit it, threads of the scheduler and of background jobs have none.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from service.clock import SystemClock
from service.errors import Unavailable

#: How long a request may take from its arrival, or the last part of its body, to its answer.
READ_SECONDS = 10.0
WRITE_SECONDS = 30.0
NOT_APPLIED = "The time for this request is over; it was not applied. Retry the same request shortly."
_clock = SystemClock()


class TimeLimit:
    """An instant of the monotonic clock, which can be moved."""

    def __init__(self, seconds: float) -> None:
        self.ends_at = 0.0
        #: Whether something was begun that may take effect after the end.
        self.begun = False
        self.restart(seconds)

    def restart(self, seconds: float) -> None:
        """Move the end to ``seconds`` from now."""
        self.ends_at = _clock.monotonic() + seconds

    def seconds_left(self) -> float:
        """Return the seconds until the end; negative after it."""
        return self.ends_at - _clock.monotonic()


_current: ContextVar[TimeLimit | None] = ContextVar("time_limit", default=None)


def current() -> TimeLimit | None:
    """Return the limit of the request that this thread or task works for, if any."""
    return _current.get()


@contextmanager
def within(limit: TimeLimit | None) -> Iterator[None]:
    """Set the limit for everything done in the block, in place of any other limit."""
    token = _current.set(limit)
    try:
        yield
    finally:
        _current.reset(token)


def seconds_left(at_most: float) -> float:
    """Return how long a wait may last: until the end of the current limit, ``at_most`` without one; never negative."""
    limit = _current.get()
    return at_most if limit is None else max(0.0, min(at_most, limit.seconds_left()))


def is_over() -> bool:
    """Return whether the current limit has passed."""
    limit = _current.get()
    return limit is not None and limit.seconds_left() <= 0


def refuse_if_over() -> None:
    """Raise ``Unavailable`` if the current limit has passed, so that no useless work starts."""
    if is_over():
        raise Unavailable(NOT_APPLIED)


def extend(seconds: float) -> None:
    """Move the current limit to ``seconds`` from now, for work that is known to take long."""
    if (limit := _current.get()) is not None:
        limit.restart(seconds)


def begin() -> None:
    """Record that work starts which may take effect even if the time ends before its result is known."""
    if (limit := _current.get()) is not None:
        limit.begun = True
