"""What is remembered of hosts and addresses between two looks, as plain values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True)
class HostState:
    """How a host has been lately. ``next_at``: no request before. ``failures``: in a row."""

    next_at: datetime | None = None
    failures: int = 0
    last_good_at: datetime | None = None
    last_error: str | None = None
    broken: bool = False


@dataclass(frozen=True)
class PageState:
    """What an address gave last, so that an unchanged answer need not be sent again."""

    sha256: str
    checked_at: datetime
    etag: str | None = None
    last_modified: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    final_url: str = ""


def next_probe_at(
    now: datetime, deadline: datetime, *, interval: timedelta, lead: timedelta, draw: Callable[[], float]
) -> datetime:
    """When to probe next: not before ``lead`` ahead of the deadline, then every ``interval``, up to a tenth later.

    The spread keeps many questions with one deadline from calling on a source at the same second.
    """
    return max(now + interval, deadline - lead) + interval * (draw() / 10)
