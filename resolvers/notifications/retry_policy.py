"""When a failed delivery is retried: the schedule, its jitter, and the lease of a claim."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

#: Seconds before each attempt, counted from the one before: the schedule that Standard Webhooks recommends, with two
#: more in the first minutes, for a receiver that merely stumbles.
RETRY_SECONDS = (0, 5, 30, 2 * 60, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 10 * 3600)
LONGEST_RETRY_AFTER_SECONDS = 24 * 3600
LEASE_SECONDS = 60.0

Jitter = Callable[[float], float]


@dataclass(frozen=True)
class RetryPolicy:
    """How deliveries are claimed and retried. ``jitter`` draws the wait from the seconds planned."""

    jitter: Jitter
    retry_seconds: Sequence[float] = RETRY_SECONDS
    lease_seconds: float = LEASE_SECONDS

    def wait(self, attempt: int, retry_after: float | None) -> timedelta | None:
        """The time from a failed ``attempt`` (the first is 1) to the next; None after the last of a round.

        A delivery sent again after a round begins another.
        """
        following = attempt % len(self.retry_seconds)
        if following == 0:
            return None
        asked = min(retry_after or 0.0, LONGEST_RETRY_AFTER_SECONDS)
        return timedelta(seconds=max(self.jitter(self.retry_seconds[following]), asked))


def full_jitter(seconds: float) -> float:
    """Anything from nothing to ``seconds``: receivers that failed together are not tried again together."""
    return random.uniform(0, seconds)  # noqa: S311 - spreads load, keeps no secret
