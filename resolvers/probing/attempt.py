"""One probe of the source of a question, with every failure turned into a state and a reason."""

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
from resolvers.outbound.client import FetchedResponse
from resolvers.outbound.redaction import redact, redact_text
from resolvers.probing.models import ProbeStatus
from resolvers.sources.evidence import ProposedOutcome
from resolvers.sources.interface import Fetch, ProbedQuestion
from resolvers.sources.registry import probe
from resolvers.sources.text import storable_text

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
    """Result of a probe. It ``succeeded`` if the source was read without an error, whatever it contained."""

    state: ProbeStatus
    reason: str
    observed: tuple[str, ...] = ()
    proposal: ProposedOutcome | None = None
    retry_after: float | None = None
    final: bool = False

    @property
    def succeeded(self) -> bool:
        """Return whether the source was read (a good check)."""
        return self.state in (ProbeStatus.NOTHING, ProbeStatus.PROPOSED)

    @property
    def changes_record(self) -> bool:
        """Return whether recording it appends to the ledger, which only a write transaction may."""
        return self.proposal is not None or self.final


class BoundedFetch:
    """A ``Fetch`` with a time limit, which also ends when ``stopping`` is set.

    Pages read so far are stored, so that the next probe continues from there. Without ``store_snapshots`` no snapshot
    is stored, as a dry run needs none.
    """

    def __init__(
        self,
        fetch: Fetch,
        clock: Clock,
        seconds: float = PROBE_SECONDS,
        *,
        stopping: threading.Event | None = None,
        store_snapshots: bool = True,
    ) -> None:
        self._fetch, self._clock, self._store_snapshots = fetch, clock, store_snapshots
        self._seconds, self._ends_at = seconds, clock.monotonic() + seconds
        self._stopping = stopping or threading.Event()

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return self._fetch.now()

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        immutable: bool = False,
        max_bytes: int | None = None,
    ) -> FetchedResponse:
        """Return a successful response. Raises ``TooSlow`` if no time is left."""
        if self._stopping.is_set():
            raise TooSlow("the probe was interrupted because the scheduler stops: the next probe continues from there")
        if self._clock.monotonic() > self._ends_at:
            raise TooSlow(f"the probe took more than {self._seconds:g} seconds: the next probe continues from there")
        return self._fetch.get(url, headers=headers, immutable=immutable, max_bytes=max_bytes)

    def store_snapshot(self, fetched: FetchedResponse) -> str | None:
        """Store the body as a snapshot; return its key, or None if snapshots are not stored."""
        return self._fetch.store_snapshot(fetched) if self._store_snapshots else None

    def secret(self, name: str) -> str:
        """Return the value of an environment variable of the operator."""
        return self._fetch.secret(name)


def run_probe(question: ProbedQuestion, resolver: str, config: Any, fetch: Fetch) -> ProbeResult:
    """Probe the source once. A source that is down, slow or changed gives a state, never an outcome.

    Raises ``DBAPIError`` if the stored state of sources cannot be read, which says nothing about the source.
    """
    try:
        probe_result = probe(question, resolver, config, fetch)
    except TrackRecordError as error:
        state = next((state for kind, state in _STATES if isinstance(error, kind)), ProbeStatus.FAILED)
        return ProbeResult(state, _shown(error.detail), retry_after=getattr(error, "retry_after", None))
    except DBAPIError:
        raise
    except Exception as error:  # an error in a plug-in must not end the probing thread
        log.warning("the resolver %s failed on question %s", resolver, question.slug, exc_info=True)
        return ProbeResult(ProbeStatus.FAILED, f"the resolver {resolver} failed ({type(error).__name__}): see the log")
    state = ProbeStatus.NOTHING if probe_result.proposal is None else ProbeStatus.PROPOSED
    return ProbeResult(
        state,
        _shown(probe_result.reason),
        tuple(map(_shown, probe_result.observed)),
        _without_secrets(probe_result.proposal),
        final=probe_result.final,
    )


def _shown(text: str) -> str:
    return redact_text(storable_text(text))


def _without_secrets(proposal: ProposedOutcome | None) -> ProposedOutcome | None:
    """Return the proposal, which readers see, without the secrets of the resolver's settings."""
    if proposal is None:
        return None
    evidence = tuple(
        each.model_copy(
            update={"url": redact(each.url), "final_url": redact(each.final_url)}
            | {name: redact_text(text) for name in ("locator", "excerpt") if (text := getattr(each, name))}
        )
        for each in proposal.evidence
    )
    return proposal.model_copy(update={"rationale": redact_text(proposal.rationale), "evidence": evidence})
