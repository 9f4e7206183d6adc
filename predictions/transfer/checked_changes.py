"""Check the lines of an import that change rows: apply them as they would be after its completion, and undo that.

Others may change the same rows while the import is being written. So such lines are applied only once it is complete,
and until then they are kept.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress

from sqlalchemy import func, insert, select
from sqlmodel import Session, col

from predictions.errors import TrackRecordError
from predictions.import_models import ImportLine
from predictions.imports.staging import only_checking, savepoint, staging
from predictions.models import Question, Resolution
from predictions.submissions.in_pieces import Pause
from predictions.transfer.import_steps import Steps, duplicate_ref
from predictions.transfer.line_types import (
    Change,
    CommentatorLine,
    CorrectionLine,
    ReferenceLine,
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
        self._chains: dict[str, object] = {}
        self._kept = 0
        #: Rows that the lines will add to the tables of predictions, resolutions and references.
        self.predictions = self.resolutions = self.references = 0

    def __len__(self) -> int:
        return len(self._lines)

    def take(self, number: int, line: Change) -> None:
        """Take a line with its number in the file."""
        self._lines.append((number, line))

    def check(self, pause: Pause, progress: Callable[[int], None]) -> None:
        """Check all lines, and keep those that are to be applied; calls ``progress`` with the number of lines done.

        Lines on one question, or on one prediction and its corrections, are checked together, after the outcomes in
        the file that they depend on: each transaction takes no longer than these. Questions come after those on which
        they depend.
        """
        done = 0
        changes, outcomes = self._groups()
        for lines in changes.values():
            self._keep(self._check(lines, []))
            done += len(lines)
            progress(done)
            pause()
        for question, own in sorted(outcomes.items(), key=lambda group: len(self._conditions(group[0]))):
            before = [line for above in self._conditions(question) for line in outcomes.get(above, [])]
            self._keep(self._check(own, before))
            done += len(own)
            progress(done)
            pause()

    def _groups(self) -> tuple[dict[object, list[Numbered]], dict[object, list[Numbered]]]:
        """Return the lines that may depend on each other: those on predictions by chain, those on outcomes by question.

        A ref that was given before is refused.
        """
        changes: dict[object, list[Numbered]] = defaultdict(list)
        outcomes: dict[object, list[Numbered]] = defaultdict(list)
        refs = set(self._steps.refs)
        for number, line in self._lines:
            if isinstance(line, ResolutionLine | RetractionLine):
                outcomes[self._asked(line)].append((number, line))
            elif isinstance(line, CorrectionLine) and line.ref is not None and line.ref in refs:
                self._note(number, line.type, duplicate_ref(line.ref))
            else:
                changes[self._chain(number, line)].append((number, line))
                refs |= {line.ref} if isinstance(line, CorrectionLine) and line.ref is not None else set()
        return changes, outcomes

    def _asked(self, line: ResolutionLine | RetractionLine) -> object:
        question = self._steps.question(line.question)
        return question.id if question is not None else line.question

    def _chain(self, number: int, line: Change) -> object:
        """Return a key that the lines on a prediction and on its corrections have in common."""
        if not isinstance(line, CorrectionLine | WithdrawalLine):
            return "line", number
        which = self._steps.refs.get(str(line.prediction), line.prediction)
        chain = self._chains.get(str(which), which)
        if isinstance(line, CorrectionLine) and line.ref is not None:
            self._chains[line.ref] = chain
        return chain

    def _conditions(self, question: object) -> list[int]:
        """Return the ids of the questions on which this one depends, from the top."""
        above: list[int] = []
        row = self._session.get(Question, question) if isinstance(question, int) else None
        while row is not None and row.condition_question_id is not None:
            above.insert(0, row.condition_question_id)
            row = self._session.get(Question, row.condition_question_id)
        return above

    def _check(self, own: list[Numbered], before: list[Numbered]) -> list[Numbered]:
        """Apply the lines and undo that; return those of ``own`` that are valid and not on record."""
        known_refs, present_refs = len(self._steps.refs), dict[str, int]()
        with only_checking(self._session):
            for _, line in before:
                with suppress(TrackRecordError), savepoint(self._session):
                    self._steps.apply(line)
            newest = self._newest_resolution()
            valid = self._apply(own, present_refs)
            self.resolutions += self._count_after(newest)
            self.predictions += sum(isinstance(line, CorrectionLine | WithdrawalLine) for _, line in valid)
            self.references += sum(isinstance(line, ReferenceLine) for _, line in valid)
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

    def _apply(self, lines: list[Numbered], present_refs: dict[str, int]) -> list[Numbered]:
        """Apply lines in their order, and return the valid and new ones.

        ``present_refs`` gets the refs of corrections that were on record already.
        """
        valid: list[Numbered] = []
        for number, line in lines:
            if self._try(number, line):
                valid.append((number, line))
            elif isinstance(line, CorrectionLine) and line.ref in self._steps.refs:
                present_refs[line.ref] = self._steps.refs[line.ref]
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
        if isinstance(line, ReferenceLine):
            return self._steps.reference(line)
        if isinstance(line, CorrectionLine | WithdrawalLine):
            return self._steps.change(line)
        return self._steps.outcome(line)

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
