"""Import single lines. Each step returns whether the line was already on record, or raises an error about it."""

from datetime import datetime

from sqlmodel import Session, select

from predictions.changes.decisions import Done, had_outcome
from predictions.changes.doors import add_forecast, correct, withdraw
from predictions.changes.kinds import By
from predictions.errors import Conflict, InvalidInput
from predictions.imports.staging import savepoint
from predictions.models import Prediction, Question, Reference, row_id
from predictions.outcomes import per_option
from predictions.questions.create import enter_question
from predictions.questions.lookup import find_question
from predictions.questions.resolve import resolve, retract_resolution
from predictions.schemas.inputs import QuestionIn
from predictions.submissions.commentators import STATEMENT, change_commentator, enter_commentator, find_commentator
from predictions.submissions.sources import enter_source
from predictions.transfer.duplicates import ExistingPredictions, ExistingResolutions, words, words_on_record
from predictions.transfer.line_types import (
    Change,
    CommentatorLine,
    CorrectionLine,
    ReferenceLine,
    ResolutionLine,
    RetractionLine,
    SourceLine,
    WithdrawalLine,
)


def duplicate_ref(ref: str) -> InvalidInput:
    """Return the error of a ref that an earlier line has."""
    return InvalidInput.at("/ref", f"{ref!r} is a duplicate of an earlier line's: choose another ref")


