"""Find rows with values that their columns cannot hold, which somebody wrote past the program."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Table, and_, or_, select, type_coerce
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.types import NullType
from sqlmodel import Session, SQLModel

BATCH = 1000
#: What reading or computing with such a value raises.
UNREADABLE = (ArithmeticError, AttributeError, LookupError, SQLAlchemyError, TypeError, ValueError)
Key = tuple[Any, ...]


def unreadable_rows(session: Session) -> Iterator[tuple[str, Key]]:
    """Yield table and primary key of each row that cannot be read, over all tables."""
    for table in SQLModel.metadata.sorted_tables:
        try:
            for _ in session.connection().execute(select(table).execution_options(yield_per=BATCH)):
                pass
        except UNREADABLE:
            yield from ((table.name, key) for key in _among(session, table, _keys(session, table)))


def _keys(session: Session, table: Table) -> list[Key]:
    """Return all primary keys as the database holds them."""
    columns = [type_coerce(column, NullType()) for column in table.primary_key]
    return [tuple(row) for row in session.connection().execute(select(*columns))]


def _among(session: Session, table: Table, keys: Sequence[Key]) -> Iterator[Key]:
    """Yield those of the keys whose rows cannot be read, found by halving."""
    for start in range(0, len(keys), BATCH):
        part = keys[start : start + BATCH]
        try:
            session.connection().execute(select(table).where(_any_of(table, part))).all()
        except UNREADABLE:
            if len(part) == 1:
                yield part[0]
            else:
                half = len(part) // 2
                yield from _among(session, table, part[:half])
                yield from _among(session, table, part[half:])


def _any_of(table: Table, keys: Sequence[Key]) -> Any:
    columns = [type_coerce(column, NullType()) for column in table.primary_key]
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return or_(*(and_(*(column == value for column, value in zip(columns, key, strict=True))) for key in keys))
