"""The errors of the domain. The text of an error says what to do; the edge turns each into one HTTP problem."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One thing wrong with an input: where (a JSON pointer such as ``/question/deadline``), and the remedy."""

    pointer: str
    detail: str


class TrackRecordError(Exception):
    """The root of every error that this project raises on purpose."""

    title = "The request could not be carried out"

    def __init__(self, detail: str, *faults: Fault) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = faults


class InvalidInput(TrackRecordError):
    """An input has a value that may not be; each fault names the field and the remedy."""

    title = "The input is not valid"

    @classmethod
    def at(cls, pointer: str, detail: str) -> "InvalidInput":
        """An input with exactly one fault."""
        return cls(detail, Fault(pointer, detail))


class NotFound(TrackRecordError):
    """What the request names is not in the record."""

    title = "Not found"


class Conflict(TrackRecordError):
    """The request does not fit the present state of the record."""

    title = "Conflict with the present state"


@contextmanager
def inside(pointer: str) -> Iterator[None]:
    """Let the faults of inputs checked inside point below ``pointer``."""
    try:
        yield
    except InvalidInput as error:
        faults = [Fault(pointer + fault.pointer, fault.detail) for fault in error.faults]
        raise InvalidInput(error.detail, *faults) from None
