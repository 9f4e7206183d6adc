"""An outcome that is proposed, and the evidence for it."""

import hashlib
import json
from datetime import date
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

YES, NO = "yes", "no"
MAX_EXCERPT = 300
MAX_RATIONALE = 2_000

# Confidence is a fixed tier of the kind of evidence. No resolver computes one.
LISTED_BY_ID = 0.95
SETTLED_MARKET = 0.85
OFFICIAL_NOTICE = 0.85
NAME_ONLY = 0.6
KEYWORD = 0.4
TIERS = frozenset({LISTED_BY_ID, SETTLED_MARKET, OFFICIAL_NOTICE, NAME_ONLY, KEYWORD})


class Basis(StrEnum):
    """Why an outcome is proposed."""

    POSITIVE = "positive_match"
    ABSENT = "absent_at_deadline"
    SETTLED = "external_settled"
    VOID = "external_void"


class Frozen(BaseModel):
    """A value that does not change once made."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Evidence(Frozen):
    """What was seen, where and when. ``snapshot`` is the key of the stored bytes."""

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


class ProposedOutcome(Frozen):
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
            raise ValueError(f"must be one of the fixed tiers: {sorted(TIERS)}")
        return value

    @property
    def evidence_sha256(self) -> str:
        """The hash of what decided: where it stood and what it said.

        Not of the bytes: a market's traded volume changes every minute, and would make every look a new proposal.
        """
        seen = sorted([item.url, item.locator or "", item.excerpt or item.sha256] for item in self.evidence)
        return hashlib.sha256(json.dumps(seen, separators=(",", ":")).encode()).hexdigest()

    @property
    def key(self) -> tuple[int, str, str, str, str]:
        """Two proposals with one key are the same proposal."""
        return (self.question_id, self.resolver, self.config_sha256, self.outcome, self.evidence_sha256)


class Probe(Frozen):
    """One look at a source: what was seen, line by line, and why an outcome is proposed or not."""

    observed: tuple[str, ...]
    reason: str
    proposal: ProposedOutcome | None = None
