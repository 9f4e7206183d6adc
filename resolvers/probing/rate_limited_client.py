"""Rate limit by host, conditional requests, Retry-After, and a circuit breaker after repeated failures.

The state of hosts and pages is kept in a ``SourceStateStore``; the one in the database is shared by all processes.
"""

import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from resolvers.clock import CLOCK_TOLERANCE
from resolvers.errors import FetchError, NotConfigured, SnapshotLost, SourceChanged, SourceUnavailable
from resolvers.outbound.client import FetchedResponse, OutboundClient
from resolvers.outbound.redaction import SECRET_PREFIX
from resolvers.probing.snapshots import SnapshotStore
from resolvers.probing.source_state import HostState, InMemorySourceState, PageState, SourceStateStore

FAILURES_TO_BREAK = 5
FIRST_BREAK = timedelta(minutes=10)
LONGEST_BREAK = timedelta(hours=6)
LONGEST_WAIT_SECONDS = 30.0
HINTS = {
    202: ": its content is not ready yet",
    403: ": it may refuse automated requests",
    404: ": check the address or id",
    429: ": its rate limit is exceeded",
}
#: Successful statuses whose body is not the content of the address, and why. Only 200 (and 304) stands for it.
NOT_CONTENT = {
    201: "says that it created something",
    203: "sent content that was changed on the way",
    204: "sent no content",
    205: "sent no content",
    206: "sent only a part of its content",
    207: "sent several answers in one",
    208: "sent several answers in one",
    226: "sent only the difference to an earlier state",
}
HOST_FAILURE_STATUSES = frozenset({401, 403, 408, 429}) | frozenset(range(500, 600))


