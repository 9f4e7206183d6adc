"""Read a CSV or JSON Lines file into an import, line by line."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from pathlib import PurePath
from typing import Any, BinaryIO

from pydantic import ValidationError

from predictions.errors import InvalidInput
from predictions.transfer.importer import Import
from predictions.transfer.line_types import LINES, DemoLine, Line
from predictions.validation import invalid_input
from service.files.csv_reader import FORMER_MARK, csv_lines
from service.files.jsonl_reader import json_lines
from service.files.text_lines import text_lines

COMPUTED = ("score", "leaderboard", "ledger")


class Format(StrEnum):
    """The format of a file."""

    CSV = "csv"
    JSONL = "jsonl"


EXTENSIONS = {
    **dict.fromkeys((".csv", ".tsv", ".txt"), Format.CSV),
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), Format.JSONL),
}


def format_of(name: str) -> Format:
    """Return the format for a file name's extension. Raises ``InvalidInput`` for an unknown one."""
    file_format = EXTENSIONS.get(PurePath(name).suffix.lower())
    if file_format is None:
        raise InvalidInput(f"the extension of {name!r} is not known: add --format csv or --format jsonl")
    return file_format


@dataclass(frozen=True)
class ReadLine:
    """A line of a file: its number, its type as far as it is known, and its content or what is wrong with it."""

    number: int
    type: str
    content: Line | InvalidInput


def read_lines(
    file: BinaryIO,
    form: Format,
    *,
    encoding: str = "utf-8",
    delimiter: str | None = None,
    progress: Callable[[int], None],
) -> Iterator[ReadLine]:
    """Yield the lines of a file; the last says what is wrong with the file if it cannot be read to its end."""
    counted = Counted()
    texts = counted.count(text_lines(file, encoding, progress))
    rows = csv_lines(texts, delimiter) if form is Format.CSV else json_lines(texts)
    try:
        for number, content in rows:
            if _has_former_mark(content):
                yield ReadLine(number, "demo", DemoLine(type="demo"))
            yield ReadLine(number, *_line(content))
    except InvalidInput as error:  # the file cannot be read further
        yield ReadLine(max(counted.lines, 1), "", error)


def take_lines(into: Import, lines: Iterable[ReadLine]) -> None:
    """Import lines of a file; the report lists those that are invalid."""
    for line in lines:
        if isinstance(line.content, InvalidInput):
            into.report.refuse(line.number, line.type, line.content)
        else:
            into.take(line.number, line.content)


class Counted:
    """Counts the lines that are read, so that an error of the file itself can name the line."""

    def __init__(self) -> None:
        self.lines = 0

    def count(self, texts: Iterator[str]) -> Iterator[str]:
        """Yield the lines unchanged; the count is the number of the line being read, even if reading it fails."""
        self.lines = 1
        for text in texts:
            yield text
            self.lines += 1


def _has_former_mark(content: dict[str, Any] | InvalidInput) -> bool:
    """Remove the mark that exports of earlier versions carry on each invented object; return whether one was set.

    Such a file has no line of type ``demo``, so that its marks alone keep it out of a real record.
    """
    if isinstance(content, InvalidInput):
        return False
    objects = [content, *(content.get(name) for name in ("commentator", "source", "question"))]
    marks = [part.pop(FORMER_MARK, False) for part in objects if isinstance(part, dict)]
    return any(mark is not False for mark in marks)


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
