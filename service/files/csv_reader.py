"""Read CSV files as import lines, each with the number of its first line in the file."""

import csv
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any

from predictions.errors import Fault, InvalidInput
from service.files.csv_columns import ALL_NAMES
from service.files.csv_mapping import lines_of

Content = dict[str, Any] | InvalidInput
DELIMITERS = ",;\t"
_CELL_BYTES = 200_000
#: Columns that occur only in exports of computed data.
_COMPUTED = ("brier", "rank", "body_hash")
#: The mark of an invented row in exports of earlier versions; today a demo is marked by its database.
FORMER_MARK = "invented"


def csv_lines(texts: Iterable[str], delimiter: str | None) -> Iterator[tuple[int, Content]]:
    """Yield the content or the error of each row. Raises ``InvalidInput`` if the file cannot be read further."""
    csv.field_size_limit(_CELL_BYTES)
    texts = iter(texts)
    skipped, first = next(((at, text) for at, text in enumerate(texts) if text.strip()), (0, ""))
    if not first:
        raise InvalidInput("the file is empty: the first line must name the columns")
    reader = csv.reader(_chain(first, texts), delimiter=delimiter or _detect_delimiter(first), strict=True)
    names: list[str] = []
    outcomes: dict[str, dict[str, Any]] = {}
    while True:
        at = skipped + reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise InvalidInput(f"{error}: check the quotation marks, and quote cells with line breaks") from None
        if cells is None:
            return
        if not names:
            names = _header(cells)
        elif any(cell.strip() for cell in cells):
            for content in _contents(names, cells, outcomes):
                yield at, content


def _chain(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _detect_delimiter(header: str) -> str:
    """Return the delimiter for which the header has the most known columns."""
    known = set(ALL_NAMES)
    return max(DELIMITERS, key=lambda mark: len(known & {name.strip(' "\r\n').lower() for name in header.split(mark)}))


def _header(cells: list[str]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    while names and not names[-1]:
        names.pop()
    unknown = [name for name in names if name not in (*ALL_NAMES, FORMER_MARK)]
    if len(unknown) == len(names) and not set(names) & set(_COMPUTED):
        raise InvalidInput(f"the first line must name the columns, for example {', '.join(_usual())}")
    faults = [Fault("", _unknown(name)) for name in unknown]
    faults += [Fault("", f"duplicate column {name!r}: keep one") for name in _repeated(names)]
    if faults:
        raise InvalidInput(faults[0].detail, *faults)
    return names


def _usual() -> list[str]:
    return ["commentator", "question", "made_at", "probability", "source_url"]


def _repeated(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def _unknown(name: str) -> str:
    if not name:
        return "a column has no name: name it, or remove it"
    if name in _COMPUTED:
        return f"the column {name!r} is computed: import the predictions and resolutions it follows from"
    near = get_close_matches(name, ALL_NAMES, n=1, cutoff=0.6)
    return f"unknown column {name!r}: " + (f"did you mean {near[0]!r}?" if near else "remove it, or rename it")


def _contents(names: list[str], cells: list[str], outcomes: dict[str, dict[str, Any]]) -> Iterator[Content]:
    while len(cells) > len(names) and not cells[-1]:
        cells.pop()
    if len(cells) != len(names):
        yield InvalidInput(
            f"has {len(cells)} cells, but the first line names {len(names)} columns: quote cells that contain the "
            "delimiter, and keep empty cells"
        )
        return
    row = {name: cell for name, cell in zip(names, cells, strict=True) if cell.strip()}
    mark = {FORMER_MARK: True} if row.pop(FORMER_MARK, "false").strip().lower() not in ("false", "no", "0") else {}
    try:
        for line in lines_of(row):
            if (
                line["type"] != "resolution"
                or row.get("type", "prediction") != "prediction"
                or _is_first(line, outcomes)
            ):
                yield line | mark
    except InvalidInput as error:
        yield error


def _is_first(line: dict[str, Any], outcomes: dict[str, dict[str, Any]]) -> bool:
    """Return whether the row is the first with this question's outcome. Raises ``InvalidInput`` if they differ."""
    name = str(line.get("question", ""))
    if outcomes.setdefault(name, line) != line:
        raise InvalidInput.at("/outcome", f"another row has a different outcome of {name!r}: give it once")
    return outcomes[name] is line
