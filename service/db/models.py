"""The tables of the edge: keys, and replies kept for repeated requests."""

from datetime import datetime

from sqlalchemy import JSON, Column, Text
from sqlmodel import Field, SQLModel

from predictions.columns import BigInt


class ApiKey(SQLModel, table=True):
    """A key for the API: shown once, stored only as a keyed hash."""

    __tablename__ = "api_key"

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInt)
    name: str = Field(max_length=120, unique=True)
    prefix: str = Field(max_length=16, unique=True, description="the public part, by which the row is found")
    hash: str = Field(max_length=64, description="HMAC-SHA-256 of the whole key under the service's secret")
    scopes: list[str] = Field(sa_column=Column(JSON, nullable=False))
    created_at: datetime
    revoked_at: datetime | None = None


class IdempotentReply(SQLModel, table=True):
    """The reply to a request that carried an Idempotency-Key, stored with the write that it reports."""

    __tablename__ = "idempotent_reply"

    key: str = Field(max_length=200, primary_key=True)
    owner: str = Field(max_length=120, primary_key=True, description="the name of the API key that sent it")
    request_sha256: str = Field(max_length=64)
    status: int
    body: str = Field(sa_type=Text)
    created_at: datetime = Field(index=True)
