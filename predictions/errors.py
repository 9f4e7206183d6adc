"""Errors of the domain. Their texts name the remedy; the service turns each into one HTTP problem."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

#: How a detail begins whose subject is the field of its pointer: "must be a number".
_PREDICATE = re.compile(r"(must|needs|is|has|lies|does|occurs|was|differs|names) ")
#: What a pointer begins with that is not to a field of the body.
_PLACES = re.compile(r"/(query|header|path)(?=/)")


@dataclass(frozen=True)
class Fault:
    """One invalid value of an input: a JSON pointer to it (such as ``/question/deadline``) and the remedy.

    A detail that begins with a verb has the field as its subject: "must be a number".
    """

    pointer: str
    detail: str

    @property
    def field(self) -> str:
        """Return the name of the field, such as ``question.deadline`` or ``evidence[0].url``; empty for the whole."""
        parts = _PLACES.sub("", self.pointer).lstrip("/").split("/")
        while len(parts) > 1 and parts[0].isdecimal():  # the number of a line or an item
            parts = parts[1:]
        names = (part.replace("~1", "/").replace("~0", "~") for part in parts)
        return "".join(f"[{name}]" if name.isdecimal() else f".{name}" for name in names).removeprefix(".")

    def sentence(self, *, subject: str = "", whole: str = "the input") -> str:
        """Return the detail as a complete sentence.

        Its subject is ``subject``, by default the name of the field, or ``whole`` if the pointer names no field.
        """
        if not _PREDICATE.match(self.detail):
            return self.detail
        return f"{subject or _quoted(self.field) or whole} {self.detail}"


def _quoted(name: str) -> str:
    # Options and environment variables look like names already.
    return f"`{name}`" if name and not name.startswith("-") and not name.isupper() else name


class TrackRecordError(Exception):
    """Base class of all errors that this project raises on purpose."""

    title = "The request could not be carried out"

    def __init__(self, detail: str, *faults: Fault) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = faults

    def sentence(self, *, whole: str = "the input") -> str:
        """Return the detail as a complete sentence that names the field."""
        if self.faults and self.detail == self.faults[0].detail:
            return self.faults[0].sentence(whole=whole)
        return Fault("", self.detail).sentence(whole=whole)


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


class NotAllowed(TrackRecordError):
    """The caller may not do this; the detail says who may."""

    title = "Not allowed"


class Conflict(TrackRecordError):
    """The request conflicts with the present state of the record."""

    title = "Conflict with the present state"


def time_text(when: datetime) -> str:
    """Return an instant for a message, in whole seconds and as an input takes it: 2025-03-18T20:00:00Z."""
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


@contextmanager
def inside(pointer: str) -> Iterator[None]:
    """Prefix ``pointer`` to the pointers of every ``InvalidInput`` raised in the block."""
    try:
        yield
    except InvalidInput as error:
        faults = [Fault(pointer + fault.pointer, fault.detail) for fault in error.faults]
        raise InvalidInput(error.detail, *faults) from None
