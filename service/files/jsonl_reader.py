"""Read JSON Lines files as import lines, each with its line number."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from predictions.errors import InvalidInput
from service.strict_json import parse_json

Content = dict[str, Any] | InvalidInput


def json_lines(texts: Iterable[str]) -> Iterator[tuple[int, Content]]:
    """Yield the number and the object, or the error, of each line that is not empty."""
    has_lines = False
    for number, text in enumerate(texts, 1):
        if not text.strip():
            continue
        if not has_lines and text.strip() == "[":
            raise InvalidInput("the file is one JSON list: write one object a line, without brackets and commas")
        has_lines = True
        yield number, _object(text)
    if not has_lines:
        raise InvalidInput("the file is empty: write one JSON object a line")


def _object(text: str) -> Content:
    try:
        content = parse_json(text)
    except InvalidInput as error:
        return error
    except (ValueError, RecursionError) as error:
        where = f" at column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        return InvalidInput(f"is not valid JSON{where}: write one object a line, with double quotes")
    if not isinstance(content, dict):
        return InvalidInput("is not a JSON object: write one object a line, in curly brackets")
    return content
