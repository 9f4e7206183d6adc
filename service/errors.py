"""Error for a database that cannot be used at the moment, and the test for such failures."""

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from predictions.errors import TrackRecordError


class Unavailable(TrackRecordError):
    """The database is unavailable or the service overloaded; the same request may succeed shortly."""

    title = "Not available now"


class OutcomeUnknown(Unavailable):
    """The answer to a commit was lost, or time was over before it came: the change may be on record or not."""

    title = "The outcome is not known"

    def __init__(self) -> None:
        super().__init__(
            "The request may have been applied or not: send it again with the same Idempotency-Key, or look at the "
            "record before you send it again. The service is to be back shortly."
        )


def is_temporary(error: BaseException) -> bool:
    """Return whether a database error is temporary (busy, locked, stopped, full) and not caused by the request."""
    if isinstance(error, PoolTimeout):
        return True
    return isinstance(error, OperationalError) or (isinstance(error, DBAPIError) and error.connection_invalidated)


def database_fault(error: BaseException) -> str | None:
    """Return what is the matter with the database, None if the error is not the database's."""
    return "the database is busy or unreachable" if is_temporary(error) else None
