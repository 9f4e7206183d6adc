"""Rows of tables without entities, for long replies: the same attributes for a fraction of the CPU time."""

from collections import namedtuple
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, inspect, select
from sqlmodel import Session, SQLModel


def select_columns(table: type[SQLModel]) -> Select[Any]:
    """Select all columns of a table, as its mapped attributes: a query of those is restricted to visible rows."""
    return select(*(getattr(table, attribute.key) for attribute in inspect(table).column_attrs))


def plain_rows(session: Session, query: Select[Any], parameters: dict[str, Any] | None = None) -> list[Any]:
    """Return the rows of a query of columns as named tuples.

    Attributes of SQLAlchemy's own rows take several times as long to read.
    """
    result = session.execute(query, parameters)
    return list(map(_named(tuple(result.keys()))._make, result))


@lru_cache
def _named(names: tuple[str, ...]) -> Any:
    return namedtuple("PlainRow", names)