class RateLimitedFetch:
    """The ``Fetch`` of resolvers: the guarded client with a rate limit. Safe to share between threads.

    ``spacing_seconds`` is the least time between two requests to a host, increased by up to a quarter at random.
    ``environment`` holds the tokens of the operator. ``sleep`` waits, for at most 30 seconds.
    """

    def __init__(
        self,
        client: OutboundClient,
        *,
        now: Callable[[], datetime],
        snapshots: SnapshotStore,
        environment: Mapping[str, str],
        source_state: SourceStateStore | None = None,
        spacing_seconds: float = 1.0,
        draw: Callable[[], float] = random.random,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._now = now
        self._snapshots = snapshots
        self._environment = environment
        self._source_state = source_state or InMemorySourceState()
        self._spacing_seconds = spacing_seconds
        self._draw = draw
        self._sleep = sleep

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return self._now()

    def store_snapshot(self, fetched: FetchedResponse) -> str | None:
        """Store the body as a snapshot; return its key."""
        return self._snapshots.put(fetched)

    def secret(self, name: str) -> str:
        """Return the value of an environment variable. Raises ``NotConfigured`` if it is not set."""
        value = self._environment.get(name, "") if name.startswith(SECRET_PREFIX) else ""
        if not value:
            raise NotConfigured(
                f"the environment variable {name} is not set: set it, or change the resolver's settings"
            )
        return value

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        immutable: bool = False,
        max_bytes: int | None = None,
    ) -> FetchedResponse:
        """Return a successful response; an unchanged one comes from the stored snapshot.

        Raises ``SourceChanged`` for a part or another form of the content, ``SourceUnavailable`` for any other status
        but 200, and without a request while the circuit breaker is open.
        """
        page = self._source_state.page(url)
        stored = self._stored_body(page)
        if immutable and page and stored is not None:
            return self._stored_response(url, page, stored)
        host = urlsplit(url).netloc.rpartition("@")[2].lower()
        self._wait_for_slot(host)
        try:
            fetched = self._client.get(
                url,
                headers=headers,
                etag=page.etag if page and stored is not None else None,
                last_modified=page.last_modified if page and stored is not None else None,
                max_bytes=max_bytes,
            )
            if fetched.status == 304 and page and stored is not None:
                fetched = self._stored_response(url, replace(page, checked_at=fetched.fetched_at), stored)
            else:
                _check_content(host, fetched)
        except FetchError as error:
            self._record_failure(host, error)
            raise
        self._record_success(host, fetched)
        if not headers:  # responses to a token are not stored
            self._store_page(url, fetched, immutable)
        return fetched

    def _wait_for_slot(self, host: str) -> None:
        """Wait for the next slot of the host. Raises ``SourceUnavailable`` if the wait is too long."""
        waits: list[float] = []

        def reserve_slot(state: HostState) -> HostState:
            now = self._now()
            ahead = state.last_good_at is not None and state.last_good_at > now + CLOCK_TOLERANCE
            slot = now if ahead else max(now, state.next_at or now)  # ahead: the clock has been set back since
            waits.append((slot - now).total_seconds())
            if waits[-1] > LONGEST_WAIT_SECONDS:
                good = f"{state.last_good_at:%Y-%m-%d %H:%M} UTC" if state.last_good_at else "never"
                raise SourceUnavailable(
                    f"{host} is not requested before {slot:%Y-%m-%d %H:%M} UTC ({state.last_error or 'rate limit'});"
                    f" last good check: {good}",
                    retry_after=waits[-1],
                )
            spacing = self._spacing_seconds * (1 + self._draw() / 4)
            return replace(state, next_at=slot + timedelta(seconds=spacing))

        self._source_state.update_host(host, reserve_slot)
        if waits[-1] > 0:
            self._sleep(waits[-1])

    def _record_failure(self, host: str, error: FetchError) -> None:
        """Record a failure of the host; an error of the request, such as a wrong id, does not count."""
        if not isinstance(error, SourceUnavailable):
            return
        if error.status is not None and error.status not in HOST_FAILURE_STATUSES:
            return
        self._source_state.update_host(host, lambda state: self._after_failure(state, error))

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

    def _record_success(self, host: str, fetched: FetchedResponse) -> None:
        at = fetched.fetched_at
        self._source_state.update_host(host, lambda state: HostState(next_at=state.next_at, last_good_at=at))

    def _store_page(self, url: str, fetched: FetchedResponse, immutable: bool) -> None:
        etag, last_modified = fetched.headers.get("etag"), fetched.headers.get("last-modified")
        if immutable or etag or last_modified:  # otherwise no later request can use it
            headers = {name: fetched.headers[name] for name in ("content-type", "etag") if name in fetched.headers}
            with suppress(SnapshotLost):  # optional here: a full disk only means another full request
                sha256 = self._snapshots.put(fetched)
                page = PageState(sha256, fetched.fetched_at, etag, last_modified, headers, fetched.final_url)
                self._source_state.store_page(url, page)

    def _stored_body(self, page: PageState | None) -> bytes | None:
        try:
            return self._snapshots.get(page.sha256) if page else None
        except SnapshotLost:
            return None

    def _stored_response(self, url: str, page: PageState, body: bytes) -> FetchedResponse:
        """Return the stored response, as if it had been sent again."""
        headers = dict(page.headers) | ({"last-modified": page.last_modified} if page.last_modified else {})
        return FetchedResponse(url, page.final_url, 200, headers, body, page.checked_at)


def _check_content(host: str, fetched: FetchedResponse) -> None:
    """Raise unless the response is the whole content of the address."""
    status, partial = fetched.status, "content-range" in fetched.headers
    if status in NOT_CONTENT or (status == 200 and partial):
        what = NOT_CONTENT[206] if partial else NOT_CONTENT[status]
        raise SourceChanged(f"{host} {what} (status {status}), from which nothing can be concluded: check the address")
    if status != 200:
        text = f"{host} answered with status {status}{HINTS.get(status, '')}"
        raise SourceUnavailable(text, retry_after=fetched.retry_after, status=status)
