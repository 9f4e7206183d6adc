"""The interface of resolvers, and the rules that every proposal must follow, plug-ins included.

A resolver sees a question and a source, never a commentator or a probability, so it cannot know whose score it
decides. It proposes; a person confirms.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Protocol, Self
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, Field, field_validator

from predictions.enums import ANNULLED, RETRACTED, QuestionKind
from predictions.models import Question
from predictions.schemas.fields import check_web_address
from resolvers.outbound.client import FetchedResponse
from resolvers.sources.evidence import MAX_EXCERPT, NO, YES, Basis, Evidence, FrozenModel, Probe, ProposedOutcome


class Config(FrozenModel):
    """Settings of a resolver for one question; ``base_url`` defaults to the real source."""

    @field_validator("*", mode="before")
    @classmethod
    def _check_addresses(cls, value: Any) -> Any:
        return check_web_address(value) if isinstance(value, str) and value.startswith(("http:", "https:")) else value

    @property
    def sha256(self) -> str:
        """Return the hash of the settings with all defaults filled in; equal settings have equal hashes."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def needs_admin(self) -> bool:
        """Return whether only an admin may set this: another source than the real one, or a secret sent to it."""
        given = dict(self)
        default = type(self).model_fields["base_url"].default if "base_url" in given else None
        return bool(given.get("headers_env")) or given.get("base_url") != default


class ProbedQuestion(FrozenModel):
    """The part of a question that a resolver may know."""

    id: int
    slug: str
    text: str
    resolution_criteria: str
    kind: QuestionKind = QuestionKind.BINARY
    opened_at: AwareDatetime = Field(description="an event counts from then on")
    deadline: AwareDatetime
    deadline_zone: str = "UTC"
    outcome: str | None = Field(default=None, description="the outcome on record; the source is read again for a while")

    @classmethod
    def of(cls, question: Question) -> Self:
        """Build the view of a stored question. Without ``opens_at`` it opened when it was entered."""
        return cls(
            id=question.id or 0,
            slug=question.slug,
            text=question.text,
            resolution_criteria=question.resolution_criteria,
            kind=question.kind,
            opened_at=question.opens_at or question.created_at,
            deadline=question.deadline,
            deadline_zone=question.deadline_zone,
            outcome=question.outcome,
        )

    @property
    def zone(self) -> ZoneInfo:
        """Return the time zone in which the question counts days."""
        return ZoneInfo(self.deadline_zone)

    def day(self, moment: datetime | date) -> date:
        """Return the day of an instant in the question's zone; a date is returned unchanged."""
        return moment.astimezone(self.zone).date() if isinstance(moment, datetime) else moment

    @property
    def first_day(self) -> date:
        """Return the first day on which an event counts."""
        return self.day(self.opened_at)

    @property
    def last_day(self) -> date:
        """Return the last day on which an event counts."""
        return self.day(self.deadline)

    def covers(self, moment: datetime | date) -> bool:
        """Return whether an event at this instant counts, or on this day if only the day is known."""
        if isinstance(moment, datetime):
            return self.opened_at <= moment <= self.deadline
        return self.first_day <= moment <= self.last_day


class Fetch(Protocol):
    """Access of a resolver to outside addresses: guarded, rate limited, and with a store for snapshots."""

    def now(self) -> datetime:
        """Return the current time in UTC."""

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        immutable: bool = False,
        max_bytes: int | None = None,
    ) -> FetchedResponse:
        """Return a whole response (200). ``immutable``: the content of the address never changes; it is cached."""

    def store_snapshot(self, fetched: FetchedResponse) -> str | None:
        """Store the body as a snapshot; return its key, or None if snapshots are not stored."""

    def secret(self, name: str) -> str:
        """Return the value of an environment variable of the operator. Raises ``NotConfigured``."""


class Resolver(Protocol):
    """A way to find an outcome. ``key`` is its permanent name; ``version`` changes when its results may change."""

    key: str
    version: str
    settings: type[Config]

    def probe(self, question: ProbedQuestion, config: Any, fetch: Fetch) -> Probe:
        """Probe the source once.

        Raises ``SourceUnavailable``, ``SourceChanged``, ``NotConfigured`` or ``AddressRefused``: none is an outcome.
        """


def cite(
    fetch: Fetch, fetched: FetchedResponse, *, locator: str, excerpt: str, store_snapshot: bool = True
) -> Evidence:
    """Return the response as evidence, with its bytes stored unless the terms of the source forbid it."""
    return Evidence(
        url=fetched.url,
        final_url=fetched.final_url,
        fetched_at=fetched.fetched_at,
        status=fetched.status,
        content_type=fetched.headers.get("content-type"),
        etag=fetched.headers.get("etag"),
        last_modified=fetched.headers.get("last-modified"),
        sha256=fetched.sha256,
        size=len(fetched.body),
        snapshot=fetch.store_snapshot(fetched) if store_snapshot else None,
        locator=locator,
        excerpt=excerpt[:MAX_EXCERPT],
    )


def broken_rule(question: ProbedQuestion, proposal: ProposedOutcome, now: datetime) -> str | None:
    """Return the rule that a proposal breaks, as a sentence; None if it breaks none."""
    day = proposal.event_date
    if proposal.outcome == RETRACTED:
        return None if question.outcome else "the question has no outcome that could be retracted"
    if proposal.outcome not in (YES, NO, ANNULLED):
        return f"{proposal.outcome!r} is not an outcome of a yes-or-no question"
    if proposal.outcome == YES and (day is None or not question.covers(day)):
        window = f"{question.first_day} to {question.last_day}"
        return f"the event's date ({day or 'unknown'}) is not between opening and deadline ({window})"
    if day is not None and day > question.day(now.astimezone(UTC)):
        return f"the event's date {day} is in the future"
    if proposal.basis is Basis.ABSENT and (proposal.outcome != NO or now <= question.deadline):
        return "a search without result can only mean no, and only after the deadline"
    return None
