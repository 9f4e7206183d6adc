"""Enter, correct and confirm sources."""

from datetime import datetime
from functools import partial
from typing import Any

from sqlmodel import Session, select

from predictions import ledger
from predictions.errors import Conflict, InvalidInput
from predictions.imports.visibility import adopted
from predictions.models import Source
from predictions.schemas.inputs import SourceIn
from predictions.submissions.commentators import _enter


def enter_source(session: Session, data: SourceIn, *, now: datetime, actor: str, confirmed: bool = False) -> Source:
    """Return the source that ``data`` names by id or address; enter a new one, ``confirmed`` by the actor if so.

    Raises ``InvalidInput`` for a bad id.
    """
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
    if confirmed:
        source.confirmed_at, source.confirmed_by = now, actor
    _enter(session, source, "source", now, actor)
    return source


def _at(session: Session, address: str) -> Source | None:
    return session.exec(select(Source).where(Source.url == address)).first()


def address_of(data: SourceIn) -> str:
    """Return the address that identifies a source: without what follows #."""
    return (data.url or "").partition("#")[0]


def new_source(data: SourceIn, now: datetime) -> Source:
    """Return a source that is not on record yet."""
    texts = data.model_dump(include={"title", "outlet", "published_on", "archive_url"})
    return Source(url=address_of(data), **texts, created_at=now)


def change_source(
    session: Session, source: Source, changes: dict[str, Any], *, now: datetime, actor: str, reason: str = ""
) -> None:
    """Correct a source's title, outlet, day of publication or archived copy; the ledger keeps the old values."""
    more = {"reason": reason} if reason else {}
    ledger.append_change(session, source, changes, now=now, actor=actor, action="source.changed", **more)


def confirm_source(session: Session, source: Source, *, now: datetime, actor: str) -> None:
    """Confirm that a person has checked that the source says what is recorded.

    Raises ``Conflict`` if somebody has confirmed it already.
    """
    if source.confirmed_at is not None:
        raise Conflict(f"source {source.id} was confirmed by {source.confirmed_by}: nothing is left to do")
    changes = {"confirmed_at": now, "confirmed_by": actor}
    ledger.append_change(session, source, changes, now=now, actor=actor, action="source.confirmed")


def retract_confirmation(session: Session, source: Source, *, now: datetime, actor: str) -> None:
    """Retract the confirmation of a source. Raises ``Conflict`` if it is not confirmed."""
    if source.confirmed_at is None:
        raise Conflict(f"source {source.id} is not confirmed: nothing is left to do")
    changes = {"confirmed_at": None, "confirmed_by": None}
    ledger.append_change(session, source, changes, now=now, actor=actor, action="source.confirmation_retracted")
