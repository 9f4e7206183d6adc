"""Write the lines of an export to a CSV or JSON Lines file."""

import csv
from collections.abc import Callable
from typing import Any, TextIO

from predictions.safe_text import json_text
from service.files.csv_mapping import cell_of, row_of
from service.files.export_content import Content
from service.files.import_file import Format

Put = Callable[[dict[str, Any]], object]


def write(content: Content, file: TextIO, form: Format, progress: Callable[[], None]) -> int:
    """Write the lines, each ended by a line feed, and return their number. ``progress`` is called after each."""
    put = _json_writer(file) if form is Format.JSONL else _csv_writer(file, content)
    count = 0
    for line in content.lines:
        put(line)
        progress()
        count += 1
    return count


def _json_writer(file: TextIO) -> Put:
    def put(line: dict[str, Any]) -> None:
        # A prediction has the same fields as in the API and needs no type.
        shown = {name: value for name, value in line.items() if (name, value) != ("type", "prediction")}
        file.write(json_text(shown) + "\n")

    return put


def _csv_writer(file: TextIO, content: Content) -> Put:
    writer = csv.DictWriter(file, content.names, lineterminator="\n")
    writer.writeheader()
    return lambda line: writer.writerow(row_of(line) if content.importable else _computed(line))


def _computed(line: dict[str, Any]) -> dict[str, str]:
    return {name: "" if value is None else cell_of(value) for name, value in line.items() if name != "type"}
