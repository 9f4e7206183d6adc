"""Convert Pydantic's errors into messages with a JSON pointer and a remedy."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from predictions.errors import Fault, InvalidInput

#: Names that pydantic puts into a location for the branch of a union it tried; they mean nothing to a user.
_BRANCH = re.compile(r"[\[(]|^(QuestionRef|QuestionIn|int|str|float|bool|none)$|^constrained")
_REMEDIES = {
    "extra_forbidden": "is not a known field: remove it, or check its spelling",
    "missing": "is required: add it",
    "float_type": "must be a number, for example 0.3; not text, not true or false",
    "int_type": "must be a whole number; not text, not true or false",
    "bool_type": "must be true or false",
    "float_parsing": "must be a number, for example 0.3",
    "int_parsing": "must be a whole number",
    "bool_parsing": "must be true or false",
    "string_type": "must be text",
    "finite_number": "must be a finite number",
    "json_invalid": "is not valid JSON in UTF-8, uncompressed: check brackets, commas and quotation marks",
    "model_type": "must be an object with named fields",
    "model_attributes_type": "must be an object with named fields; send JSON as application/json",
    "dict_type": "must be an object with named fields",
    "list_type": "must be a list",
}


def validation_errors(errors: Sequence[Any]) -> list[Fault]:
    """Return Pydantic's errors as faults, each with a JSON pointer and a remedy."""
    return list(dict.fromkeys(Fault(_pointer(error["loc"]), _detail(error)) for error in errors))


def _pointer(location: Sequence[str | int]) -> str:
    parts = list(location)
    if parts and parts[0] == "body":
        parts = parts[1:]
    kept = [str(part) for part in parts if isinstance(part, int) or not _BRANCH.search(part)]
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in kept)


def _detail(error: Mapping[str, Any]) -> str:
    if error["type"] in _REMEDIES:
        return _REMEDIES[error["type"]]
    if error["type"] in ("too_short", "too_long") and isinstance(error.get("input"), str):
        return _length(error.get("ctx", {}))
    message = str(error["msg"]).removeprefix("Value error, ")
    return (
        message.replace("Input should be", "must be").replace("String should", "must").replace("Value should", "must")
    )


def _length(limits: Mapping[str, Any]) -> str:
    if limits.get("min_length") == 1:
        return "must not be empty"
    if "min_length" in limits:
        return f"must have at least {limits['min_length']} characters"
    return f"must have at most {limits['max_length']} characters"


def invalid_input(error: ValidationError) -> InvalidInput:
    """Return a failed validation outside a route as an ``InvalidInput`` error."""
    faults = validation_errors(error.errors(include_url=False))
    return InvalidInput(_summary(faults), *faults)


def _summary(faults: Sequence[Fault]) -> str:
    first = f"{faults[0].pointer or 'the input'}: {faults[0].detail}" if faults else "the input is not valid"
    return first if len(faults) < 2 else f"{first} (and {len(faults) - 1} more)"
