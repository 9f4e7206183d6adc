"""Proposed outcomes and their evidence."""

import hashlib
import json
from datetime import date
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

YES, NO = "yes", "no"
MAX_EXCERPT = 300
MAX_RATIONALE = 2_000

# Confidence is a fixed value for each kind of evidence. No resolver computes it.
LISTED_BY_ID = 0.95
SETTLED_MARKET = 0.85
OFFICIAL_NOTICE = 0.85
NAME_ONLY = 0.6
KEYWORD = 0.4
TIERS = frozenset({LISTED_BY_ID, SETTLED_MARKET, OFFICIAL_NOTICE, NAME_ONLY, KEYWORD})


class Basis(StrEnum):
    """Reason for a proposed outcome."""

    POSITIVE = "positive_match"
    ABSENT = "absent_at_deadline"
    SETTLED = "external_settled"
    VOID = "external_void"
    UNSETTLED = "external_unsettled"


class FrozenModel(BaseModel):
    """Base of immutable values."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Evidence(FrozenModel):
    """A response that supports an outcome. ``snapshot`` is the key of the stored bytes."""

    url: str = Field(description="address that was requested")
    final_url: str = Field(description="address that answered, after redirects")
    fetched_at: AwareDatetime = Field(description="time of the response")
    status: int = Field(description="HTTP status of the response")
    content_type: str | None = Field(description="Content-Type of the response; null without one")
    etag: str | None = Field(description="ETag of the response; null without one")
    last_modified: str | None = Field(description="Last-Modified of the response; null without one")
    sha256: str = Field(description="SHA-256 of the body, in hexadecimal")
    size: int = Field(description="size of the body in bytes")
    snapshot: str | None = Field(description="key of the stored bytes; null if they were not stored")
    locator: str | None = Field(
        default=None, description="place within the response, for example a JSON pointer; null for all of it"
    )
    excerpt: str | None = Field(
        default=None, max_length=MAX_EXCERPT, description="the decisive part of the response as text; null without one"
    )


class ProposedOutcome(FrozenModel):
    """An outcome with its evidence, for a person to confirm, amend or reject."""

    question_id: int = Field(description="id of the question")
    resolver: str = Field(description="key of the resolver")
    resolver_version: str = Field(description="version of the resolver")
    config_sha256: str = Field(description="SHA-256 of the resolver's settings, in hexadecimal")
    outcome: str = Field(
        description="proposed outcome: yes, no, an option, or annulled; retracted if the one on record was taken back"
    )
    event_date: date | None = Field(description="day of the event that decides the question; null if unknown")
    observed_at: AwareDatetime = Field(description="time at which the resolver read the source")
    confidence: float = Field(description="confidence in the outcome, from 0 to 1, fixed for each kind of source")
    basis: Basis = Field(description="positive_match, absent_at_deadline, or external_settled, _void, _unsettled")
    rationale: str = Field(max_length=MAX_RATIONALE, description="why the evidence supports the outcome")
    evidence: tuple[Evidence, ...] = Field(min_length=1, description="the responses that support the outcome")

    @field_validator("confidence")
    @classmethod
    def _is_a_tier(cls, value: float) -> float:
        if value not in TIERS:
            raise ValueError(f"must be one of the fixed confidences: {sorted(TIERS)}")
        return value

    @property
    def evidence_sha256(self) -> str:
        """Return the hash of the decisive parts of the evidence: address, locator and excerpt.

        Not of the bytes: the traded volume of a market changes every minute, and would make every probe a new proposal.
        """
        decisive = sorted([item.url, item.locator or "", item.excerpt or item.sha256] for item in self.evidence)
        return hashlib.sha256(json.dumps(decisive, separators=(",", ":")).encode()).hexdigest()

    @property
    def key(self) -> tuple[int, str, str, str, str]:
        """Return the identity of the proposal: two proposals with the same key are the same."""
        return (self.question_id, self.resolver, self.config_sha256, self.outcome, self.evidence_sha256)


class Probe(FrozenModel):
    """Result of one probe: the lines observed, and why an outcome is proposed or not.

    ``final``: the source has said all that it will say and it is no outcome, so that no further probe is of use.
    """

    observed: tuple[str, ...]
    reason: str
    proposal: ProposedOutcome | None = None
    final: bool = False