class Steps:
    """The steps of one import, with its cache of questions by name and of predictions by ref.

    Unless ``is_alone``, changes of what is settled wait until another person approves them.
    """

    def __init__(self, session: Session, *, now: datetime, actor: str, is_alone: bool = True) -> None:
        self.session, self.now, self.actor, self._is_alone = session, now, actor, is_alone
        self.predictions = ExistingPredictions(session)
        self.resolutions = ExistingResolutions(session)
        self.refs: dict[str, int] = {}
        self._questions: dict[int | str, Question] = {}
        self._whole: dict[str, tuple[QuestionIn, Question]] = {}
        self._unknown: set[int | str] = set()
        self._settled: dict[int, bool] = {}

    def question(self, which: int | str) -> Question | None:
        """Return the question with this id or slug, or None if it is not on record yet."""
        if which in self._unknown:
            return None
        if which not in self._questions:
            existing = find_question(self.session, which)
            if existing is None:
                self._unknown.add(which)
                return None
            self._questions[which] = existing
        return self._questions[which]

    def forget(self) -> None:
        """Clear the cached questions, which a rolled back step may have entered."""
        self._questions.clear()
        self._whole.clear()

    def named(self, which: int | str) -> Question:
        """Return the question with this id or slug. Raises ``InvalidInput`` if there is none."""
        existing = self.question(which)
        if existing is None:
            raise InvalidInput.at("/question", f"no question has the id or slug {which!r}: check it, or enter it first")
        return self.session.get_one(Question, row_id(existing))  # the one in the cache may be detached

    def commentator(self, line: CommentatorLine) -> bool:
        """Enter a commentator, without the statement."""
        present = find_commentator(self.session, line) is not None
        enter_commentator(self.session, line, now=self.now, actor=self.actor)
        return present

    def statement(self, line: CommentatorLine) -> bool:
        """Add a commentator's statement unless one is on record."""
        person = enter_commentator(self.session, line, now=self.now, actor=self.actor)
        if person.statement:
            return True
        statement = {name: getattr(line, name) for name in STATEMENT}
        change_commentator(self.session, person, statement, now=self.now, actor=self.actor)
        return False

    def source(self, line: SourceLine) -> bool:
        """Enter a source."""
        present = self.predictions.source(line) is not None
        enter_source(self.session, line, now=self.now, actor=self.actor, confirmed=line.confirmed)
        return present

    def whole_question(self, data: QuestionIn) -> tuple[Question, bool]:
        """Return the question given in full, and whether it was on record. Skips repeated comparisons."""
        name = data.slug or f"asks {data.text}"
        last = self._whole.get(name)
        if last is not None and last[0] == data:
            return last[1], True
        with savepoint(self.session):
            existing = enter_question(self.session, data, now=self.now, actor=self.actor)
        present = last is not None or existing.created_at != self.now
        self._whole[name] = (data, existing)
        self._questions[existing.slug] = existing
        self._unknown.clear()
        return existing, present

    def reference(self, line: ReferenceLine) -> bool:
        """Enter a reference. Raises ``Conflict`` if that source has another probability at that time."""
        question = self.named(line.question)
        same = (Reference.as_of == line.as_of, Reference.source == line.source, Reference.question_id == question.id)
        existing = self.session.exec(select(Reference).where(*same)).first()
        if existing is None:
            self._add_forecast(line)
            return False
        given = [line.probability] if line.probability is not None else None
        if given is None:
            given = per_option(line.probabilities or [], question, pointer="/probabilities")
        if given != existing.probabilities:
            raise Conflict(f"{line.source!r} is on record with {existing.probabilities} at that time: check the line")
        return True

    def change(self, line: CorrectionLine | WithdrawalLine) -> bool:
        """Correct or withdraw a prediction."""
        wrong = self.prediction(line.prediction)
        later = self.session.exec(select(Prediction).where(Prediction.supersedes_id == wrong.id)).first()
        present = later is not None and self._says(line, wrong, later)
        number = row_id(later) if present else row_id(self._supersede(line, wrong).row)
        if isinstance(line, CorrectionLine) and line.ref is not None:
            self.remember(line.ref, number)
        return present

    def _supersede(self, line: CorrectionLine | WithdrawalLine, wrong: Prediction) -> Done:
        if isinstance(line, WithdrawalLine):
            return withdraw(self.session, wrong, line, self._by)
        return correct(self.session, wrong, line, self._by)

    def _add_forecast(self, line: ReferenceLine) -> Done:
        return add_forecast(self.session, self.named(line.question), line, line.reason, self._by)

    @property
    def _by(self) -> By:
        """The operator, who may import everything."""
        return By(self.actor, self.now, may_predict=True, may_resolve=True, is_alone=self._is_alone)

    def is_settled(self, line: ReferenceLine) -> bool:
        """Return whether the line adds to a question whose outcome is or was on record."""
        question = self.question(line.question)
        if question is None:
            return False
        number = row_id(question)
        if number not in self._settled:
            self._settled[number] = question.outcome is not None or had_outcome(self.session, question)
        return self._settled[number]

    def remember(self, ref: str, number: int) -> None:
        """Store the prediction id of a ref. Raises ``InvalidInput`` for a duplicate ref."""
        if ref in self.refs:
            raise duplicate_ref(ref)
        self.refs[ref] = number

    def outcome(self, line: ResolutionLine | RetractionLine) -> bool:
        """Resolve a question, or retract its resolution."""
        if self.resolutions.take(line, self.named(line.question)):
            return True
        self._resolve(line)
        return False

    def _resolve(self, line: ResolutionLine | RetractionLine) -> None:
        question = self.named(line.question)
        if isinstance(line, RetractionLine):
            retract_resolution(self.session, question, line.reason, now=self.now, actor=self.actor)
        else:
            # In the record it comes from, the condition may have been met then and corrected since.
            resolve(self.session, question, line, now=self.now, actor=self.actor, condition_must_hold=False)

    def apply(self, line: Change) -> Done | None:
        """Apply a line that was checked. Return what came of it if it may change what is settled."""
        if isinstance(line, CorrectionLine | WithdrawalLine):
            return self._supersede(line, self.prediction(line.prediction))
        if isinstance(line, ReferenceLine):
            return self._add_forecast(line)
        if isinstance(line, CommentatorLine):
            self.statement(line)
        else:
            self._resolve(line)
        return None

    def prediction(self, which: int | str) -> Prediction:
        """Return the prediction with this id or ref. Raises ``InvalidInput`` if there is none."""
        if isinstance(which, str) and which not in self.refs:
            raise InvalidInput.at("/prediction", f"no line that was recorded has the ref {which!r}: check both lines")
        number = self.refs[which] if isinstance(which, str) else which
        existing = self.session.get(Prediction, number)
        if existing is None:
            raise InvalidInput.at("/prediction", f"no prediction has the id {number}: check it")
        return existing

    def _says(self, line: CorrectionLine | WithdrawalLine, wrong: Prediction, later: Prediction) -> bool:
        if later.reason != line.reason or later.withdrawn != isinstance(line, WithdrawalLine):
            return False
        if isinstance(line, WithdrawalLine):
            return True
        question = self.session.get_one(Question, wrong.question_id)
        same_source = self.predictions.source(line.source) == later.source_id
        return same_source and words(line, question) == words_on_record(later)
