"""Error for a database that cannot be used at the moment, and the test for such failures."""

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from predictions.errors import TrackRecordError


class Unavailable(TrackRecordError):
    """The database is unavailable or the service overloaded; the same request may succeed shortly."""

    title = "Not available now"


def is_temporary(error: BaseException) -> bool:
    """Return whether a database error is temporary (busy, locked, stopped, full) and not caused by the request."""
    if isinstance(error, PoolTimeout):
        return True
    return isinstance(error, OperationalError) or (isinstance(error, DBAPIError) and error.connection_invalidated)
