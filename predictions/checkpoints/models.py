"""The tables of checkpoints: stored hashes of the ledger's tree, keys, signed checkpoints and stamps of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, Text
from sqlmodel import Field, SQLModel

from predictions.columns import BigInt, ref


def _number() -> Any:
    """Return the column of ids that are given out without gaps, so that a deleted row is noticed."""
    return Field(primary_key=True, sa_type=BigInt, sa_column_kwargs={"autoincrement": False})


class LedgerSubtree(SQLModel, table=True):
    """The hash of a complete subtree of the ledger's Merkle tree. Can be recomputed."""

    __tablename__ = "ledger_subtree"

    level: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    position: int = _number()
    hash: str = Field(max_length=64)


class CheckpointKey(SQLModel, table=True):
    """A public key that the ledger announces; the newest signs the checkpoints. Append-only."""

    __tablename__ = "checkpoint_key"

    id: int = _number()
    verifier_key: str = Field(max_length=400, description="as C2SP's signed notes write it: name+id+key")
    note: str = Field(sa_type=Text, description="the announcement, signed by this key and the one before")
    reason: str = Field(sa_type=Text, description="why it replaces the key before; empty for the first")
    abandoned: str | None = Field(
        default=None, sa_type=Text, description="a signed checkpoint that the ledger does not contain any more"
    )
    announced_at: datetime
    announced_by: str = Field(max_length=120)


class Checkpoint(SQLModel, table=True):
    """A signed statement of the ledger's size, root and head at a time. Append-only; the note says it all."""

    id: int = _number()
    size: int = Field(sa_type=BigInt)
    note: str = Field(sa_type=Text)
    made_at: datetime


class CheckpointStamp(SQLModel, table=True):
    """A proof by somebody else that a checkpoint existed at a time, such as a file of OpenTimestamps. Append-only."""

    __tablename__ = "checkpoint_stamp"

    id: int = _number()
    checkpoint_id: int = ref("checkpoint.id", index=True)
    kind: str = Field(max_length=30)
    name: str = Field(max_length=200, description="of the file")
    sha256: str = Field(max_length=64, description="of the content")
    content: bytes = Field(sa_type=LargeBinary)
    attached_at: datetime
    attached_by: str = Field(max_length=120)
