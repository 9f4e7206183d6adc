"""Limit failed sign-ins and unknown API keys: for each client, for all together, and in memory.

A key that a client has used before is never held up there by the failures of others with the same address; for a
browser that was signed in before its signed cookie says so.
"""

import threading
from collections import deque
from datetime import datetime, timedelta

from cachetools import LRUCache
from fastapi import HTTPException, Request

from service.security.browser_session import read_expired_session
from service.security.client_group import client_group

MAX_FAILURES = 10
#: Of all clients together, so that addresses that somebody invents do not multiply the guesses.
MAX_FAILURES_OF_ALL = 50
WINDOW = timedelta(minutes=10)
MAX_ADDRESSES = 10_000


class SignInThrottle:
    """Rate limit of guesses, held in the memory of this process. A key is named by its keyed hash."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: LRUCache[str, deque[tuple[datetime, str]]] = LRUCache(MAX_ADDRESSES)
        self._of_all: deque[datetime] = deque(maxlen=MAX_FAILURES_OF_ALL)
        self._accepted: LRUCache[tuple[str, str], bool] = LRUCache(MAX_ADDRESSES)

    def wait(self, address: str, now: datetime, key: str = "") -> timedelta:
        """Return how long the address must wait before it tries this key; zero if it may try now."""
        with self._lock:
            if (address, key) in self._accepted:
                return timedelta(0)
            failures = self._failures.get(address)
            oldest = [failures[0][0]] if failures is not None and len(failures) == MAX_FAILURES else []
            if len(self._of_all) == MAX_FAILURES_OF_ALL:
                oldest.append(self._of_all[0])
            return max(timedelta(0), *(at + WINDOW - now for at in oldest), timedelta(0))

    def add(self, address: str, now: datetime, key: str = "") -> None:
        """Record a failure; the least recently used address is dropped if there are too many.

        A key is counted once: a program whose key was revoked repeats it, and learns nothing.
        """
        with self._lock:
            self._accepted.pop((address, key), None)
            failures = self._failures.get(address)
            if failures is None:
                failures = self._failures[address] = deque(maxlen=MAX_FAILURES)
            if not key or all(key != each for _, each in failures):
                failures.append((now, key))
                self._of_all.append(now)

    def accept(self, address: str, key: str) -> None:
        """Record that this key was accepted from this address."""
        with self._lock:
            self._accepted[address, key] = True

    def refuse_excess(self, address: str, now: datetime, key: str = "") -> None:
        """Raise 429 if the address must wait before it tries this key."""
        wait = self.wait(address, now, key)
        if wait > timedelta(0):
            detail = "too many unknown keys were tried from this address: try again in a few minutes"
            raise HTTPException(429, detail, headers={"Retry-After": str(int(wait.total_seconds()) + 1)})


def guessing_client(request: Request) -> str:
    """Return whose guesses count together: those of an address, or of a browser that was signed in before."""
    session = read_expired_session(request)
    if session is not None and session.key is not None:
        return f"browser of key {session.key}"
    return client_group(request.client.host if request.client else "")
