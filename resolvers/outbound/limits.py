"""Limits of one request: seconds and bytes."""

from dataclasses import dataclass, field

from resolvers.clock import Clock
from resolvers.errors import TooLarge, TooSlow


@dataclass(frozen=True)
class Limits:
    """Time limits of one request, and the largest decoded body in bytes."""

    connect_seconds: float = 5.0
    read_seconds: float = 20.0
    total_seconds: float = 60.0
    max_bytes: int = 2_000_000


@dataclass
class Budget:
    """Remaining seconds and bytes on the wire of one request, over all its connections together.

    The time limit of a single read starts again with each byte; only ``ends_at`` stops a source that sends slowly.
    """

    clock: Clock
    host: str
    connect_seconds: float
    read_seconds: float
    total_seconds: float
    wire_bytes: int
    ends_at: float = field(init=False)

    def __post_init__(self) -> None:
        self.ends_at = self.clock.monotonic() + self.total_seconds

    def seconds(self, at_most: float) -> float:
        """Return the time limit of the next step in seconds. Raises ``TooSlow`` if no time is left."""
        left = self.ends_at - self.clock.monotonic()
        if left <= 0:
            raise TooSlow(f"{self.host} did not finish within {self.total_seconds:g} seconds: try again later")
        return min(at_most, left)

    def spend_bytes(self, count: int) -> None:
        """Count bytes received. Raises ``TooLarge`` if they exceed the limit."""
        self.wire_bytes -= count
        if self.wire_bytes < 0:
            raise TooLarge(f"{self.host} sent more than the limit: check that the address is that of a data source")
