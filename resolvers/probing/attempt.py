"""One look at the source of a question: what was seen, and whatever went wrong, as words."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import DBAPIError

from predictions.errors import InvalidInput, TrackRecordError
from resolvers.clock import Clock
from resolvers.errors import AddressRefused, NotConfigured, SourceChanged, SourceUnavailable, TooSlow
from resolvers.outbound.client import Fetched
from resolvers.probing.models import ProbeStatus
from resolvers.sources.evidence import ProposedOutcome
from resolvers.sources.interface import Fetch, ProbedQuestion
from resolvers.sources.registry import probe
from resolvers.sources.text import storable

log = logging.getLogger(__name__)

PROBE_SECONDS = 300.0
_STATES: tuple[tuple[type[TrackRecordError], ProbeStatus], ...] = (
    (SourceUnavailable, ProbeStatus.UNAVAILABLE),
    (SourceChanged, ProbeStatus.CHANGED),
    (NotConfigured, ProbeStatus.MISCONFIGURED),
    (AddressRefused, ProbeStatus.MISCONFIGURED),
    (InvalidInput, ProbeStatus.MISCONFIGURED),
)


@dataclass(frozen=True)
class ProbeResult:
    """How a look went. ``good``: the source was read without a fault, whatever it said."""

    state: ProbeStatus
    reason: str
    observed: tuple[str, ...] = ()
    proposal: ProposedOutcome | None = None
    retry_after: float | None = None

    @property
    def good(self) -> bool:
        """Whether the source was read."""
        return self.state in (ProbeStatus.NOTHING, ProbeStatus.PROPOSED)


class BoundedFetch:
    """A ``Fetch`` that gives up in time: when its seconds are used up, or when ``over`` is set.

    What was read until then is remembered, so that the next look goes on from there. Without ``keeping`` no snapshot
    is stored, as a look that proposes nothing needs none.
    """

    def __init__(
        self,
        fetch: Fetch,
        clock: Clock,
        seconds: float = PROBE_SECONDS,
        *,
        over: threading.Event | None = None,
        keeping: bool = True,
    ) -> None:
        self._fetch, self._clock, self._keeping = fetch, clock, keeping
        self._seconds, self._ends_at = seconds, clock.monotonic() + seconds
        self._over = over or threading.Event()

    def now(self) -> datetime:
        """The time of day, in UTC."""
        return self._fetch.now()

    def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, final: bool = False, max_bytes: int | None = None
    ) -> Fetched:
        """A good answer. Raises ``TooSlow`` where no time is left."""
        if self._over.is_set():
            raise TooSlow("the look was broken off because the scheduler stops: the next one goes on from there")
        if self._clock.monotonic() > self._ends_at:
            raise TooSlow(f"the look took more than {self._seconds:g} seconds: the next one goes on from there")
        return self._fetch.get(url, headers=headers, final=final, max_bytes=max_bytes)

    def keep(self, fetched: Fetched) -> str | None:
        """Store the bytes seen; the key of the snapshot."""
        return self._fetch.keep(fetched) if self._keeping else None

    def secret(self, name: str) -> str:
        """The value of an operator's setting."""
        return self._fetch.secret(name)


def run_probe(question: ProbedQuestion, resolver: str, config: Any, fetch: Fetch) -> ProbeResult:
    """Look at the source once. A source that is down, slow or changed is told of as such and is never an outcome.

    Raises ``DBAPIError`` where what is known of sources cannot be read: that says nothing of the source.
    """
    try:
        seen = probe(question, resolver, config, fetch)
    except TrackRecordError as error:
        state = next((state for kind, state in _STATES if isinstance(error, kind)), ProbeStatus.FAILED)
        return ProbeResult(state, storable(error.detail), retry_after=getattr(error, "retry_after", None))
    except DBAPIError:
        raise
    except Exception as error:  # a plug-in's fault must not end the thread that probes for all
        log.warning("the resolver %s stumbled over question %s", resolver, question.slug, exc_info=True)
        return ProbeResult(
            ProbeStatus.FAILED, f"the resolver {resolver} stumbled ({type(error).__name__}): the log says where"
        )
    state = ProbeStatus.NOTHING if seen.proposal is None else ProbeStatus.PROPOSED
    return ProbeResult(state, storable(seen.reason), tuple(map(storable, seen.observed)), seen.proposal)
