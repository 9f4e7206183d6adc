"""When a channel may be spoken to: its quiet hours, and the time of day of its digest, in a zone of its own.

Pure. Times of day are ``HH:MM`` on the wall of the zone. Where clocks are set forward over one, it is as much later;
where they are set back, the first of the two counts.
"""

from datetime import UTC, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class DeliveryHours(Protocol):
    """A channel, as far as its hours go. ``quiet_from`` and ``quiet_to`` come together; the night may lie between."""

    zone: str
    quiet_from: str | None
    quiet_to: str | None
    digest_at: str | None


def is_quiet(hours: DeliveryHours, now: datetime) -> bool:
    """Whether nothing may be sent at ``now``: from ``quiet_from`` on, until ``quiet_to``."""
    if hours.quiet_from is None or hours.quiet_to is None:
        return False
    wall = now.astimezone(ZoneInfo(hours.zone)).time()
    return within(wall, time.fromisoformat(hours.quiet_from), time.fromisoformat(hours.quiet_to))


def within(wall: time, start: time, end: time) -> bool:
    """Whether a time of day lies from ``start`` on and before ``end``, which may be of the next day."""
    return start <= wall < end if start < end else wall >= start or wall < end


def send_at(hours: DeliveryHours, now: datetime) -> datetime:
    """When what is written at ``now`` goes out, quiet hours apart: at once, or with the next digest after it."""
    if hours.digest_at is None:
        return now
    zone, wall = ZoneInfo(hours.zone), time.fromisoformat(hours.digest_at)
    day = now.astimezone(zone).date()
    for later in range(-1, 3):
        at = datetime.combine(day + timedelta(days=later), wall, zone).astimezone(UTC)
        if at > now:
            return at
    raise AssertionError("every day has such a time")
