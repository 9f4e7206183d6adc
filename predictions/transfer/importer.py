"""Import many lines at once, independent of their order in the file.

Commentators, sources and questions are entered at once, predictions in large batches, corrections after all
predictions, outcomes last. If a line is refused, the caller decides whether to keep the others.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, SQLModel

from predictions.demo_mark import is_demo
from predictions.enums import ANNULLED, QuestionStatus
from predictions.errors import Conflict, Fault, InvalidInput, TrackRecordError, inside
from predictions.models import Commentator, Prediction, Question, Reference, Resolution, Source, row_id
from predictions.questions.lookup import named_question
from predictions.schemas.inputs import QuestionIn, QuestionRef
from predictions.submissions.record import record_predictions
from predictions.transfer.import_steps import Steps
from predictions.transfer.line_types import (
    CommentatorLine,
    CorrectionLine,
    DemoLine,
    Line,
    PredictionLine,
    QuestionLine,
    ReferenceLine,
    ResolutionLine,
    RetractionLine,
    SourceLine,
    WithdrawalLine,
)

#: Predictions recorded at once: enough to be fast, few enough to fit in memory.
AT_ONCE = 20_000
#: Batch size after a refused line, so that the cost of many refused lines is not quadratic.
PIECE = 100
#: Number of refused lines after which an all-or-nothing import stops checking.
ENOUGH = 500
#: Number of faults reported in full; further ones are only counted.
MAX_FAULTS = 50
TABLES: dict[str, type[SQLModel]] = {
    "commentators": Commentator,
    "sources": Source,
    "questions": Question,
    "references": Reference,
    "predictions": Prediction,
    "resolutions": Resolution,
}
Outcome = ResolutionLine | RetractionLine
Progress = Callable[[int, int], None]


def _silent(_done: int, _total: int) -> None:
    pass


@dataclass(frozen=True)
class LineFault:
    """An error in a line: its number and type, a JSON pointer into it, and the remedy."""

    line: int
    type: str
    pointer: str
    detail: str


@dataclass
class Report:
    """The result of an import: rows added by table, lines already on record by type, lines refused.

    ``stopped``: too many lines were refused, and the rest was not checked.
    """

    recorded: dict[str, int] = field(default_factory=dict)
    present: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    stopped: bool = False
    faults: list[LineFault] = field(default_factory=list)

    def refuse(self, line: int, kind: str, error: TrackRecordError) -> None:
        """Count a refused line; store its faults up to ``MAX_FAULTS``."""
        self.refused += 1
        for fault in error.faults or (Fault("", error.detail),):
            if len(self.faults) < MAX_FAULTS:
                self.faults.append(LineFault(line, kind, fault.pointer, fault.detail))


class Import:
    """One import: ``take`` each line with its number in the file, then ``finish``; the result is in ``report``.

    A refused line is undone, except for a valid question that it gave in full. Without ``keep`` the caller rolls all
    back if a line is refused, and the import may stop early.
    """

    def __init__(self, session: Session, *, now: datetime, actor: str, keep: bool) -> None:
        self._keep = keep
        self._session, self._now, self._actor = session, now, actor
        self._steps = Steps(session, now=now, actor=actor)
        self._before = self._counts()
        self._batch: list[tuple[int, PredictionLine]] = []
        self._early: list[tuple[int, QuestionLine | ReferenceLine | PredictionLine]] = []
        self._changes: list[tuple[int, CorrectionLine | WithdrawalLine]] = []
        self._outcomes: list[tuple[int, Outcome]] = []
        self.report = Report()

    def take(self, number: int, line: Line) -> None:
        """Enter a line, or queue it until the lines that it depends on are entered."""
        if isinstance(line, DemoLine):
            self._refuse_demo()
        elif isinstance(line, PredictionLine):
            self._batch.append((number, line))
            if len(self._batch) >= AT_ONCE:
                self._record_batch()
        elif isinstance(line, CommentatorLine):
            self._try(number, line.type, lambda: self._steps.commentator(line))
        elif isinstance(line, SourceLine):
            self._try(number, line.type, lambda: self._steps.source(line))
        elif isinstance(line, QuestionLine | ReferenceLine):
            self._enter_or_wait(number, line)
        elif isinstance(line, CorrectionLine | WithdrawalLine):
            self._changes.append((number, line))
        else:
            self._outcomes.append((number, line))

    def _refuse_demo(self) -> None:
        """Raise ``Conflict`` unless the database is a demo too: nothing invented gets into a real record."""
        if not is_demo(self._session):
            raise Conflict(
                "the file was exported from a demo, whose people and predictions are invented: "
                "import it into the database of a demo, never into a real record"
            )

    def finish(self, progress: Progress = _silent) -> Report:
        """Enter the queued lines. Calls ``progress`` with the corrections and outcomes done, and their total."""
        self._record_batch()
        self._enter_waiting()
        if self._is_hopeless():
            self._changes, self._outcomes = [], []
        total = len(self._changes) + len(self._outcomes)
        for done, (number, line) in enumerate(self._changes, 1):
            self._try(number, line.type, lambda line=line: self._steps.change(line))  # type: ignore[misc]
            progress(done, total)
        self._enter_outcomes(lambda done: progress(len(self._changes) + done, total))
        self._session.flush()
        self.report.recorded = {name: now - self._before[name] for name, now in self._counts().items()}
        self.report.faults.sort(key=lambda fault: fault.line)
        return self.report

    def _counts(self) -> dict[str, int]:
        return {
            name: self._session.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in TABLES.items()
        }

    def _try(self, number: int, kind: str, step: Callable[[], bool]) -> None:
        try:
            with self._session.begin_nested():
                present = step()
        except TrackRecordError as error:
            self._steps.forget()
            self.report.refuse(number, kind, error)
        else:
            self.report.present[kind] += present

    def _enter_or_wait(self, number: int, line: QuestionLine | ReferenceLine, *, last: bool = False) -> None:
        if not last and self._lacks(line):
            self._early.append((number, line))
        elif isinstance(line, QuestionLine):
            self._try(number, line.type, lambda: self._steps.whole_question(line)[1])
        else:
            self._try(number, line.type, lambda: self._steps.reference(line))

    def _lacks(self, line: QuestionIn | ReferenceLine | PredictionLine) -> bool:
        """Return whether the line names a question that is not on record yet."""
        if isinstance(line, PredictionLine):
            if isinstance(line.question, QuestionIn):
                return self._lacks(line.question)
            return self._steps.question(line.question.id or line.question.slug or "") is None
        if isinstance(line, ReferenceLine):
            return self._steps.question(line.question) is None
        wanted = line.condition.question if line.condition else None
        return wanted is not None and self._steps.question(wanted) is None

    def _enter_waiting(self) -> None:
        """Retry lines that lacked a question until no more succeed; then enter the rest to report their errors."""
        waiting, self._early = self._early, []
        last = False
        while waiting:
            for number, line in waiting:
                if isinstance(line, PredictionLine):
                    self._batch.append((number, line))
                else:
                    self._enter_or_wait(number, line, last=last)
            self._record_batch(last=last)
            last = len(self._early) == len(waiting)
            waiting, self._early = self._early, []

    def _record_batch(self, *, last: bool = False) -> None:
        batch, self._batch = self._batch, []
        ready = []
        for number, line in batch:
            if not self._lacks(line):
                if (new := self._new(number, line)) is not None:
                    ready.append((number, new))
            elif last:
                self._refuse_unknown_question(number, line)
            else:
                self._early.append((number, line))
        self._record(ready)

    def _refuse_unknown_question(self, number: int, line: PredictionLine) -> None:
        try:
            if isinstance(line.question, QuestionIn):
                with inside("/question"):
                    self._steps.whole_question(line.question)
            else:
                named_question(self._session, line.question)
        except InvalidInput as error:
            self.report.refuse(number, line.type, error)

    def _new(self, number: int, line: PredictionLine) -> PredictionLine | None:
        """Return the line with its question entered; None if it is already on record, or refused."""
        if isinstance(line.question, QuestionIn):
            try:
                with inside("/question"):
                    question, _ = self._steps.whole_question(line.question)
            except TrackRecordError as error:
                self.report.refuse(number, line.type, error)
                return None
            line = line.model_copy(update={"question": QuestionRef(id=row_id(question))})
        known = self._steps.question(line.question.id or line.question.slug or "")  # type: ignore[union-attr]
        present = self._steps.predictions.take(line, known) if known is not None else None
        if present is None:
            return line
        self.report.present[line.type] += 1
        self._remember(number, line, present)
        return None

    def _remember(self, number: int, line: PredictionLine, row: int) -> None:
        if line.ref is None:
            return
        try:
            self._steps.remember(line.ref, row)
        except InvalidInput as error:
            self.report.refuse(number, line.type, error)

    def _record(self, lines: list[tuple[int, PredictionLine]]) -> None:
        """Record the valid lines; after a refused line go on in smaller batches."""
        start, size = 0, len(lines)
        while start < len(lines) and not self._is_hopeless():
            piece = lines[start : start + size]
            bad = self._try_to_record(piece)
            if bad is None:
                start, size = start + len(piece), 2 * size
            else:
                self._try_to_record(piece[:bad])
                start, size = start + bad + 1, PIECE

    def _is_hopeless(self) -> bool:
        self.report.stopped = not self._keep and self.report.refused >= ENOUGH
        return self.report.stopped

    def _try_to_record(self, lines: list[tuple[int, PredictionLine]]) -> int | None:
        """Record all lines and return None; or, if one is refused, record none and return its index."""
        try:
            with self._session.begin_nested():
                items = [line for _, line in lines]
                ids = record_predictions(self._session, items, now=self._now, actor=self._actor)
        except InvalidInput as error:
            at, below = _item(error)
            self.report.refuse(lines[at][0], lines[at][1].type, below)
            return at
        for (number, line), row in zip(lines, ids, strict=True):
            self._remember(number, line, row)
        return None

    def _enter_outcomes(self, progress: Callable[[int], None]) -> None:
        """Enter outcomes in the order of the file, but those of conditional questions after their conditions'."""
        waiting, done, last = self._outcomes, 0, False
        while waiting:
            later: list[tuple[int, Outcome]] = []
            held: set[int | str] = set()
            for number, line in waiting:
                if not last and (line.question in held or self._is_too_early(line)):
                    held.add(line.question)
                    later.append((number, line))
                    continue
                self._try(number, line.type, lambda line=line: self._steps.outcome(line))  # type: ignore[misc]
                done += 1
                progress(done)
            last = len(later) == len(waiting)
            waiting = later

    def _is_too_early(self, line: Outcome) -> bool:
        if isinstance(line, RetractionLine) or line.outcome.casefold() == ANNULLED:
            return False
        question = self._steps.question(line.question)
        if question is None or question.condition_question_id is None:
            return False
        condition = self._session.get_one(Question, question.condition_question_id)
        return condition.status in (QuestionStatus.OPEN, QuestionStatus.DUE)


def _item(error: InvalidInput) -> tuple[int, InvalidInput]:
    """Return the index of the item that an error is about, and the error with pointers relative to that item."""
    at = int(error.faults[0].pointer.split("/")[1])
    faults = [Fault(fault.pointer.removeprefix(f"/{at}"), fault.detail) for fault in error.faults]
    return at, InvalidInput(error.detail, *faults)
