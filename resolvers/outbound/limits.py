"""What one call to the outside may use up."""

from dataclasses import dataclass, field

from resolvers.clock import Clock
from resolvers.errors import TooLarge, TooSlow


@dataclass(frozen=True)
class Limits:
    """How long one call may take, and how many decoded bytes it may bring."""

    connect_seconds: float = 5.0
    read_seconds: float = 20.0
    total_seconds: float = 60.0
    max_bytes: int = 2_000_000


@dataclass
class Budget:
    """What one call may use up: seconds over all its connections together, and bytes on the wire.

    A read's own time limit starts anew with each byte; only ``ends_at`` stops a source that drips.
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
        """The seconds that the next step may take. Raises ``TooSlow`` where none are left."""
        left = self.ends_at - self.clock.monotonic()
        if left <= 0:
            raise TooSlow(f"{self.host} did not finish within {self.total_seconds:g} seconds: try again later")
        return min(at_most, left)

    def spend_bytes(self, count: int) -> None:
        """Count bytes received. Raises ``TooLarge`` where they are more than the call may take."""
        self.wire_bytes -= count
        if self.wire_bytes < 0:
            raise TooLarge(f"{self.host} sent more than it may: check that the address is that of a feed")
