"""A bound on failed attempts to sign in: so many from one address in a while, and only so many addresses in memory."""

import threading
from collections import deque
from datetime import datetime, timedelta

from cachetools import LRUCache

MAX_FAILURES = 10
WINDOW = timedelta(minutes=10)
MAX_ADDRESSES = 10_000


class SignInThrottle:
    """Remembers the newest failures of each address, in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: LRUCache[str, deque[datetime]] = LRUCache(MAX_ADDRESSES)

    def wait(self, address: str, now: datetime) -> timedelta:
        """How long the address has to wait until it may try again; zero if it may now."""
        with self._lock:
            known = self._of.get(address)
            if known is None or len(known) < MAX_FAILURES:
                return timedelta(0)
            return max(known[0] + WINDOW - now, timedelta(0))

    def add(self, address: str, now: datetime) -> None:
        """Count a failure; the address that tried least recently is forgotten where there are too many."""
        with self._lock:
            failures = self._of.get(address)
            if failures is None:
                failures = self._of[address] = deque(maxlen=MAX_FAILURES)
            failures.append(now)
