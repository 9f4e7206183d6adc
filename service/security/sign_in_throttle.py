"""A bound on failed attempts to sign in: so many from one address in a while, and only so many addresses in memory."""

import threading
from collections import OrderedDict, deque
from datetime import datetime, timedelta

MAX_FAILURES = 10
WINDOW = timedelta(minutes=10)
MAX_ADDRESSES = 10_000


class SignInThrottle:
    """Remembers the newest failures of each address, in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: OrderedDict[str, deque[datetime]] = OrderedDict()

    def wait(self, address: str, now: datetime) -> timedelta:
        """How long the address has to wait until it may try again; zero if it may now."""
        with self._lock:
            known = self._of.get(address)
            if known is None or len(known) < MAX_FAILURES:
                return timedelta(0)
            return max(known[0] + WINDOW - now, timedelta(0))

    def add(self, address: str, now: datetime) -> None:
        """Count a failure; the address that has failed least recently is forgotten where there are too many."""
        with self._lock:
            self._of.setdefault(address, deque(maxlen=MAX_FAILURES)).append(now)
            self._of.move_to_end(address)
            if len(self._of) > MAX_ADDRESSES:
                self._of.popitem(last=False)
