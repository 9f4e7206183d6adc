"""What is remembered of hosts and addresses between two looks, as plain values, and who remembers it."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol


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


class SourceStateStore(Protocol):
    """Where what is known of hosts and addresses is kept. Safe to share between threads."""

    def host(self, host: str) -> HostState:
        """How a host has been lately; nothing is known of a new one."""

    def change_host(self, host: str, change: Callable[[HostState], HostState]) -> None:
        """Let ``change`` make the new state from the old, alone. What it raises leaves the old one."""

    def page(self, url: str) -> PageState | None:
        """What an address gave last."""

    def keep_page(self, url: str, page: PageState) -> None:
        """Remember what an address gave."""


class InMemorySourceState:
    """A memory that ends with the process."""

    def __init__(self) -> None:
        self._hosts: dict[str, HostState] = {}
        self._pages: dict[str, PageState] = {}
        self._lock = threading.Lock()

    def host(self, host: str) -> HostState:
        """How a host has been lately."""
        return self._hosts.get(host, HostState())

    def change_host(self, host: str, change: Callable[[HostState], HostState]) -> None:
        """Let ``change`` make the new state from the old, alone."""
        with self._lock:
            self._hosts[host] = change(self.host(host))

    def page(self, url: str) -> PageState | None:
        """What an address gave last."""
        return self._pages.get(url)

    def keep_page(self, url: str, page: PageState) -> None:
        """Remember what an address gave."""
        self._pages[url] = page


def next_probe_at(
    now: datetime, deadline: datetime, *, interval: timedelta, lead: timedelta, draw: Callable[[], float]
) -> datetime:
    """When to probe next: not before ``lead`` ahead of the deadline, then every ``interval``, up to a tenth later.

    The spread keeps many questions with one deadline from calling on a source at the same second.
    """
    return max(now + interval, deadline - lead) + interval * (draw() / 10)
