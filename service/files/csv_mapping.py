"""Convert flat CSV rows to nested import lines, and back."""

import re
from itertools import zip_longest
from typing import Any

from predictions.errors import InvalidInput
from predictions.safe_text import without_control
from service.files.csv_columns import COLUMNS, OUTCOME_COLUMNS, Column, get, put
from service.files.csv_injection import guard, unguard

Row = dict[str, str]
_FLAGS = {"true": True, "false": False}
_SPLIT = re.compile(r"(?<!\\)\|")


def lines_of(row: Row) -> list[dict[str, Any]]:
    """Return the lines of a row of non-empty cells: one, or a prediction and the outcome of its question.

    Raises ``InvalidInput`` for a cell that does not belong to a row of its type. The values are validated later.
    """
    kind = row.get("type", "prediction").strip()
    columns = COLUMNS.get(kind)
    if columns is None:
        return [{"type": kind}]
    outcome = {name: cell for name, cell in row.items() if kind == "prediction" and name in OUTCOME_COLUMNS}
    known = {column.name for column in columns} | {"type", *outcome}
    for name in row:
        if name not in known:
            raise InvalidInput.at(f"/{name}", f"does not belong to a row of type {kind}: leave the cell empty")
    lines = [_nested(kind, columns, row)]
    if outcome:
        lines.append(_nested("resolution", COLUMNS["resolution"], outcome | _which_question(row)))
    return lines


def _which_question(row: Row) -> Row:
    return {"question": row["question"]} if "question" in row else {}


def _nested(kind: str, columns: list[Column], row: Row) -> dict[str, Any]:
    line: dict[str, Any] = {"type": kind}
    for column in columns:
        if column.name in row:
            put(line, column.path, _value(unguard(row[column.name]), column.form))
    if isinstance(line.get("evidence"), dict):
        line["evidence"] = _pieces(line["evidence"])
    if kind == "prediction":
        _complete_prediction(line)
    return line


def _pieces(evidence: dict[str, list[str]]) -> list[dict[str, str]]:
    pairs = zip_longest(evidence.get("url", []), evidence.get("note", []))
    return [{name: text for name, text in (("url", url), ("note", note)) if text} for url, note in pairs]


def _complete_prediction(line: dict[str, Any]) -> None:
    """Move the id of a question from its slug, where it was read, to its place."""
    question = line.get("question", {})
    if isinstance(question.get("slug"), int):
        question["id"] = question.pop("slug")


def _value(cell: str, form: str) -> Any:
    """Return the cell in the format of its column, or as text, which validation refuses, if it does not fit."""
    if form == "number":
        return _number(cell)
    if form == "numbers":
        return [_number(part) for part in _split(cell)]
    if form == "parts":
        return _split(cell)
    if form == "flag":
        return _FLAGS.get(cell.strip().lower(), cell)
    if form == "which":
        return int(cell) if cell.strip().isdecimal() and len(cell) < 20 else cell.strip()
    return cell


def _number(cell: str) -> float | str:
    return float(cell) if re.fullmatch(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", cell, re.ASCII) else cell


def _split(cell: str) -> list[str]:
    return [part.strip().replace("\\|", "|") for part in _SPLIT.split(cell)]


def row_of(line: dict[str, Any]) -> Row:
    """Return the cells of a line, guarded against formulas in spreadsheets; absent values have no cell."""
    kind = line.get("type", "prediction")
    row = {"type": kind}
    for column in COLUMNS[kind]:
        value = _evidence(line, column) if column.path[0] == "evidence" else get(line, column.path)
        if value is not None and value != "":
            row[column.name] = cell_of(value)
    if kind == "prediction":
        which = get(line, ("question", "id"))
        row |= {"question": str(which)} if which is not None else {}
    return row


def _evidence(line: dict[str, Any], column: Column) -> list[str] | None:
    values = [piece.get(column.path[1]) or "" for piece in line.get("evidence", [])]
    return values if any(values) else None


def cell_of(value: Any) -> str:
    """Return a value as a cell: exact numbers, lists joined by bars, text guarded against formulas."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return guard(without_control("|".join(str(part).replace("|", "\\|") for part in value)))
    return repr(value) if isinstance(value, float) else guard(without_control(str(value)))
