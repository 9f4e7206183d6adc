"""Print known errors as one line per fault with its remedy, and choose the exit code."""

import os
import re
import shutil
import sys
from collections.abc import Iterator

from alembic.util.exc import CommandError
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from predictions.errors import Conflict, Fault, NotFound, TrackRecordError
from predictions.validation import invalid_input
from service.cli.common import say
from service.errors import Unavailable
from service.lookup import NotOnRecord
from service.settings import Settings

FINDINGS, INVALID, CONFLICT, UNAVAILABLE = 1, 2, 3, 4
INTERRUPTED = 130
EXIT_CODES = (
    "Exit codes: 0 success; 1 findings, refused lines, or a failure; 2 invalid input, setting or usage; 3 not found, "
    "or in conflict with the record; 4 the database cannot be used; 130 interrupted."
)


class Failed(TrackRecordError):
    """A failure outside the record, such as a port in use."""

    title = "The command failed"


#: How libpq and the server refuse an option of the address, which no other check knows.
_WRONG_OPTION = r"invalid \w+ value: |invalid value for parameter"
_DATABASE_REMEDIES = (
    (_WRONG_OPTION, "TRACKRECORD_DATABASE_URL has an option with a wrong value: correct or remove it"),
    (r"database is locked", "the database is locked by another process: wait until it is done, and try again"),
    (r"lock timeout|canceling statement due to lock", "another process is writing: retry shortly"),
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


#: The command that lists the rows of a table.
_LISTS = {
    "checkpoint": "the page /ledger shows the newest, GET /api/ledger/checkpoints all",
    "channel": "trackrecord channels list shows all",
    "commentator": "trackrecord leaderboard --sort name shows all that predicted",
    "delivery": "trackrecord channels log shows all",
    "question": "trackrecord due shows those that wait, trackrecord export all",
}


def one_line(fault: Fault, *, whole: str = "the input") -> str:
    """Return a fault as one line that names the field, the option or the column."""
    said = fault.sentence(whole=whole)
    return f"{fault.field}: {said}" if said == fault.detail and fault.field else said


def print_error(error: Exception) -> int:
    """Print an error to standard error, one line per fault, and return the exit code.

    Raises the error again if it is not one that the user can fix.
    """
    if isinstance(error, BrokenPipeError):
        # The reader of our output has closed it; Python would report that again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINDINGS
    lines = list(_lines(error))
    if not lines:
        raise error
    for line in lines:
        say(line, err=True)
    return _code(error)


def _code(error: Exception) -> int:
    if isinstance(error, Failed):
        return FINDINGS
    if isinstance(error, NotFound | Conflict):
        return CONFLICT
    if isinstance(error, DBAPIError) and re.search(_WRONG_OPTION, str(error.orig)):
        return INVALID
    if isinstance(error, Unavailable | DBAPIError | PoolTimeout | CommandError | OSError):
        return UNAVAILABLE
    return INVALID


def _lines(error: Exception) -> Iterator[str]:
    if isinstance(error, ValidationError) and error.title == Settings.__name__:
        yield from _settings(error)
    elif isinstance(error, ValidationError | TrackRecordError):
        shown = invalid_input(error) if isinstance(error, ValidationError) else error
        yield from map(one_line, shown.faults)
        if isinstance(shown, NotOnRecord):
            yield f"{shown.missing}: {_LISTS[shown.table]}"
        elif not shown.faults:
            yield shown.sentence()
    elif isinstance(error, PoolTimeout):
        yield "the database is busy: retry shortly"
    elif isinstance(error, DBAPIError):
        yield _of_database(str(error.orig))
    elif isinstance(error, CommandError):
        yield f"the database was created by another version of this program ({error}): update the program"
    elif isinstance(error, shutil.Error):  # of a folder that is copied, the first of all that failed
        source, _, reason = error.args[0][0]
        yield f"{source}: {reason}: check the path and its rights, and free space"
    elif isinstance(error, OSError) and error.filename is not None:
        yield f"{error.filename}: {error.strerror}: check the path and its rights"


def _settings(error: ValidationError) -> Iterator[str]:
    for fault in invalid_input(error).faults:
        name = fault.pointer.strip("/").split("/")[0].upper()
        yield one_line(Fault(f"TRACKRECORD_{name}", fault.detail))


def _of_database(message: str) -> str:
    for pattern, remedy in _DATABASE_REMEDIES:
        if re.search(pattern, message, re.IGNORECASE):
            first = message.strip().splitlines()[0]
            return f"{remedy} ({first})"
    return f"the database reports: {message.strip().splitlines()[0]}: check the database, then repeat the command"
