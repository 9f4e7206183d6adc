"""Errors of the domain. Their texts name the remedy; the service turns each into one HTTP problem."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One invalid value of an input: a JSON pointer to it (such as ``/question/deadline``) and the remedy."""

    pointer: str
    detail: str


class TrackRecordError(Exception):
    """Base class of all errors that this project raises on purpose."""

    title = "The request could not be carried out"

    def __init__(self, detail: str, *faults: Fault) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = faults


class InvalidInput(TrackRecordError):
    """An input has an invalid value; each fault names the field and the remedy."""

    title = "The input is not valid"

    @classmethod
    def at(cls, pointer: str, detail: str) -> "InvalidInput":
        """Return an error with exactly one fault, at ``pointer``."""
        return cls(detail, Fault(pointer, detail))


class NotFound(TrackRecordError):
    """Something that the request names is not in the record."""

    title = "Not found"


class Conflict(TrackRecordError):
    """The request conflicts with the present state of the record."""

    title = "Conflict with the present state"


@contextmanager
def inside(pointer: str) -> Iterator[None]:
    """Prefix ``pointer`` to the pointers of every ``InvalidInput`` raised in the block."""
    try:
        yield
    except InvalidInput as error:
        faults = [Fault(pointer + fault.pointer, fault.detail) for fault in error.faults]
        raise InvalidInput(error.detail, *faults) from None
