"""Quiet hours and digest times of a channel, in the time zone of the channel.

Pure functions. Times of day are local, ``HH:MM``. A time that is skipped when clocks go forward becomes later by
the hour skipped; of a time that occurs twice when clocks go back, the first counts.
"""

from datetime import UTC, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class DeliveryHours(Protocol):
    """Time zone, quiet hours and digest time; ``quiet_from`` and ``quiet_to`` are set together."""

    zone: str
    quiet_from: str | None
    quiet_to: str | None
    digest_at: str | None


def is_quiet(hours: DeliveryHours, now: datetime) -> bool:
    """Return whether ``now`` is within the quiet hours, from ``quiet_from`` and before ``quiet_to``."""
    if hours.quiet_from is None or hours.quiet_to is None:
        return False
    local = now.astimezone(ZoneInfo(hours.zone)).time()
    return is_between(local, time.fromisoformat(hours.quiet_from), time.fromisoformat(hours.quiet_to))


def is_between(local: time, start: time, end: time) -> bool:
    """Return whether a time of day is from ``start`` and before ``end``, which may be on the next day."""
    return start <= local < end if start < end else local >= start or local < end


def send_time(hours: DeliveryHours, now: datetime) -> datetime:
    """Return when a message written at ``now`` is due: at once, or at the next digest. Ignores quiet hours."""
    if hours.digest_at is None:
        return now
    zone, local = ZoneInfo(hours.zone), time.fromisoformat(hours.digest_at)
    day = now.astimezone(zone).date()
    digests = (datetime.combine(day + timedelta(days=offset), local, zone).astimezone(UTC) for offset in range(-1, 3))
    return next(at for at in digests if at > now)
