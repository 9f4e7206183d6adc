"""Enter and correct sources."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, insert
from sqlmodel import Session, select

from predictions import ledger
from predictions.columns import in_parts
from predictions.errors import InvalidInput
from predictions.models import Source
from predictions.schemas.inputs import SourceIn
from predictions.submissions.commentators import _enter
from predictions.submissions.reserved_ids import reserve_ids

_TABLE = Source.__table__  # type: ignore[attr-defined]
_GIVEN: BindParameter[Any] = bindparam("addresses", expanding=True)
_KNOWN: Select[Any] = select(_TABLE.c.id, _TABLE.c.url).where(_TABLE.c.url.in_(_GIVEN))


def enter_source(session: Session, data: SourceIn, *, now: datetime, actor: str) -> Source:
    """Return the source that ``data`` names by id or address; enter a new one. Raises ``InvalidInput`` for a bad id."""
    if data.id is not None:
        existing = session.get(Source, data.id)
        if existing is None:
            raise InvalidInput.at("/id", f"no source has the id {data.id}: check it, or give the url")
        return existing
    existing = session.exec(select(Source).where(Source.url == _address(data))).first()
    if existing is not None:
        return existing
    source = _new(data, now)
    _enter(session, source, "source", now, actor)
    return source


def enter_sources(session: Session, items: Iterable[SourceIn], *, now: datetime, actor: str) -> dict[SourceIn, int]:
    """Return the ids of many sources given by address; enter the new ones together, in the order given.

    One after the other they would take most of the time of a batch.
    """
    wanted = dict.fromkeys(items)
    addresses = {data: _address(data) for data in wanted}
    known: dict[str, int] = {}
    for part in in_parts(sorted(set(addresses.values()))):
        known |= {row.url: row.id for row in session.execute(_KNOWN, {"addresses": part})}
    new: dict[str, Source] = {}
    for data, address in addresses.items():
        if address not in known:
            new.setdefault(address, _new(data, now))
    if new:
        for number, source in zip(reserve_ids(session, Source, len(new)), new.values(), strict=True):
            source.id = number
        rows = [ledger.contents(source) for source in new.values()]
        session.connection().execute(insert(_TABLE), rows)
        ledger.append_all(
            session, (ledger.NewEvent(now, actor, "source.entered", _TABLE.name, row["id"], row) for row in rows)
        )
        known |= {row["url"]: row["id"] for row in rows}
    return {data: known[address] for data, address in addresses.items()}


def _address(data: SourceIn) -> str:
    return (data.url or "").partition("#")[0]


def _new(data: SourceIn, now: datetime) -> Source:
    return Source(
        url=_address(data), title=data.title, outlet=data.outlet, published_on=data.published_on, created_at=now
    )


def change_source(session: Session, source: Source, changes: dict[str, Any], *, now: datetime, actor: str) -> None:
    """Correct a source's title, outlet or day of publication; the ledger keeps the old values."""
    before = {field: getattr(source, field) for field in changes}
    for field, value in changes.items():
        setattr(source, field, value)
    session.flush()
    body = {"before": before, "after": changes}
    ledger.append(session, now=now, actor=actor, action="source.changed", subject=source, body=body)
