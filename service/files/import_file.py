"""A file of either format into an import, line by line."""

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from enum import StrEnum
from pathlib import PurePath
from typing import Any, BinaryIO

from pydantic import ValidationError

from predictions.errors import InvalidInput
from predictions.transfer.importer import Import
from predictions.transfer.line_types import LINES, Line
from service.files.csv_reader import csv_lines
from service.files.jsonl_reader import json_lines
from service.files.text_lines import text_lines
from service.validation import invalid_input

COMPUTED = ("score", "leaderboard", "ledger")


class Format(StrEnum):
    """How a file is written."""

    CSV = "csv"
    JSONL = "jsonl"


EXTENSIONS = {
    **dict.fromkeys((".csv", ".tsv", ".txt"), Format.CSV),
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), Format.JSONL),
}


def format_of(name: str) -> Format:
    """The format that a file's name tells. Raises ``InvalidInput`` for a name that tells none."""
    found = EXTENSIONS.get(PurePath(name).suffix.lower())
    if found is None:
        raise InvalidInput(f"the name {name!r} does not tell the format: add --format csv or --format jsonl")
    return found


def read_into(
    into: Import,
    file: BinaryIO,
    form: Format,
    *,
    encoding: str = "utf-8",
    delimiter: str | None = None,
    progress: Callable[[int], None],
) -> None:
    """Let the import take each line of the file; a line that is none, or not valid, is refused in its report."""
    counted = Counted()
    texts = counted.count(text_lines(file, encoding, progress))
    rows = csv_lines(texts, delimiter) if form is Format.CSV else json_lines(texts)
    try:
        for number, content in rows:
            kind, line = _line(content)
            if isinstance(line, InvalidInput):
                into.report.refuse(number, kind, line)
            else:
                into.take(number, line)
    except InvalidInput as error:  # the file cannot be read further
        into.report.refuse(max(counted.lines, 1), "", error)


class Counted:
    """Counts the lines that pass, so that a fault of the file itself can say where."""

    def __init__(self) -> None:
        self.lines = 0

    def count(self, texts: Iterator[str]) -> Iterator[str]:
        """The same texts. The count is that of the line being read, also while reading it fails."""
        self.lines = 1
        for text in texts:
            yield text
            self.lines += 1


def _line(content: dict[str, Any] | InvalidInput) -> tuple[str, Line | InvalidInput]:
    if isinstance(content, InvalidInput):
        return "", content
    kind = content.get("type", "prediction")
    model = LINES.get(kind) if isinstance(kind, str) else None
    if model is None:
        return "", InvalidInput.at("/type", _unknown_type(kind))
    try:
        return str(kind), model.model_validate(content)
    except ValidationError as error:
        return str(kind), invalid_input(error)


def _unknown_type(kind: object) -> str:
    if kind in COMPUTED:
        return f"lines of type {kind!r} are computed: import the predictions and resolutions they follow from"
    near = get_close_matches(str(kind), list(LINES), n=1)
    return f"unknown type {kind!r}: " + (f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(LINES)}")
