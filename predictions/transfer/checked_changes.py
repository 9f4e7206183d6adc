"""Check the lines of an import that change rows: apply them as they would be after its completion, and undo that.

Others may change the same rows while the import is being written. So such lines are applied only once it is complete,
and until then they are kept.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable

from sqlalchemy import func, insert, select
from sqlmodel import Session, col

from predictions.enums import ANNULLED, QuestionStatus
from predictions.errors import TrackRecordError
from predictions.import_models import ImportLine
from predictions.imports.staging import stage, staging
from predictions.models import Question, Resolution
from predictions.submissions.in_pieces import Pause
from predictions.transfer.import_steps import Steps
from predictions.transfer.line_types import (
    Change,
    CommentatorLine,
    CorrectionLine,
    ResolutionLine,
    RetractionLine,
    WithdrawalLine,
)

Numbered = tuple[int, Change]
#: Called with the number and type of a line, and with its error, or with whether it was on record already.
Note = Callable[[int, str, TrackRecordError | bool], None]
_INSERT = insert(ImportLine.__table__)  # type: ignore[attr-defined]


class CheckedChanges:
    """The lines of an import that change rows, in order: ``take`` them, then ``check`` all."""

    def __init__(self, session: Session, steps: Steps, note: Note) -> None:
        self._session, self._steps, self._note = session, steps, note
        self._lines: list[Numbered] = []
        self._roots: dict[str, object] = {}
        self._kept = 0
        #: Rows that the lines will add to the tables of predictions and resolutions.
        self.predictions = self.resolutions = 0

    def __len__(self) -> int:
        return len(self._lines)

    def take(self, number: int, line: Change) -> None:
        """Take a line with its number in the file."""
        self._lines.append((number, line))

    def check(self, pause: Pause, progress: Callable[[int], None]) -> None:
        """Check all lines, and keep those that are to be applied; calls ``progress`` with the number of lines done."""
        self._lines.sort(key=lambda numbered: isinstance(numbered[1], ResolutionLine | RetractionLine))  # these last
        groups: dict[object, list[Numbered]] = defaultdict(list)
        for number, line in self._lines:
            groups[self._root(number, line)].append((number, line))
        done = 0
        for group in groups.values():
            self._keep(self._check(group))
            done += len(group)
            progress(done)
            pause()

    def _root(self, number: int, line: Change) -> object:
        """Return a key that lines have in common if one may depend on the other: the question above all conditions."""
        if isinstance(line, CommentatorLine):
            return number
        try:
            if isinstance(line, CorrectionLine | WithdrawalLine):
                root = self._roots.get(str(line.prediction)) or self._top(self._steps.prediction(line.prediction))
                if isinstance(line, CorrectionLine) and line.ref is not None:
                    self._roots[line.ref] = root
                return root
            return self._above(self._steps.named(line.question))
        except TrackRecordError:
            return number

    def _top(self, prediction: object) -> int:
        number: int = prediction.question_id  # type: ignore[attr-defined]
        return self._above(self._session.get_one(Question, number))

    def _above(self, question: Question) -> int:
        while question.condition_question_id is not None:
            question = self._session.get_one(Question, question.condition_question_id)
        return question.id or 0

    def _check(self, group: list[Numbered]) -> list[Numbered]:
        """Apply the lines and undo that; return those that are valid and not on record, in the order of application."""
        into, newest = staging(self._session), self._newest_resolution()
        known_refs, present_refs = len(self._steps.refs), dict[str, int]()
        savepoint = self._session.begin_nested()
        stage(self._session, None)
        try:
            valid = self._apply(group, present_refs)
            self.resolutions += self._count_after(newest)
            self.predictions += sum(isinstance(line, CorrectionLine | WithdrawalLine) for _, line in valid)
        finally:
            savepoint.rollback()
            stage(self._session, into)
            self._steps.forget()
            while len(self._steps.refs) > known_refs:
                self._steps.refs.popitem()
            self._steps.refs |= present_refs
        return valid

    def _newest_resolution(self) -> int:
        return self._session.execute(select(func.max(col(Resolution.id)))).scalar() or 0

    def _count_after(self, newest: int) -> int:
        query = select(func.count()).select_from(Resolution).where(col(Resolution.id) > newest)
        return int(self._session.execute(query).scalar_one())

    def _apply(self, group: list[Numbered], present_refs: dict[str, int]) -> list[Numbered]:
        """Apply in the order of the file, but outcomes of conditional questions after those of their conditions.

        ``present_refs`` gets the refs of corrections that were on record already.
        """
        valid: list[Numbered] = []
        waiting, last = group, False
        while waiting:
            later: list[Numbered] = []
            held: set[int | str] = set()
            for number, line in waiting:
                if not last and isinstance(line, ResolutionLine | RetractionLine) and self._must_wait(line, held):
                    held.add(line.question)
                    later.append((number, line))
                elif self._try(number, line):
                    valid.append((number, line))
                elif isinstance(line, CorrectionLine) and line.ref in self._steps.refs:
                    present_refs[line.ref] = self._steps.refs[line.ref]
            last = len(later) == len(waiting)
            waiting = later
        return valid

    def _try(self, number: int, line: Change) -> bool:
        """Return whether the line is valid and not on record."""
        try:
            with self._session.begin_nested():
                present = self._step(line)
        except TrackRecordError as error:
            self._steps.forget()
            self._note(number, line.type, error)
            return False
        if not isinstance(line, CommentatorLine):  # the commentator was noted when entered
            self._note(number, line.type, present)
        return not present

    def _step(self, line: Change) -> bool:
        if isinstance(line, CommentatorLine):
            return self._steps.statement(line)
        if isinstance(line, CorrectionLine | WithdrawalLine):
            return self._steps.change(line)
        return self._steps.outcome(line)

    def _must_wait(self, line: ResolutionLine | RetractionLine, held: set[int | str]) -> bool:
        """Return whether an earlier outcome of its question waits, or that of its condition is still to come."""
        if line.question in held:
            return True
        if isinstance(line, RetractionLine) or line.outcome.casefold() == ANNULLED:
            return False
        question = self._steps.question(line.question)
        if question is None or question.condition_question_id is None:
            return False
        condition = self._session.get_one(Question, question.condition_question_id)
        return condition.status in (QuestionStatus.OPEN, QuestionStatus.DUE)

    def _keep(self, lines: Iterable[Numbered]) -> None:
        into = staging(self._session)
        if into is None:
            raise RuntimeError("lines are kept for an import only")
        rows = []
        for number, line in lines:
            self._kept += 1
            line, waits_for = self._with_id(line)
            body = line.model_dump_json(exclude_unset=True)
            row = {"import_id": into.import_id, "position": self._kept, "number": number, "body": body}
            rows.append(row | {"waits_for": waits_for})
        if rows:
            self._session.connection().execute(_INSERT, rows)

    def _with_id(self, line: Change) -> tuple[Change, str | None]:
        """Return the line with the id of the prediction that it changes, or the ref of a correction not yet applied."""
        if not isinstance(line, CorrectionLine | WithdrawalLine) or isinstance(line.prediction, int):
            return line, None
        number = self._steps.refs.get(line.prediction)
        if number is None:
            return line, line.prediction
        return line.model_copy(update={"prediction": number}), None
