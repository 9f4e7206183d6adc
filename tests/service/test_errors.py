"""Which errors are the database's own, and not caused by a request."""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from service.errors import database_fault, is_temporary


def test_a_lack_of_connections_is_a_fault_that_passes() -> None:
    fault = database_fault(PoolTimeout("QueuePool limit reached"))
    assert fault is not None
    assert (fault.reason, fault.grave) == ("all connections to the database are in use", False)


def test_an_error_caused_by_the_request_is_no_fault_of_the_database() -> None:
    assert not is_temporary(ValueError("wrong"))
    assert not is_temporary(IntegrityError("INSERT", {}, Exception("UNIQUE constraint failed")))
