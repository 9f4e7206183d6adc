"""Convert Pydantic's errors into messages of this project, each with a JSON pointer and a remedy."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from predictions.errors import Fault, InvalidInput
from predictions.schemas.fields import DATE, WEB_ADDRESS

#: A body with ten thousand unknown names would have a reply several times its size.
MOST_FAULTS = 100
#: Names that pydantic puts into a location for the branch of a union it tried; they mean nothing to a user.
_BRANCH = re.compile(r"[\[(]|^(QuestionRef|QuestionIn|int|str|float|bool|none)$|^constrained")
REMEDIES = {
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
    "model_attributes_type": "must be an object with named fields",
    "dict_type": "must be an object with named fields",
    "list_type": "must be a list",
    "set_type": "must be a list",
    "tuple_type": "must be a list",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "must be a whole number of at most 19 digits",
    "url_parsing": WEB_ADDRESS,
    "url_scheme": WEB_ADDRESS,
    "url_syntax_violation": WEB_ADDRESS,
    "url_too_long": "must be a web address of at most 2083 characters: shorten it",
    "url_type": WEB_ADDRESS,
    "date_type": DATE,
    "date_parsing": DATE,
    "date_from_datetime_parsing": DATE,
    "date_from_datetime_inexact": DATE,
}
_WORDS = (
    ("Input should be", "must be"),
    ("String should", "must"),
    ("Value should", "must"),
    ("greater than or equal to", "at least"),
    ("less than or equal to", "at most"),
)


def validation_errors(errors: Sequence[Any]) -> list[Fault]:
    """Return Pydantic's first 100 errors as faults, each with a JSON pointer and a remedy."""
    return list(dict.fromkeys(Fault(_pointer(error["loc"]), _detail(error)) for error in errors[:MOST_FAULTS]))


def _pointer(location: Sequence[str | int]) -> str:
    parts = list(location)
    if parts and parts[0] == "body":
        parts = parts[1:]
    kept = [str(part) for part in parts if isinstance(part, int) or not _BRANCH.search(part)]
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in kept)


def _detail(error: Mapping[str, Any]) -> str:
    if error["type"] in REMEDIES:
        return REMEDIES[error["type"]]
    if error["type"] in ("too_short", "too_long", "string_too_short", "string_too_long"):
        is_text = error["type"].startswith("string") or isinstance(error.get("input"), str)
        return _length(error.get("ctx", {}), "character" if is_text else "item")
    if error["type"] == "string_pattern_mismatch":
        return f"does not have the required form, the regular expression {error['ctx']['pattern']}: correct it"
    return plain(str(error["msg"]))


def plain(message: str) -> str:
    """Return a message of Pydantic as the predicate of a sentence."""
    message = message.removeprefix("Value error, ")
    for theirs, ours in _WORDS:
        message = message.replace(theirs, ours)
    return message


def _length(limits: Mapping[str, Any], unit: str) -> str:
    if limits.get("min_length") == 1:
        return "must not be empty" if unit == "character" else "must have at least 1 item"
    if "min_length" in limits:
        return f"must have at least {limits['min_length']} {unit}s"
    return f"must have at most {limits['max_length']} {unit}s"


def invalid_input(error: ValidationError) -> InvalidInput:
    """Return a failed validation outside a route as an ``InvalidInput`` error."""
    faults = validation_errors(error.errors(include_url=False))
    return InvalidInput(summary(faults), *faults)


def summary(faults: Sequence[Fault], *, whole: str = "the input") -> str:
    """Return the first fault as a sentence, with the number of the others."""
    first = faults[0].sentence(whole=whole) if faults else f"{whole} is not valid: compare it with the documentation"
    return first if len(faults) < 2 else f"{first} (and {len(faults) - 1} more)"
