"""Retries of failed deliveries: the schedule, its random jitter, and the lease of a claim."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

#: Seconds between attempts: the schedule that Standard Webhooks recommends, with two more attempts in the first
#: minutes for failures that pass quickly.
RETRY_SECONDS = (0, 5, 30, 2 * 60, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 10 * 3600)
LONGEST_RETRY_AFTER_SECONDS = 24 * 3600
LEASE_SECONDS = 60.0

Jitter = Callable[[float], float]


@dataclass(frozen=True)
class RetryPolicy:
    """Lease and retries of deliveries. ``jitter`` draws the actual wait from the planned seconds."""

    jitter: Jitter
    retry_seconds: Sequence[float] = RETRY_SECONDS
    lease_seconds: float = LEASE_SECONDS

    def wait(self, attempt: int, retry_after: float | None) -> timedelta | None:
        """Return the time from a failed ``attempt`` (the first is 1) to the next; None after the last of a round.

        A delivery that is resent after a round starts another round.
        """
        position = attempt % len(self.retry_seconds)
        if position == 0:
            return None
        requested = min(retry_after or 0.0, LONGEST_RETRY_AFTER_SECONDS)
        return timedelta(seconds=max(self.jitter(self.retry_seconds[position]), requested))


def full_jitter(seconds: float) -> float:
    """Return a random wait from 0 to ``seconds``, so that receivers that failed together are not retried together."""
    return random.uniform(0, seconds)  # noqa: S311 - spreads load, keeps no secret
