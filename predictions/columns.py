"""Columns of keys, column types, the naming convention of constraints, and how many values one query takes."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import BigInteger, Enum, Integer
from sqlmodel import Field, SQLModel

# Named constraints let one migration history alter tables on SQLite and PostgreSQL alike.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

#: 64-bit on PostgreSQL; on SQLite it must be INTEGER to serve as row id.
BigInt = BigInteger().with_variant(Integer, "sqlite")

MAX_ID = 2**63 - 1

#: SQLite takes 32,766 variables in one statement; this stays well below on every database.
VALUES_PER_QUERY = 5000
T = TypeVar("T")


def in_parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield ``values`` in parts that one ``IN (...)`` of a query takes."""
    for start in range(0, len(values), VALUES_PER_QUERY):
        yield values[start : start + VALUES_PER_QUERY]


def key() -> Any:
    """Return the column of a table's own ids."""
    return Field(default=None, primary_key=True, sa_type=BigInt)


def ref(target: str, *, index: bool = False) -> Any:
    """Return a column that refers to ``target``."""
    return Field(foreign_key=target, sa_type=BigInt, index=index)


def optional_ref(target: str, *, unique: bool = False, index: bool = False) -> Any:
    """Return a column that may refer to ``target``."""
    return Field(default=None, foreign_key=target, sa_type=BigInt, unique=unique, index=index)


def import_ref() -> Any:
    """Return the column of the import that entered a row; the row is hidden until that is complete."""
    return optional_ref("import.id")


def text_enum(kind: type[StrEnum]) -> Any:
    """Return the type of a text column with a CHECK on the values of ``kind`` (never a native PostgreSQL enum)."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        name=kind.__name__.lower(),
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )
