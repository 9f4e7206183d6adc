"""The columns of CSV files: flat names for the nested fields of the API, used for import, export and messages."""

from dataclasses import dataclass
from typing import Any

Path = tuple[str, ...]


@dataclass(frozen=True)
class Column:
    """A column of one line type: the path of its field, and the format of its cells."""

    name: str
    path: Path
    form: str = "text"  # or number, numbers, parts, flag, which (an id if it is a whole number)


def _texts(*names: str) -> list[Column]:
    return [Column(name, (name,)) for name in names]


def _inside(field: str, columns: list[Column]) -> list[Column]:
    return [Column(column.name, (field, *column.path), column.form) for column in columns]


_COMMENTATOR = [
    Column("commentator", ("name",)),
    Column("commentator_slug", ("slug",)),
    Column("commentator_kind", ("kind",)),
    Column("commentator_description", ("description",)),
]
_SOURCE = [Column("source_url", ("url",)), Column("source_title", ("title",)), *_texts("outlet", "published_on")]
_QUESTION = [
    Column("question_text", ("text",)),
    *_texts("resolution_criteria", "kind"),
    Column("options", ("options",), "parts"),
    *_texts("opens_at", "deadline", "deadline_zone", "deadline_basis"),
    Column("topics", ("topics",), "parts"),
    *_texts("event"),
    Column("condition_question", ("condition", "question"), "which"),
    Column("condition_outcome", ("condition", "outcome")),
    Column("condition_text", ("condition", "text")),
]
_WHICH_QUESTION = [Column("question", ("question",), "which")]
_PROBABILITY = [
    Column("probability", ("probability",), "number"),
    Column("probabilities", ("probabilities",), "numbers"),
]
_STATED = [
    *_inside("source", _SOURCE),
    *_texts("made_at"),
    *_PROBABILITY,
    *_texts("hedge", "lexicon"),
    Column("against", ("against",), "flag"),
    *(Column(name, ("interval", name), "number") for name in ("low", "best", "high")),
    Column("commitment", ("commitment",), "flag"),
    *_texts("note"),
]
_CHANGE = [Column("prediction", ("prediction",), "which"), *_texts("reason")]
#: The cells of evidence are parallel lists: see ``csv_mapping``.
_EVIDENCE = [
    Column("evidence_url", ("evidence", "url"), "parts"),
    Column("evidence_note", ("evidence", "note"), "parts"),
]
_OUTCOME = [*_texts("outcome", "known_at"), *_EVIDENCE, Column("resolution_note", ("note",))]

COLUMNS: dict[str, list[Column]] = {
    "demo": [],
    "commentator": [*_COMMENTATOR, *_texts("statement", "statement_on", "statement_url")],
    "source": [*_SOURCE, *_texts("archive_url"), Column("source_confirmed", ("confirmed",), "flag")],
    "question": [Column("question", ("slug",)), *_QUESTION],
    "reference": [*_WHICH_QUESTION, *_PROBABILITY, *_texts("as_of", "reason"), Column("reference_source", ("source",))],
    "prediction": [
        *_texts("ref"),
        *_inside("commentator", _COMMENTATOR),
        Column("question", ("question", "slug"), "which"),
        *_inside("question", _QUESTION),
        *_STATED,
    ],
    "correction": [*_CHANGE, *_texts("ref"), *_STATED],
    "withdrawal": _CHANGE,
    "resolution": [*_WHICH_QUESTION, *_OUTCOME],
    "retraction": [*_WHICH_QUESTION, *_texts("reason")],
    "taking_back": [*_WHICH_QUESTION, *_texts("reason")],
}
#: On a row of a prediction these columns give the outcome of its question, like a separate resolution line.
OUTCOME_COLUMNS = {column.name for column in _OUTCOME}


def _all_names() -> list[str]:
    names = ["type", *(column.name for kind in ("prediction", "resolution") for column in COLUMNS[kind])]
    names += [column.name for columns in COLUMNS.values() for column in columns]
    return list(dict.fromkeys(names))


#: All columns, in the order of an export.
ALL_NAMES = _all_names()


def column_of(kind: str, pointer: str) -> str:
    """Return the column that a fault's pointer refers to, or the pointer if there is none."""
    path = tuple(part for part in pointer.split("/")[1:] if not part.isdecimal())
    if kind == "prediction" and path == ("question", "id"):
        return "question"
    for column in COLUMNS.get(kind, []):
        if path and (column.path == path or column.path[: len(path)] == path):
            return column.name
    return "/".join(path)


def get(content: dict[str, Any], path: Path) -> Any:
    """Return the value at ``path``, or None."""
    value: Any = content
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def put(content: dict[str, Any], path: Path, value: Any) -> None:
    """Set the value at ``path``, creating the objects that contain it."""
    for part in path[:-1]:
        content = content.setdefault(part, {})
    content[path[-1]] = value
