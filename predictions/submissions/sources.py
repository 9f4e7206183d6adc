"""Enter and correct sources."""

from datetime import datetime
from functools import partial
from typing import Any

from sqlmodel import Session, select

from predictions import ledger
from predictions.errors import InvalidInput
from predictions.imports.visibility import adopted
from predictions.models import Source
from predictions.schemas.inputs import SourceIn
from predictions.submissions.commentators import _enter


def enter_source(session: Session, data: SourceIn, *, now: datetime, actor: str) -> Source:
    """Return the source that ``data`` names by id or address; enter a new one. Raises ``InvalidInput`` for a bad id."""
    if data.id is not None:
        existing = session.get(Source, data.id)
        if existing is None:
            raise InvalidInput.at("/id", f"no source has the id {data.id}: check it, or give the url")
        return existing
    find = partial(_at, session, address_of(data))
    existing = find() or adopted(session, find, now=now, actor=actor)
    if existing is not None:
        return existing
    source = new_source(data, now)
    _enter(session, source, "source", now, actor)
    return source


def _at(session: Session, address: str) -> Source | None:
    return session.exec(select(Source).where(Source.url == address)).first()


def address_of(data: SourceIn) -> str:
    """Return the address that identifies a source: without what follows #."""
    return (data.url or "").partition("#")[0]


def new_source(data: SourceIn, now: datetime) -> Source:
    """Return a source that is not on record yet."""
    return Source(
        url=address_of(data), title=data.title, outlet=data.outlet, published_on=data.published_on, created_at=now
    )


def change_source(session: Session, source: Source, changes: dict[str, Any], *, now: datetime, actor: str) -> None:
    """Correct a source's title, outlet or day of publication; the ledger keeps the old values."""
    ledger.append_change(session, source, changes, now=now, actor=actor, action="source.changed")
