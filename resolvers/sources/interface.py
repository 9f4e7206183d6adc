"""What a resolver is shown, what it may say, and the rules that hold whoever wrote it.

A resolver sees a question and a source, never a commentator or a probability: it cannot know whose score it
decides. It proposes; a person confirms.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Protocol, Self
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, Field

from predictions.enums import ANNULLED, QuestionKind
from predictions.models import Question
from resolvers.outbound.client import FetchedResponse
from resolvers.sources.evidence import MAX_EXCERPT, NO, YES, Basis, Evidence, Frozen, Probe, ProposedOutcome


class Config(Frozen):
    """The settings of a resolver for one question; ``base_url`` and the like have the real source as default."""

    @property
    def sha256(self) -> str:
        """One hash for one meaning: of the settings with all defaults filled in."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def needs_admin(self) -> bool:
        """Whether only an admin may say so: a source other than the real one, or a secret that is sent to it."""
        given = dict(self)
        default = type(self).model_fields["base_url"].default if "base_url" in given else None
        return bool(given.get("headers_env")) or given.get("base_url") != default


class ProbedQuestion(Frozen):
    """What a resolver may know of a question."""

    id: int
    slug: str
    text: str
    resolution_criteria: str
    kind: QuestionKind = QuestionKind.BINARY
    opened_at: AwareDatetime = Field(description="from when on an event counts")
    deadline: AwareDatetime
    deadline_zone: str = "UTC"

    @classmethod
    def of(cls, question: Question) -> Self:
        """The view of a question on record. One without ``opens_at`` opened when it was entered."""
        return cls(
            id=question.id or 0,
            slug=question.slug,
            text=question.text,
            resolution_criteria=question.resolution_criteria,
            kind=question.kind,
            opened_at=question.opens_at or question.created_at,
            deadline=question.deadline,
            deadline_zone=question.deadline_zone,
        )

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which the question counts days."""
        return ZoneInfo(self.deadline_zone)

    def day(self, moment: datetime | date) -> date:
        """The day of an instant, as the question counts days; a day stays what it is."""
        return moment.astimezone(self.zone).date() if isinstance(moment, datetime) else moment

    @property
    def first_day(self) -> date:
        """The first day on which an event counts."""
        return self.day(self.opened_at)

    @property
    def last_day(self) -> date:
        """The last day on which an event counts."""
        return self.day(self.deadline)

    def covers(self, moment: datetime | date) -> bool:
        """Whether an event of this instant, or of this day where no more is known, counts."""
        if isinstance(moment, datetime):
            return self.opened_at <= moment <= self.deadline
        return self.first_day <= moment <= self.last_day


class Fetch(Protocol):
    """The world outside, as a resolver reaches it: guarded, polite, and with a place to keep what was seen."""

    def now(self) -> datetime:
        """The time of day, in UTC."""

    def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, final: bool = False, max_bytes: int | None = None
    ) -> FetchedResponse:
        """A good answer (of the 200s). ``final``: what this address gives never changes, so one look is enough."""

    def keep(self, fetched: FetchedResponse) -> str | None:
        """Store the bytes seen; the key of the snapshot, or None where snapshots are not kept."""

    def secret(self, name: str) -> str:
        """The value of an operator's setting. Raises ``NotConfigured``."""


class Resolver(Protocol):
    """One way to learn an outcome. ``key`` names it for good; ``version`` changes when its answers may."""

    key: str
    version: str
    settings: type[Config]

    def probe(self, question: ProbedQuestion, config: Any, fetch: Fetch) -> Probe:
        """Look at the source once.

        Raises ``SourceUnavailable``, ``SourceChanged``, ``NotConfigured`` or ``AddressRefused``: none is an outcome.
        """


def cite(fetch: Fetch, fetched: FetchedResponse, *, locator: str, excerpt: str, keep: bool = True) -> Evidence:
    """The evidence for what was fetched, with its bytes stored unless the source's terms forbid it."""
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
        snapshot=fetch.keep(fetched) if keep else None,
        locator=locator,
        excerpt=excerpt[:MAX_EXCERPT],
    )


def broken_rule(question: ProbedQuestion, proposal: ProposedOutcome, now: datetime) -> str | None:
    """Which rule a proposal breaks, in words; None where it breaks none. Holds for plug-ins as for our own."""
    day = proposal.event_date
    if proposal.outcome not in (YES, NO, ANNULLED):
        return f"{proposal.outcome!r} is no outcome of a yes/no question"
    if proposal.outcome == YES and (day is None or not question.covers(day)):
        window = f"{question.first_day} to {question.last_day}"
        return f"the event's date ({day or 'unknown'}) does not lie between opening and deadline ({window})"
    if day is not None and day > question.day(now.astimezone(UTC)):
        return f"the event's date {day} lies in the future"
    if proposal.basis is Basis.ABSENT and (proposal.outcome != NO or now <= question.deadline):
        return "that nothing was found means no, and only after the deadline"
    return None
