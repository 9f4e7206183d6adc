"""Enter the new commentators and sources of a batch together.

One after the other, with four statements each, they would take nine tenths of the time of the batch.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Select, bindparam, insert, select
from sqlmodel import Session

from predictions import ledger
from predictions.columns import in_parts
from predictions.imports.staging import import_id, log_entries
from predictions.imports.visibility import adopted, hidden_imports
from predictions.models import Commentator, Source
from predictions.schemas.inputs import CommentatorIn, SourceIn
from predictions.slugs import first_free, name_key, slug_candidates
from predictions.submissions.commentators import new_commentator
from predictions.submissions.reserved_ids import reserve_ids
from predictions.submissions.sources import address_of, new_source

Named = TypeVar("Named", Commentator, Source)
_PEOPLE = Commentator.__table__  # type: ignore[attr-defined]
_SOURCES = Source.__table__  # type: ignore[attr-defined]


def _named(column: Any, *columns: Any) -> Select[Any]:
    return select(column, *columns).where(column.in_(bindparam("names", expanding=True)))


_BY_NAME = _named(_PEOPLE.c.name_key, _PEOPLE.c.id, _PEOPLE.c.import_id)
_BY_SLUG = _named(_PEOPLE.c.slug)
_BY_ADDRESS = _named(_SOURCES.c.url, _SOURCES.c.id, _SOURCES.c.import_id)


def enter_commentators(
    session: Session, items: Iterable[CommentatorIn], *, now: datetime, actor: str
) -> dict[CommentatorIn, int]:
    """Return the ids of commentators given by name alone; enter the new ones in the order given.

    Names without a visible character are left out: entering such a line by itself says what is wrong.
    """
    keys = {data: key for data in dict.fromkeys(items) if (key := name_key(data.name or ""))}
    found = _rows(session, _BY_NAME, keys.values())
    _adopt(session, Commentator, found, now, actor)
    known = {row.name_key: row.id for row in found}
    candidates = {
        key: slug_candidates(data.name or "", "commentator", key) for data, key in keys.items() if key not in known
    }
    used = {row.slug for row in _rows(session, _BY_SLUG, (slug for slugs in candidates.values() for slug in slugs))}
    new: dict[str, Commentator] = {}
    for data, key in keys.items():
        if key not in known and key not in new:
            slug = first_free(candidates[key], used)
            used.add(slug)
            new[key] = new_commentator(data, slug, now)
    known |= {row["name_key"]: row["id"] for row in _insert(session, list(new.values()), now, actor)}
    return {data: known[key] for data, key in keys.items()}


def enter_sources(session: Session, items: Iterable[SourceIn], *, now: datetime, actor: str) -> dict[SourceIn, int]:
    """Return the ids of sources given by address; enter the new ones in the order given."""
    addresses = {data: address_of(data) for data in dict.fromkeys(items)}
    found = _rows(session, _BY_ADDRESS, addresses.values())
    _adopt(session, Source, found, now, actor)
    known = {row.url: row.id for row in found}
    new: dict[str, Source] = {}
    for data, address in addresses.items():
        if address not in known:
            new.setdefault(address, new_source(data, now))
    known |= {row["url"]: row["id"] for row in _insert(session, list(new.values()), now, actor)}
    return {data: known[address] for data, address in addresses.items()}


def _rows(session: Session, query: Select[Any], names: Iterable[str]) -> list[Any]:
    return [row for part in in_parts(sorted(set(names))) for row in session.execute(query, {"names": part})]


def _insert(
    session: Session, rows: Sequence[Commentator] | Sequence[Source], now: datetime, actor: str
) -> list[dict[str, Any]]:
    """Insert new rows of one table, each with its event; return their contents."""
    if not rows:
        return []
    kind = type(rows[0])
    table = _PEOPLE if kind is Commentator else _SOURCES
    for number, row in zip(reserve_ids(session, kind, len(rows)), rows, strict=True):
        row.id, row.import_id = number, import_id(session)
    contents = [ledger.contents(row) for row in rows]
    session.connection().execute(insert(table), contents)
    action = f"{table.name}.entered"
    log_entries(session, [ledger.NewEvent(now, actor, action, table.name, row["id"], row) for row in contents])
    return contents


def _adopt(session: Session, table: type[Named], rows: Iterable[Any], now: datetime, actor: str) -> None:
    """Make those of the rows visible that an unfinished import entered."""
    hidden = hidden_imports(session)
    for number in [row.id for row in rows if row.import_id in hidden]:
        adopted(session, partial(session.get, table, number), now=now, actor=actor)
