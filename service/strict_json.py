"""Parse JSON, refusing objects with duplicate keys."""

import json
from typing import Any

from predictions.errors import InvalidInput


def parse_json(text: bytes | str) -> Any:
    """Return the JSON value in ``text``, in time proportional to its length.

    Raises ``InvalidInput`` for a duplicate key in an object, ``ValueError`` for invalid JSON and ``RecursionError`` for
    JSON that is nested too deeply."""
    return json.loads(text, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise InvalidInput.at("", f"duplicate key {name[:100]!r} in a JSON object: keep one")
            seen.add(name)
    return unique
