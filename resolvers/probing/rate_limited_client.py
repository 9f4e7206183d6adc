"""Manners towards sources: spacing, conditional requests, Retry-After, and a break after repeated failure.

What is remembered lies in a ``Memory``; one in the database survives restarts and is shared by processes.
"""

import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from resolvers.errors import FetchError, NotConfigured, SnapshotLost, SourceUnavailable
from resolvers.outbound.client import Fetched, Fetcher
from resolvers.outbound.redaction import SECRET_PREFIX
from resolvers.probing.snapshots import SnapshotStore
from resolvers.probing.source_state import HostState, InMemorySourceState, PageState, SourceStateStore

FAILURES_TO_BREAK = 5
FIRST_BREAK = timedelta(minutes=10)
LONGEST_BREAK = timedelta(hours=6)
LONGEST_WAIT_SECONDS = 30.0
HINTS = {403: ": it may not welcome programs", 404: ": check the address or id", 429: ": it asks for fewer calls"}
HOST_TROUBLE = frozenset({401, 403, 408, 429}) | frozenset(range(500, 600))


class RateLimitedFetch:
    """The ``Fetch`` of resolvers: the guarded client with manners. Safe to share between threads.

    ``spacing_seconds`` is the least time between two requests to a host, drawn out by up to a quarter at random.
    ``environment`` is where operators put tokens. ``sleep`` waits; it is never asked for more than 30 seconds.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        *,
        now: Callable[[], datetime],
        snapshots: SnapshotStore,
        environment: Mapping[str, str],
        memory: SourceStateStore | None = None,
        spacing_seconds: float = 1.0,
        draw: Callable[[], float] = random.random,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._fetcher = fetcher
        self._now = now
        self._snapshots = snapshots
        self._environment = environment
        self._memory = memory or InMemorySourceState()
        self._spacing_seconds = spacing_seconds
        self._draw = draw
        self._sleep = sleep

    def now(self) -> datetime:
        """The time of day, in UTC."""
        return self._now()

    def keep(self, fetched: Fetched) -> str | None:
        """Store the bytes seen; the key of the snapshot."""
        return self._snapshots.put(fetched)

    def secret(self, name: str) -> str:
        """The value of an operator's variable. Raises ``NotConfigured`` where it is not set."""
        value = self._environment.get(name, "") if name.startswith(SECRET_PREFIX) else ""
        if not value:
            raise NotConfigured(
                f"the environment variable {name} is not set: set it, or change the resolver's settings"
            )
        return value

    def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, final: bool = False, max_bytes: int | None = None
    ) -> Fetched:
        """A good answer; unchanged ones come from the stored snapshot.

        Raises ``SourceUnavailable`` for any status but the 200s, and without a request while the host has a break.
        """
        page = self._memory.page(url)
        stored = self._stored(page)
        if final and page and stored is not None:
            return self._again(url, page, stored)
        host = urlsplit(url).netloc.rpartition("@")[2].lower()
        self._take_turn(host)
        try:
            fetched = self._fetcher.get(
                url,
                headers=headers,
                etag=page.etag if page and stored is not None else None,
                last_modified=page.last_modified if page and stored is not None else None,
                max_bytes=max_bytes,
            )
            if fetched.status == 304 and page and stored is not None:
                fetched = self._again(url, replace(page, checked_at=fetched.fetched_at), stored)
            elif not fetched.ok:
                raise self._refusal(host, fetched)
        except FetchError as error:
            self._failed(host, error)
            raise
        self._succeeded(host, fetched)
        if not headers:  # what a token opens is not ours to store
            self._remember(url, fetched, final)
        return fetched

    def _take_turn(self, host: str) -> None:
        """Wait for the host's next slot. Raises ``SourceUnavailable`` where that is too far off."""
        waits: list[float] = []

        def turn(state: HostState) -> HostState:
            now = self._now()
            slot = max(now, state.next_at or now)
            waits.append((slot - now).total_seconds())
            if waits[-1] > LONGEST_WAIT_SECONDS:
                good = f"{state.last_good_at:%Y-%m-%d %H:%M} UTC" if state.last_good_at else "never"
                raise SourceUnavailable(
                    f"{host} is left alone until {slot:%Y-%m-%d %H:%M} UTC ({state.last_error or 'it asked for time'});"
                    f" last good check: {good}",
                    retry_after=waits[-1],
                )
            gap = self._spacing_seconds * (1 + self._draw() / 4)
            return replace(state, next_at=slot + timedelta(seconds=gap))

        self._memory.change_host(host, turn)
        if waits[-1] > 0:
            self._sleep(waits[-1])

    def _refusal(self, host: str, fetched: Fetched) -> SourceUnavailable:
        text = f"{host} answered with status {fetched.status}{HINTS.get(fetched.status, '')}"
        return SourceUnavailable(text, retry_after=fetched.retry_after, status=fetched.status)

    def _failed(self, host: str, error: FetchError) -> None:
        """Remember a failure of the host; one that is ours, such as a wrong id, does not count against it."""
        if not isinstance(error, SourceUnavailable):
            return
        if error.status is not None and error.status not in HOST_TROUBLE:
            return
        self._memory.change_host(host, lambda state: self._after_failure(state, error))

    def _after_failure(self, state: HostState, error: SourceUnavailable) -> HostState:
        now, failures = self._now(), state.failures + 1
        pause = timedelta(seconds=error.retry_after or 0)
        if failures >= FAILURES_TO_BREAK:
            doubled = FIRST_BREAK * 2 ** min(failures - FAILURES_TO_BREAK, 10)
            pause = max(pause, min(doubled, LONGEST_BREAK) * (1 + self._draw() / 4))
        return replace(
            state,
            next_at=max(state.next_at or now, now + pause),
            failures=failures,
            last_error=error.detail,
            broken=failures >= FAILURES_TO_BREAK,
        )

    def _succeeded(self, host: str, fetched: Fetched) -> None:
        at = fetched.fetched_at
        self._memory.change_host(host, lambda state: HostState(next_at=state.next_at, last_good_at=at))

    def _remember(self, url: str, fetched: Fetched, final: bool) -> None:
        etag, last_modified = fetched.headers.get("etag"), fetched.headers.get("last-modified")
        if final or etag or last_modified:  # else nothing will ever be answered from it
            kept = {name: fetched.headers[name] for name in ("content-type", "etag") if name in fetched.headers}
            with suppress(SnapshotLost):  # a full disk costs manners here; what is cited is stored by `keep`, or fails
                sha256 = self._snapshots.put(fetched)
                page = PageState(sha256, fetched.fetched_at, etag, last_modified, kept, fetched.final_url)
                self._memory.keep_page(url, page)

    def _stored(self, page: PageState | None) -> bytes | None:
        try:
            return self._snapshots.get(page.sha256) if page else None
        except SnapshotLost:
            return None

    def _again(self, url: str, page: PageState, body: bytes) -> Fetched:
        """The stored answer, as if it had been sent again."""
        headers = dict(page.headers) | ({"last-modified": page.last_modified} if page.last_modified else {})
        return Fetched(url, page.final_url, 200, headers, body, page.checked_at)
