"""The tables of probing: attached resolvers, the state of hosts between two probes, and snapshots of sources."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Index, Text
from sqlmodel import Field, SQLModel

from predictions.columns import BigInt, text_enum


class ProbeStatus(StrEnum):
    """Result of the last probe. ``nothing`` and ``proposed`` are successful checks; none is an outcome."""

    WAITING = "waiting"
    NOTHING = "nothing"
    PROPOSED = "proposed"
    UNAVAILABLE = "unavailable"
    CHANGED = "changed"
    MISCONFIGURED = "misconfigured"
    FAILED = "failed"


class AttachedResolver(SQLModel, table=True):
    """The resolver attached to a question: settings, schedule, and the result of the last probe."""

    __tablename__ = "attached_resolver"
    __table_args__ = (
        CheckConstraint("lead_hours >= 0", name="lead_hours"),
        CheckConstraint("every_minutes > 0", name="every_minutes"),
        CheckConstraint("failures >= 0", name="failures"),
        CheckConstraint("(lease_token IS NULL) = (lease_until IS NULL)", name="lease"),
        CheckConstraint("(automatic_by IS NULL) = (NOT automatic)", name="automatic_by"),
        Index("ix_attached_resolver_next_probe_at", "next_probe_at"),
    )

    question_id: int = Field(foreign_key="question.id", primary_key=True, sa_type=BigInt)
    resolver: str = Field(max_length=80)
    config: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    lead_hours: int = Field(description="hours before the question is due at which probing starts")
    every_minutes: int
    automatic: bool = Field(default=False, description="its proposals resolve the question without a person")
    automatic_by: str | None = Field(default=None, max_length=200, description="the admin who set automatic")
    paused: bool = False
    attached_at: datetime
    attached_by: str = Field(max_length=200)
    next_probe_at: datetime
    lease_until: datetime | None = None
    lease_token: str | None = Field(default=None, max_length=40)
    probed_at: datetime | None = None
    state: ProbeStatus = Field(default=ProbeStatus.WAITING, sa_type=text_enum(ProbeStatus))
    observed: list[str] = Field(sa_column=Column(JSON, nullable=False))
    reason: str = Field(default="", sa_type=Text, description="why an outcome was proposed or not")
    last_good_at: datetime | None = Field(default=None, description="time of the last probe that read the source")
    failures: int = Field(default=0, description="consecutive failed probes")


class SourceHost(SQLModel, table=True):
    """State of a host that resolvers read: next allowed request, failures, circuit breaker."""

    __tablename__ = "source_host"

    host: str = Field(max_length=300, primary_key=True)
    next_at: datetime | None = None
    failures: int = 0
    last_good_at: datetime | None = None
    last_error: str | None = Field(default=None, sa_type=Text)
    broken: bool = False


class SourcePage(SQLModel, table=True):
    """Last response of an address, keyed by the hash of the address, which may be long or contain a secret."""

    __tablename__ = "source_page"

    url_sha256: str = Field(max_length=64, primary_key=True)
    sha256: str = Field(max_length=64)
    checked_at: datetime
    etag: str | None = Field(default=None, sa_type=Text)
    last_modified: str | None = Field(default=None, sa_type=Text)
    headers: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    final_url: str = Field(sa_type=Text)


class SourceSnapshot(SQLModel, table=True):
    """The bytes of a source as they were read at a time, stored under their hash. Append-only."""

    __tablename__ = "source_snapshot"

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInt)
    source_id: int = Field(foreign_key="source.id", sa_type=BigInt, index=True)
    sha256: str = Field(max_length=64, index=True)
    size: int = Field(sa_type=BigInt)
    media_type: str = Field(max_length=120, description="as the site named it")
    final_url: str = Field(sa_type=Text, description="after redirects")
    fetched_at: datetime
    fetched_by: str = Field(max_length=120)
