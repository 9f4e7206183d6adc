"""Tables of the service: persons, keys, ended sessions, replies, counts of requests and contests, its own state."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, Column, Text
from sqlmodel import Field, SQLModel

from predictions.columns import BigInt, text_enum

#: The person behind the command line, who comes with the database.
OPERATOR = "operator"


class Role(StrEnum):
    """Role of a person: the most that their first key allowed."""

    ADMIN = "admin"
    EDITOR = "editor"
    RECORDER = "recorder"
    READER = "reader"


class PersonState(StrEnum):
    """State of a person: active with a valid key; what belongs to an inactive person is stopped."""

    ACTIVE = "active"
    INACTIVE = "inactive"


class Person(SQLModel, table=True):
    """The identity behind keys: who records, resolves, is assigned questions and owns channels, by their name.

    The command line is the person ``OPERATOR``.
    """

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInt)
    name: str = Field(max_length=120, unique=True)
    role: Role = Field(sa_type=text_enum(Role))
    state: PersonState = Field(default=PersonState.ACTIVE, sa_type=text_enum(PersonState))
    created_at: datetime


class ApiKey(SQLModel, table=True):
    """An API key, shown once and stored only as a keyed hash."""

    __tablename__ = "api_key"

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInt)
    name: str = Field(max_length=120, unique=True)
    person_id: int = Field(foreign_key="person.id", sa_type=BigInt, index=True)
    prefix: str = Field(max_length=16, unique=True, description="the public part of the key, used to find the row")
    hash: str = Field(max_length=64, description="HMAC-SHA-256 of the whole key under the service's secret")
    scopes: list[str] = Field(sa_column=Column(JSON, nullable=False))
    created_at: datetime
    expires_at: datetime | None = Field(default=None, description="from then on it is not valid")
    last_used_at: datetime | None = Field(default=None, description="to the minute; null before its first use")
    revoked_at: datetime | None = None


class EndedSession(SQLModel, table=True):
    """A browser session that was ended before it expired, so that a copy of its cookie is worth nothing."""

    __tablename__ = "ended_session"

    nonce_sha256: str = Field(max_length=64, primary_key=True)
    until: datetime = Field(index=True, description="when the session would have expired")


class IdempotentReply(SQLModel, table=True):
    """The reply to a request that carried an Idempotency-Key, stored in the same transaction as its write."""

    __tablename__ = "idempotent_reply"

    key: str = Field(max_length=255, primary_key=True)
    owner: str = Field(max_length=120, primary_key=True, description="the person whose key sent it")
    request_sha256: str = Field(max_length=64)
    status: int
    body: str = Field(sa_type=Text)
    created_at: datetime = Field(index=True)


class RequestCount(SQLModel, table=True):
    """What one process has counted of one client's requests in a minute; nothing is lost with these rows."""

    __tablename__ = "request_count"

    client: str = Field(max_length=32, primary_key=True, description="keyed hash of key, session or address")
    minute: int = Field(primary_key=True, sa_type=BigInt, description="minutes since 1970")
    process: str = Field(max_length=32, primary_key=True)
    used: int


class ContestSender(SQLModel, table=True):
    """Who has sent a contest in the last day, to limit what one address may send."""

    __tablename__ = "contest_sender"

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInt)
    client: str = Field(max_length=32, index=True, description="keyed hash of the address")
    at: datetime = Field(index=True)


class ReadinessCheck(SQLModel, table=True):
    """When writing to the database last succeeded, as /readyz tried it; one row."""

    __tablename__ = "readiness_check"

    id: int = Field(primary_key=True, sa_type=BigInt)
    written_at: datetime


class ServiceState(SQLModel, table=True):
    """A fact about the service itself, which ``service_state`` names."""

    __tablename__ = "service_state"

    name: str = Field(max_length=40, primary_key=True)
    value: str = Field(sa_type=Text)
    at: datetime
