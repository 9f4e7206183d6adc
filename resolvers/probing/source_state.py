"""The state of hosts and pages between two probes, and the interface of its store."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True)
class HostState:
    """State of a host: next allowed request, consecutive failures; ``broken``: the circuit breaker is open."""

    next_at: datetime | None = None
    failures: int = 0
    last_good_at: datetime | None = None
    last_error: str | None = None
    broken: bool = False


@dataclass(frozen=True)
class PageState:
    """Last response of an address, for conditional requests."""

    sha256: str
    checked_at: datetime
    etag: str | None = None
    last_modified: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    final_url: str = ""


class SourceStateStore(Protocol):
    """Stores the state of hosts and pages. Safe to share between threads."""

    def update_host(self, host: str, change: Callable[[HostState], HostState]) -> None:
        """Replace the state of a host by ``change(state)``, one caller at a time; an error changes nothing."""

    def page(self, url: str) -> PageState | None:
        """Return the last response of an address, or None."""

    def store_page(self, url: str, page: PageState) -> None:
        """Store the last response of an address."""


class InMemorySourceState:
    """A store in memory, lost when the process ends."""

    def __init__(self) -> None:
        self._hosts: dict[str, HostState] = {}
        self._pages: dict[str, PageState] = {}
        self._lock = threading.Lock()

    def host(self, host: str) -> HostState:
        """Return the state of a host; the default state for a new one."""
        return self._hosts.get(host, HostState())

    def update_host(self, host: str, change: Callable[[HostState], HostState]) -> None:
        """Replace the state of a host by ``change(state)``, one caller at a time."""
        with self._lock:
            self._hosts[host] = change(self.host(host))

    def page(self, url: str) -> PageState | None:
        """Return the last response of an address, or None."""
        return self._pages.get(url)

    def store_page(self, url: str, page: PageState) -> None:
        """Store the last response of an address."""
        self._pages[url] = page


def next_probe_at(
    now: datetime, deadline: datetime, *, interval: timedelta, lead: timedelta, draw: Callable[[], float]
) -> datetime:
    """Return the next time to probe: ``interval`` from now, but not before ``lead`` ahead of the deadline.

    Up to a tenth of the interval is added at random, which keeps many questions with one deadline from probing a source
    in the same second.
    """
    return max(now + interval, deadline - lead) + interval * (draw() / 10)
