"""Errors of a database that cannot be used at the moment, how to recognise them, and that of a client's limit."""

from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from predictions.errors import TrackRecordError


class Unavailable(TrackRecordError):
    """The database is unavailable or the service overloaded; the same request may succeed shortly."""

    title = "Not available now"
    retry_after_seconds = 2


class TooMany(TrackRecordError):
    """One client has sent more than its share; the same request is taken later."""

    title = "Too many requests"

    def __init__(self, detail: str, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class OutcomeUnknown(Unavailable):
    """The answer to a commit was lost, or time was over before it came: the change may be on record or not."""

    title = "The outcome is not known"

    def __init__(self) -> None:
        super().__init__(
            "The request may have been applied or not: send it again with the same Idempotency-Key, or look at the "
            "record before you send it again. The service is to be back shortly."
        )


@dataclass(frozen=True)
class DatabaseFault:
    """A fault of the database; ``grave`` if it does not pass by itself."""

    reason: str
    grave: bool = False


_FULL = DatabaseFault("the disk of the database is full: make room", grave=True)
_FAILING = DatabaseFault("the disk of the database fails: check it", grave=True)
_READ_ONLY = DatabaseFault(
    "the database can only be read: check the rights of its file, or which server it is", grave=True
)
_NO_RESOURCES = DatabaseFault("the database server is out of memory or connections")
_LOCKED = DatabaseFault("another process is writing to the database")
_SLOW = DatabaseFault("the database took too long")
_NO_CONNECTION = DatabaseFault("all connections to the database are in use")
_UNREACHABLE = DatabaseFault("the database is busy or unreachable")
#: Beginnings of SQLite's names of errors, and of PostgreSQL's codes (https://www.postgresql.org/docs/current/errcodes-appendix.html).
_BY_CODE = {
    "SQLITE_FULL": _FULL,
    "SQLITE_IOERR": _FAILING,
    "SQLITE_READONLY": _READ_ONLY,
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_LOCKED": _LOCKED,
    "SQLITE_INTERRUPT": _SLOW,
    "53100": _FULL,
    "53": _NO_RESOURCES,
    "58030": _FAILING,
    "25006": _READ_ONLY,
    "55P03": _LOCKED,
    "57014": _SLOW,
}


def database_fault(error: BaseException) -> DatabaseFault | None:
    """Return the fault of the database behind an error; None if the request caused the error."""
    if isinstance(error, PoolTimeout):
        return _NO_CONNECTION
    if not isinstance(error, DBAPIError):
        return None
    code = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None) or ""
    for start, fault in _BY_CODE.items():
        if code.startswith(start):
            return fault
    if code == "SQLITE_ERROR":  # a statement that does not fit the schema
        return None
    return _UNREACHABLE if isinstance(error, OperationalError) or error.connection_invalidated else None


def is_temporary(error: BaseException) -> bool:
    """Return whether the database caused an error (busy, locked, stopped, full), not the request."""
    return database_fault(error) is not None


def is_locked(error: BaseException) -> bool:
    """Return whether the database could not be changed because another process was changing it."""
    return database_fault(error) is _LOCKED
