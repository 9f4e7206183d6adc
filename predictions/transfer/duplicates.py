"""Detect lines of a file that are already on record, so that a second import adds nothing.

The n-th of several equal lines matches the n-th of the equal rows: a prediction that was recorded twice and withdrawn
once keeps that history.
"""

from collections import defaultdict
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlmodel import Session, col

from predictions.errors import InvalidInput
from predictions.hedges.interpret import DEFAULT_LEXICON
from predictions.models import Prediction, Question, Resolution, Source
from predictions.outcomes import per_option
from predictions.schemas.inputs import CommentatorIn, PredictionIn, SourceIn, StatedIn
from predictions.submissions.commentators import find_commentator
from predictions.transfer.line_types import ResolutionLine, RetractionLine

Content = tuple[Any, ...]
_COLUMNS = [
    getattr(Prediction, name)
    for name in (
        *("id", "commentator_id", "source_id", "made_at", "probability", "probabilities", "low", "high"),
        *("hedge", "lexicon", "overridden", "against", "commitment", "note", "supersedes_id"),
    )
]


class ExistingPredictions:
    """The predictions on record before an import, by content."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._last = session.execute(select(func.max(col(Prediction.id)))).scalar() or 0
        self._rows: dict[int, dict[Content, list[int]]] = {}
        self._people: dict[CommentatorIn, int | None] = {}
        self._sources: dict[SourceIn | None, int | None] = {None: None}

    def take(self, line: PredictionIn, question: Question) -> int | None:
        """Return the id of a row equal to ``line``, each row once; None for a new line."""
        if not self._last:
            return None
        content = self._said(line, question)
        rows = self._of_question(question)
        return rows[content].pop() if content is not None and rows.get(content) else None

    def _said(self, line: PredictionIn, question: Question) -> Content | None:
        person = self._person(line.commentator)
        if person is None:
            return None
        source = self.source(line.source)
        if line.source is not None and source is None:
            return None
        return (person, source, *words(line, question))

    def _person(self, data: CommentatorIn) -> int | None:
        if self._people.get(data) is None:
            try:
                commentator = find_commentator(self._session, data)
            except InvalidInput:  # recording the line reports it
                commentator = None
            self._people[data] = commentator.id if commentator else None
        return self._people[data]

    def source(self, data: SourceIn | None) -> int | None:
        """Return the id of the source that ``data`` names, or None if it is not on record."""
        if data is None or data.id is not None:
            return data.id if data else None
        if self._sources.get(data) is None:
            url = (data.url or "").partition("#")[0]
            source_id = self._session.execute(select(col(Source.id)).where(col(Source.url) == url)).scalar()
            self._sources[data] = source_id
        return self._sources[data]

    def _of_question(self, question: Question) -> dict[Content, list[int]]:
        """Return the ids of the question's predictions by content, the newest first."""
        number = question.id or 0
        if number not in self._rows:
            ids_by_content: dict[Content, list[int]] = defaultdict(list)
            # The index of questions alone serves this: further conditions would lead SQLite to a worse one.
            rows = self._session.execute(select(*_COLUMNS).where(col(Prediction.question_id) == number)).all()
            for row in sorted(rows, key=lambda row: -row.id):
                if row.supersedes_id is None and row.id <= self._last:
                    ids_by_content[(row.commentator_id, row.source_id, *words_on_record(row))].append(row.id)
            self._rows[number] = ids_by_content
        return self._rows[number]


def words(data: StatedIn, question: Question) -> Content:
    """Return the content of an input, comparable with ``words_on_record``; empty if it does not fit the question."""
    options = None
    if data.probabilities is not None:
        try:
            options = tuple(per_option(data.probabilities, question, pointer=""))
        except InvalidInput:  # recording the line reports it
            return ()
    interval = (data.interval.low, data.interval.best, data.interval.high) if data.interval else None
    lexicon = (data.lexicon or DEFAULT_LEXICON) if data.hedge else None
    how = (data.hedge, lexicon, data.against, interval)
    return (data.made_at, data.probability, options, *how, data.commitment, data.note)


def words_on_record(row: Any) -> Content:
    """Return the content of a prediction without the lexicon's interpretation of its hedge."""
    options = tuple(row.probabilities) if row.probabilities else None
    interval = (row.low, row.probability, row.high) if row.overridden else None
    number = row.probability if row.hedge is None else None
    how = (row.hedge, row.lexicon, row.against, interval)
    return (row.made_at, number, options, *how, row.commitment, row.note)


class ExistingResolutions:
    """The resolutions by people on record before an import, in order for each question."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._chains: dict[int, list[Resolution]] = {}

    def take(self, line: ResolutionLine | RetractionLine, question: Question) -> bool:
        """Return whether the line is on record; drop it and all earlier resolutions of the question."""
        number = question.id or 0
        if number not in self._chains:
            query = select(Resolution).where(col(Resolution.question_id) == number, ~col(Resolution.automatic))
            self._chains[number] = list(self._session.execute(query.order_by(col(Resolution.id))).scalars())
        chain = self._chains[number]
        for at, row in enumerate(chain):
            if _same(line, row, question):
                del chain[: at + 1]
                return True
        return False


def _same(line: ResolutionLine | RetractionLine, row: Resolution, question: Question) -> bool:
    if isinstance(line, RetractionLine):
        return row.outcome is None and row.note == line.reason
    if row.outcome is None or row.known_at is None or row.outcome.casefold() != line.outcome.casefold():
        return False
    evidence = [item.model_dump() for item in line.evidence]
    same_time = _same_time(line.known_at, row.known_at, question.deadline_zone)
    return row.evidence == evidence and row.note == line.note and same_time


def _same_time(given: datetime | date, stored: datetime, zone: str) -> bool:
    if isinstance(given, datetime):
        return given == stored
    # A date alone, given on that very day, was stored as the time of that moment. Until 0.2 it was a day in UTC.
    return given in (stored.astimezone(ZoneInfo(zone)).date(), stored.astimezone(UTC).date())
