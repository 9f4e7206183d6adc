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


class FrozenModel(BaseModel):
    """Base of immutable values."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Evidence(FrozenModel):
    """A response that supports an outcome. ``snapshot`` is the key of the stored bytes."""

    url: str
    final_url: str
    fetched_at: AwareDatetime
    status: int
    content_type: str | None
    etag: str | None
    last_modified: str | None
    sha256: str
    size: int
    snapshot: str | None
    locator: str | None = None
    excerpt: str | None = Field(default=None, max_length=MAX_EXCERPT)


class ProposedOutcome(FrozenModel):
    """An outcome with its evidence, for a person to confirm, amend or reject."""

    question_id: int
    resolver: str
    resolver_version: str
    config_sha256: str
    outcome: str
    event_date: date | None
    observed_at: AwareDatetime
    confidence: float
    basis: Basis
    rationale: str = Field(max_length=MAX_RATIONALE)
    evidence: tuple[Evidence, ...] = Field(min_length=1)

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
    """Result of one probe: the lines observed, and why an outcome is proposed or not."""

    observed: tuple[str, ...]
    reason: str
    proposal: ProposedOutcome | None = None
