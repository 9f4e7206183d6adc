"""Queries of the stored checkpoints, keys and stamps."""

from collections.abc import Collection, Sequence
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlmodel import Session, SQLModel, col

from predictions.checkpoints.models import Checkpoint, CheckpointKey, CheckpointStamp

_Row = TypeVar("_Row", bound=SQLModel)


def newest_checkpoint(session: Session) -> Checkpoint | None:
    """Return the newest checkpoint."""
    return next(iter(list_checkpoints(session, before=None, limit=1)), None)


def list_checkpoints(session: Session, *, before: int | None, limit: int) -> Sequence[Checkpoint]:
    """Return checkpoints, newest first; those with an id below ``before`` where it is given."""
    query = select(Checkpoint).order_by(col(Checkpoint.id).desc()).limit(limit)
    return session.execute(query if before is None else query.where(col(Checkpoint.id) < before)).scalars().all()


def announced_keys(session: Session) -> Sequence[CheckpointKey]:
    """Return all keys that were announced, oldest first; the last is in use."""
    return session.execute(select(CheckpointKey).order_by(col(CheckpointKey.id))).scalars().all()


def stamps_of(session: Session, checkpoints: Collection[int]) -> Sequence[Any]:
    """Return the stamps of these checkpoints in order, with the size and without the content of each."""
    names = ("id", "checkpoint_id", "kind", "name", "sha256", "attached_at", "attached_by")
    columns = [col(getattr(CheckpointStamp, name)) for name in names]
    size = func.length(col(CheckpointStamp.content)).label("size")
    query = select(*columns, size).where(col(CheckpointStamp.checkpoint_id).in_(checkpoints))
    return session.execute(query.order_by(col(CheckpointStamp.id))).all()


def next_id(session: Session, table: type[_Row]) -> int:
    """Return the id of the row that comes next; callers must hold the write transaction."""
    newest: int | None = session.execute(select(func.max(table.id))).scalar()  # type: ignore[attr-defined]
    return (newest or 0) + 1
