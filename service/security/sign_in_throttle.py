"""Limit failed sign-ins per client address, and the number of addresses in memory."""

import threading
from collections import deque
from datetime import datetime, timedelta

from cachetools import LRUCache

MAX_FAILURES = 10
WINDOW = timedelta(minutes=10)
MAX_ADDRESSES = 10_000


class SignInThrottle:
    """Rate limit of failed sign-ins, held in the memory of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: LRUCache[str, deque[datetime]] = LRUCache(MAX_ADDRESSES)

    def wait(self, address: str, now: datetime) -> timedelta:
        """Return how long the address must wait before the next attempt; zero if it may try now."""
        with self._lock:
            failures = self._failures.get(address)
            if failures is None or len(failures) < MAX_FAILURES:
                return timedelta(0)
            return max(failures[0] + WINDOW - now, timedelta(0))

    def add(self, address: str, now: datetime) -> None:
        """Record a failure; the least recently used address is dropped if there are too many."""
        with self._lock:
            failures = self._failures.get(address)
            if failures is None:
                failures = self._failures[address] = deque(maxlen=MAX_FAILURES)
            failures.append(now)
