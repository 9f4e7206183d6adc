"""What went wrong, as one line for each fault with its remedy, and as an exit code; never a traceback for the known."""

import os
import re
import sys
from collections.abc import Iterator

import typer
from alembic.util.exc import CommandError
from pydantic import ValidationError
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from predictions.errors import Conflict, NotFound, TrackRecordError
from service.errors import Unavailable
from service.settings import Settings
from service.validation import invalid_input

FINDINGS, INVALID, NOT_SO, NO_DATABASE = 1, 2, 3, 4
INTERRUPTED = 130
EXIT_CODES = (
    "Exit codes: 0 fine; 1 findings, refused lines, or a failure; 2 invalid input or usage; 3 not found, or in "
    "conflict with the record; 4 the database or the state directory cannot be used; 130 interrupted."
)


class Failed(TrackRecordError):
    """Something outside the record is in the way."""

    title = "The command could not do its work"


_DATABASE_REMEDIES = (
    (r"database is locked", "the database is locked by another process: wait until it is done, and try again"),
    (r"lock timeout|canceling statement due to lock", "another process is writing: try again in a moment"),
    (r"not a database|malformed|disk image", "the database file is damaged or no SQLite file: restore a backup"),
    (r"unable to open database file", "the database file cannot be opened: check TRACKRECORD_STATE_DIR and its rights"),
    (r"readonly database|read-only", "the database can only be read: check the rights of its file and directory"),
    (r"disk is full|No space left", "the disk is full: make room, and try again"),
    (
        r"password authentication failed|no password supplied|role .* does not exist",
        "PostgreSQL refuses the user or password: check TRACKRECORD_DATABASE_URL",
    ),
    (
        r"database .* does not exist",
        "PostgreSQL has no such database: create it with createdb, or check TRACKRECORD_DATABASE_URL",
    ),
    (
        r"connection failed|could not connect|connection refused|timeout expired|failed to resolve|connection is bad",
        "PostgreSQL does not answer: check that it runs, and TRACKRECORD_DATABASE_URL",
    ),
)


def tell(error: Exception) -> int:
    """Print what an error means, a line for each fault, to standard error; gives the exit code.

    Raises the error again where it is none that a user can do something about.
    """
    if isinstance(error, BrokenPipeError):
        # Whoever read our output has left; Python would complain once more when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINDINGS
    lines = list(_lines(error))
    if not lines:
        raise error
    for line in lines:
        typer.echo(line, err=True)
    return _code(error)


def _code(error: Exception) -> int:
    if isinstance(error, Failed):
        return FINDINGS
    if isinstance(error, NotFound | Conflict):
        return NOT_SO
    if isinstance(error, Unavailable | DBAPIError | PoolTimeout | CommandError | OSError):
        return NO_DATABASE
    return INVALID


def _lines(error: Exception) -> Iterator[str]:
    if isinstance(error, ValidationError) and error.title == Settings.__name__:
        yield from _settings(error)
    elif isinstance(error, ValidationError | TrackRecordError):
        told = invalid_input(error) if isinstance(error, ValidationError) else error
        for fault in told.faults:
            yield f"{fault.pointer.lstrip('/')}: {fault.detail}" if fault.pointer else fault.detail
        if not told.faults:
            yield told.detail
    elif isinstance(error, PoolTimeout):
        yield "the database is busy: try again in a moment"
    elif isinstance(error, DBAPIError):
        yield _of_database(str(error.orig))
    elif isinstance(error, ArgumentError | NoSuchModuleError | ModuleNotFoundError):
        yield "TRACKRECORD_DATABASE_URL: must be postgresql://user:password@host/database, or empty for SQLite"
    elif isinstance(error, CommandError):
        yield f"the database was made by another version of this program ({error}): update the program"
    elif isinstance(error, OSError) and error.filename is not None:
        yield f"{error.filename}: {error.strerror}: check the path and its rights"


def _settings(error: ValidationError) -> Iterator[str]:
    for fault in invalid_input(error).faults:
        name = fault.pointer.strip("/").split("/")[0].upper()
        yield f"TRACKRECORD_{name}: {fault.detail}"


def _of_database(message: str) -> str:
    for pattern, remedy in _DATABASE_REMEDIES:
        if re.search(pattern, message, re.IGNORECASE):
            first = message.strip().splitlines()[0]
            return f"{remedy} ({first})"
    return f"the database refuses: {message.strip().splitlines()[0]}"
