"""Parse the responses of sources: JSON within limits, and times in several notations."""

import json
from datetime import UTC, date, datetime
from math import isfinite
from typing import Any, NoReturn

from resolvers.errors import SourceChanged
from resolvers.outbound.client import FetchedResponse

MAX_DEPTH = 50
#: The remedy where a source sends what it never sent before.
FORMAT_CHANGED = "its format may have changed, so read it by hand"
_MILLISECONDS_FROM = 100_000_000_000  # as seconds this is the year 5138


def parse_json(fetched: FetchedResponse, source: str) -> Any:
    """Return the JSON value of a response.

    Raises ``SourceChanged`` if it is not JSON, names something twice in one object, or is deeper than 50 levels.
    """
    kind = fetched.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml"):
        raise SourceChanged(f"{source} sent a web page instead of JSON: check the address")
    try:
        value = load_json(fetched.body.decode("utf-8-sig"), source)
    except (ValueError, RecursionError) as error:
        raise SourceChanged(f"{source} sent something that is not JSON: check the address") from error
    if deeper_than(value, MAX_DEPTH):
        raise SourceChanged(f"{source} sent JSON nested deeper than {MAX_DEPTH} levels: check the address")
    return value


def load_json(text: str, source: str) -> Any:
    """Return the JSON value of a text of a source. Raises ``ValueError``, ``RecursionError``, or ``SourceChanged``.

    A name that occurs twice in one object has no certain value: which one counts differs between programs.
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise SourceChanged(
                f"{source} sent JSON with {twice[:100]!r} twice in one object, which is ambiguous: read it by hand"
            )
        return value

    return json.loads(text, object_pairs_hook=unique, parse_constant=_reject_constant, parse_float=_finite_number)


def _finite_number(digits: str) -> float:
    number = float(digits)
    return number if isfinite(number) else _reject_constant(digits[:40])


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def deeper_than(value: Any, depth: int) -> bool:
    """Return whether lists and objects are nested deeper than ``depth`` levels."""
    level = [value]
    for _ in range(depth):
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return False
    return any(isinstance(item, dict | list) for item in level)


def parse_time(value: Any, source: str) -> datetime | date:
    """Parse a time in RFC 3339, a day, or seconds or milliseconds since 1970. Without a zone it is UTC.

    A day alone is returned as a ``date``. Raises ``SourceChanged`` for anything else.
    """
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000 if abs(value) >= _MILLISECONDS_FROM else value, UTC)
        text = str(value).strip() if isinstance(value, str) else ""
        if len(text) == len("2025-10-22"):
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        raise SourceChanged(
            f"{source} sent the time {str(value)[:40]!r}, which cannot be parsed: read it by hand"
        ) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
