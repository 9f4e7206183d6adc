"""Parse JSON, refusing objects with duplicate keys."""

import json
from typing import Any

from predictions.errors import InvalidInput


def parse_json(text: bytes | str) -> Any:
    """The JSON value in ``text``. Raises ``InvalidInput`` where an object says a name twice,
    ``ValueError`` for what is no JSON and ``RecursionError`` for brackets without end."""
    return json.loads(text, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidInput.at("", f"an object says {twice[:100]!r} more than once: keep one of them")
    return found
