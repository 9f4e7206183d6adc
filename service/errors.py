"""Errors of the edge: the database cannot be used at the moment."""

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from predictions.errors import TrackRecordError


class Unavailable(TrackRecordError):
    """The database does not answer now; the same request may succeed in a moment."""

    title = "Not available now"


def is_temporary(error: BaseException) -> bool:
    """Whether a database error is one that goes away (busy, locked, stopped, full), not of the request's making."""
    if isinstance(error, PoolTimeout):
        return True
    return isinstance(error, OperationalError) or (isinstance(error, DBAPIError) and error.connection_invalidated)
