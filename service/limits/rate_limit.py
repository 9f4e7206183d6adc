"""Count the requests of each client in each minute, and refuse what exceeds its quota.

Counted in memory; `rate_exchange.py` adds what other processes have counted. Headers as in the IETF draft
"RateLimit header fields for HTTP" (draft-ietf-httpapi-ratelimit-headers).
"""

import math
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import HTTPException
from starlette.types import Scope

from resolvers.clock import Clock

WINDOW_SECONDS = 60
#: Clients that are counted by themselves; further ones share one count, so that nobody fills the memory with addresses.
MOST_CLIENTS = 100_000
OTHERS = "others"
_SCOPE = "trackrecord.rate_limit"


@dataclass(frozen=True)
class Usage:
    """What a client has used of its quota in this minute, in requests; and the seconds until the next one."""

    quota: int
    used: int
    seconds_left: int

    def refuse_excess(self) -> None:
        """Raise 429 if the quota is exceeded."""
        if self.quota and self.used > self.quota:
            detail = (
                f"more than {self.quota} requests a minute from one client: wait {self.seconds_left} seconds. "
                "A search, comparison, download or past record counts as several requests"
            )
            raise HTTPException(429, detail, headers={"Retry-After": str(self.seconds_left)})

    @property
    def headers(self) -> dict[str, str]:
        """Return the RateLimit header fields."""
        left = max(self.quota - self.used, 0)
        return {
            "RateLimit-Policy": f'"requests";q={self.quota};w={WINDOW_SECONDS}',
            "RateLimit": f'"requests";r={left};t={self.seconds_left}',
        }


class RateLimiter:
    """Counts requests by client and minute; a quota of 0 means no limit."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._minute = -1
        self._used: Counter[str] = Counter()
        self._elsewhere: Mapping[str, int] = {}

    def charge(self, client: str, quota: int, cost: int = 1) -> Usage:
        """Count ``cost`` requests of a client, and return what it has used."""
        now = self._clock.now().timestamp()
        with self._lock:
            self._start_minute(int(now // WINDOW_SECONDS))
            if client not in self._used and len(self._used) >= MOST_CLIENTS:
                client = OTHERS
            self._used[client] += cost
            used = self._used[client] + self._elsewhere.get(client, 0)
        return Usage(quota, used, math.ceil(WINDOW_SECONDS - now % WINDOW_SECONDS))

    def counted(self) -> tuple[int, dict[str, int]]:
        """Return the number of the current minute and what this process has counted in it."""
        with self._lock:
            self._start_minute(int(self._clock.now().timestamp() // WINDOW_SECONDS))
            return self._minute, dict(self._used)

    def add_elsewhere(self, minute: int, used: Mapping[str, int]) -> None:
        """Take over what all other processes have counted in this minute."""
        with self._lock:
            if minute == self._minute:
                self._elsewhere = used

    def _start_minute(self, minute: int) -> None:
        if minute != self._minute:
            self._minute, self._used, self._elsewhere = minute, Counter(), {}


def note(scope: Scope, usage: Usage) -> None:
    """Let the reply to this request carry the client's usage."""
    scope[_SCOPE] = usage


def noted(scope: Scope) -> Usage | None:
    """Return the client's usage, None for a request that was not counted."""
    usage: Usage | None = scope.get(_SCOPE)
    return usage
