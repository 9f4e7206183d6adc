"""Import many lines at once, independent of their order in the file.

Commentators, sources and questions are entered at once, predictions in large batches, corrections after all
predictions, outcomes last; these two are checked, and applied after the completion of the import. If a line is
refused, the caller decides whether to keep the others.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from predictions.demo_mark import is_demo
from predictions.errors import Conflict, Fault, InvalidInput, TrackRecordError, inside
from predictions.imports.staging import Staging, savepoint
from predictions.models import row_id
from predictions.questions.lookup import named_question
from predictions.schemas.inputs import QuestionIn, QuestionRef
from predictions.submissions.in_pieces import Pause, no_pause, record_in_pieces
from predictions.transfer.checked_changes import CheckedChanges
from predictions.transfer.import_steps import Steps
from predictions.transfer.line_types import (
    CommentatorLine,
    DemoLine,
    Line,
    PredictionLine,
    QuestionLine,
    ReferenceLine,
    SourceLine,
)

#: Predictions looked up and recorded together: enough to be fast, few enough to fit in memory.
AT_ONCE = 20_000
#: Number of refused lines after which an all-or-nothing import stops checking.
ENOUGH = 500
#: Number of faults reported in full; further ones are only counted.
MAX_FAULTS = 50
#: The tables by the name that a report gives their rows.
TABLES = {f"{name}s": name for name in ("commentator", "source", "question", "reference", "prediction", "resolution")}
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

    ``stopped``: too many lines were refused, and the rest was not checked. ``waiting``: lines that change what is
    settled, and wait until another person approves them.
    """

    recorded: dict[str, int] = field(default_factory=dict)
    present: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    waiting: int = 0
    stopped: bool = False
    faults: list[LineFault] = field(default_factory=list)

    def refuse(self, line: int, kind: str, error: TrackRecordError) -> None:
        """Count a refused line; store its faults up to ``MAX_FAULTS``."""
        self.refused += 1
        for fault in error.faults or (Fault("", error.detail),):
            if len(self.faults) < MAX_FAULTS:
                self.faults.append(LineFault(line, kind, fault.pointer, fault.detail))

    def refuse_late(self, line: int, kind: str, error: TrackRecordError) -> None:
        """Count a line that was valid when it was checked, and not when it was applied: the record had changed."""
        self._not_recorded(kind)
        self.refuse(line, kind, type(error)(f"came too late, as the record has changed since: {error.detail}"))

    def wait_for(self, kind: str) -> None:
        """Count a line of what is settled that waits until another person approves it."""
        self._not_recorded(kind)
        self.waiting += 1

    def _not_recorded(self, kind: str) -> None:
        tables = {"correction": "predictions", "withdrawal": "predictions", "reference": "references"}
        self.recorded[tables.get(kind, "resolutions")] -= kind != "commentator"


class Import:
    """Stage one import: ``take`` each line with its number in the file, then ``finish``; the result is in ``report``.

    A refused line is undone, except for a valid question that it gave in full. Without ``keep`` the caller drops the
    import if a line is refused, and it may stop early. Calls ``pause`` whenever the rest may follow in another
    transaction.
    """

    def __init__(
        self, session: Session, into: Staging, *, now: datetime, actor: str, keep: bool, pause: Pause = no_pause
    ) -> None:
        self._keep, self._into, self._pause = keep, into, pause
        self._session, self._now, self._actor = session, now, actor
        self._steps = Steps(session, now=now, actor=actor)
        self._batch: list[tuple[int, PredictionLine]] = []
        self._early: list[tuple[int, QuestionLine | ReferenceLine | PredictionLine]] = []
        self._changes = CheckedChanges(session, self._steps, self._note)
        self.report = Report()

    def take(self, number: int, line: Line) -> None:
        """Enter a line, or queue it until the lines that it depends on are entered."""
        if isinstance(line, DemoLine):
            self._refuse_demo()
        elif isinstance(line, PredictionLine):
            self._batch.append((number, line))
            self._pause()
            if len(self._batch) >= AT_ONCE:
                self._record_batch()
        elif isinstance(line, CommentatorLine):
            self._try(number, line.type, lambda: self._steps.commentator(line))
            if line.statement or line.statement_on or line.statement_url:
                self._changes.take(number, line)
        elif isinstance(line, SourceLine):
            self._try(number, line.type, lambda: self._steps.source(line))
        elif isinstance(line, QuestionLine | ReferenceLine):
            self._enter_or_wait(number, line)
        else:
            self._changes.take(number, line)

    def _refuse_demo(self) -> None:
        """Raise ``Conflict`` unless the database is a demo too: nothing invented gets into a real record."""
        if not is_demo(self._session):
            raise Conflict(
                "the file was exported from a demo, whose people and predictions are invented: "
                "import it into the database of a demo, never into a real record"
            )

    def finish(self, progress: Progress = _silent) -> Report:
        """Enter the queued lines. Calls ``progress`` with the corrections and outcomes checked, and their total."""
        self._record_batch()
        self._enter_waiting()
        if not self._is_hopeless():
            self._changes.check(self._pause, lambda done: progress(done, len(self._changes)))
        self._session.flush()
        into = self._into
        self.report.recorded = {name: into.count(table) for name, table in TABLES.items()}
        self.report.recorded["predictions"] += self._changes.predictions
        self.report.recorded["references"] += self._changes.references
        self.report.recorded["resolutions"] = self._changes.resolutions
        self.report.faults.sort(key=lambda fault: fault.line)
        return self.report

    def _note(self, number: int, kind: str, result: TrackRecordError | bool) -> None:
        if isinstance(result, TrackRecordError):
            self.report.refuse(number, kind, result)
        else:
            self.report.present[kind] += result

    def _try(self, number: int, kind: str, step: Callable[[], bool]) -> None:
        try:
            with savepoint(self._session):
                present = step()
        except TrackRecordError as error:
            self._steps.forget()
            self.report.refuse(number, kind, error)
        else:
            self.report.present[kind] += present
        self._pause()

    def _enter_or_wait(self, number: int, line: QuestionLine | ReferenceLine, *, last: bool = False) -> None:
        if not last and self._lacks(line):
            self._early.append((number, line))
        elif isinstance(line, QuestionLine):
            self._try(number, line.type, lambda: self._steps.whole_question(line)[1])
        elif self._steps.is_settled(line):
            self._changes.take(number, line)
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
            self._pause()
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
        """Record the valid lines."""

        def refuse(index: int, error: InvalidInput) -> bool:
            number, line = lines[index]
            self.report.refuse(number, line.type, error)
            return not self._is_hopeless()

        items = [line for _, line in lines]
        ids = record_in_pieces(self._session, items, now=self._now, actor=self._actor, pause=self._pause, refuse=refuse)
        for index, row in ids.items():
            number, line = lines[index]
            self._remember(number, line, row)

    def _is_hopeless(self) -> bool:
        self.report.stopped = not self._keep and self.report.refused >= ENOUGH
        return self.report.stopped
