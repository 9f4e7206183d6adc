"""Select the content of an export: importable parts of the record, or computed data."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import Any

from sqlmodel import Session

from predictions.leaderboard.board import board
from predictions.leaderboard.estimates import estimate
from predictions.leaderboard.filters import Filters
from predictions.schemas.board_item import BOARD_COLUMNS
from predictions.transfer.export import (
    commentator_lines,
    demo_lines,
    prediction_lines,
    question_lines,
    resolution_lines,
    source_lines,
)
from predictions.transfer.export_computed import LEDGER_NAMES, SCORE_NAMES, ledger_lines, score_lines
from service.files.csv_columns import ALL_NAMES, COLUMNS

Lines = Iterable[dict[str, Any]]


class What(StrEnum):
    """The parts of an export."""

    ALL = "all"
    PREDICTIONS = "predictions"
    QUESTIONS = "questions"
    RESOLUTIONS = "resolutions"
    COMMENTATORS = "commentators"
    SOURCES = "sources"
    SCORES = "scores"
    LEADERBOARD = "leaderboard"
    LEDGER = "ledger"


@dataclass(frozen=True)
class Content:
    """The lines of an export, their CSV columns, and whether they can be imported."""

    lines: Lines
    names: tuple[str, ...]
    importable: bool


_PARTS: dict[What, tuple[Callable[[Session], Lines], tuple[str, ...]]] = {
    What.COMMENTATORS: (commentator_lines, ("commentator",)),
    What.SOURCES: (source_lines, ("source",)),
    What.QUESTIONS: (question_lines, ("question", "reference")),
    What.PREDICTIONS: (prediction_lines, ("prediction", "correction", "withdrawal")),
    What.RESOLUTIONS: (resolution_lines, ("resolution", "retraction")),
}
_BOARD_NAMES = ("commentator_slug", "commentator", *BOARD_COLUMNS)


def content_of(session: Session, what: What, now: datetime) -> Content:
    """Return the content of an export; its lines are generated lazily."""
    if what is What.SCORES:
        return Content(score_lines(session), SCORE_NAMES, importable=False)
    if what is What.LEDGER:
        return Content(ledger_lines(session), LEDGER_NAMES, importable=False)
    if what is What.LEADERBOARD:
        return Content(_board_lines(session, now), _BOARD_NAMES, importable=False)
    parts = list(_PARTS.values()) if what is What.ALL else [_PARTS[what]]
    lines = chain(demo_lines(session), *(make(session) for make, _ in parts))
    return Content(lines, _names({kind for _, kinds in parts for kind in kinds}), importable=True)


def _names(kinds: set[str]) -> tuple[str, ...]:
    used = {column.name for kind in kinds for column in COLUMNS[kind]} | {"type"}
    return tuple(name for name in ALL_NAMES if name in used)


def _board_lines(session: Session, now: datetime) -> Iterator[dict[str, Any]]:
    filters = Filters()
    for item in board(session, filters, "opening", estimate(session, filters, "opening", now), now=now):
        person = {"commentator_slug": item.commentator.slug, "commentator": item.commentator.name}
        yield {"type": "leaderboard"} | person | item.columns()
