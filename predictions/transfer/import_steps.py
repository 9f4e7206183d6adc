"""Importing one line: each step says whether the line was on record already, or raises what is wrong with it."""

from datetime import datetime

from sqlmodel import Session, select

from predictions.errors import Conflict, InvalidInput
from predictions.models import Prediction, Question, Reference, row_id
from predictions.outcomes import per_option
from predictions.questions.create import enter_question
from predictions.questions.lookup import find_question
from predictions.questions.references import add_reference
from predictions.questions.resolve import resolve, retract_resolution
from predictions.schemas.inputs import QuestionIn
from predictions.submissions.commentators import STATEMENT, change_commentator, enter_commentator, find_commentator
from predictions.submissions.corrections import correct_prediction, withdraw_prediction
from predictions.submissions.sources import enter_source
from predictions.transfer.duplicates import ExistingPredictions, ExistingResolutions, words, words_on_record
from predictions.transfer.line_types import (
    CommentatorLine,
    CorrectionLine,
    ReferenceLine,
    ResolutionLine,
    RetractionLine,
    SourceLine,
    WithdrawalLine,
)


class Steps:
    """The steps of one import, and what they must remember: questions by name, predictions by their ref."""

    def __init__(self, session: Session, *, now: datetime, actor: str) -> None:
        self.session, self.now, self.actor = session, now, actor
        self.predictions = ExistingPredictions(session)
        self.resolutions = ExistingResolutions(session)
        self.refs: dict[str, int] = {}
        self._questions: dict[int | str, Question] = {}
        self._whole: dict[str, tuple[QuestionIn, Question]] = {}
        self._unknown: set[int | str] = set()

    def question(self, which: int | str) -> Question | None:
        """The question with this id or slug, if it is on record by now."""
        if which in self._unknown:
            return None
        if which not in self._questions:
            found = find_question(self.session, which)
            if found is None:
                self._unknown.add(which)
                return None
            self._questions[which] = found
        return self._questions[which]

    def forget(self) -> None:
        """Forget names that a rolled back step may have entered."""
        self._questions.clear()
        self._whole.clear()

    def named(self, which: int | str) -> Question:
        """The question with this id or slug. Raises ``InvalidInput`` where there is none."""
        found = self.question(which)
        if found is None:
            raise InvalidInput.at("/question", f"no question has the id or slug {which!r}: check it, or enter it first")
        return found

    def commentator(self, line: CommentatorLine) -> bool:
        """Enter a commentator; their statement only where none is on record."""
        present = find_commentator(self.session, line) is not None
        person = enter_commentator(self.session, line, now=self.now, actor=self.actor)
        if (line.statement or line.statement_on or line.statement_url) and not person.statement:
            said = {name: getattr(line, name) for name in STATEMENT}
            change_commentator(self.session, person, said, now=self.now, actor=self.actor)
        return present

    def source(self, line: SourceLine) -> bool:
        """Enter a source."""
        present = self.predictions.source(line) is not None
        enter_source(self.session, line, now=self.now, actor=self.actor)
        return present

    def whole_question(self, data: QuestionIn) -> tuple[Question, bool]:
        """The question that is given whole, and whether it was on record; the same again is not compared again."""
        name = data.slug or f"asks {data.text}"
        last = self._whole.get(name)
        if last is not None and last[0] == data:
            return last[1], True
        with self.session.begin_nested():
            found = enter_question(self.session, data, now=self.now, actor=self.actor)
        present = last is not None or found.created_at != self.now
        self._whole[name] = (data, found)
        self._questions[found.slug] = found
        self._unknown.clear()
        return found, present

    def reference(self, line: ReferenceLine) -> bool:
        """Enter a reference. Raises ``Conflict`` where that source gave another number for that day."""
        question = self.named(line.question)
        same = (Reference.as_of == line.as_of, Reference.source == line.source, Reference.question_id == question.id)
        found = self.session.exec(select(Reference).where(*same)).first()
        if found is None:
            add_reference(self.session, question, line, now=self.now, actor=self.actor)
            return False
        given = [line.probability] if line.probability is not None else None
        if given is None:
            given = per_option(line.probabilities or [], question, pointer="/probabilities")
        if given != found.probabilities:
            raise Conflict(f"{line.source!r} stands on record with {found.probabilities} for that time: check which")
        return True

    def change(self, line: CorrectionLine | WithdrawalLine) -> bool:
        """Correct or withdraw a prediction."""
        wrong = self._prediction(line.prediction)
        later = self.session.exec(select(Prediction).where(Prediction.supersedes_id == wrong.id)).first()
        present = later is not None and self._says(line, wrong, later)
        if isinstance(line, WithdrawalLine):
            if not present:
                withdraw_prediction(self.session, wrong, line, now=self.now, actor=self.actor)
            return present
        row = later if present else correct_prediction(self.session, wrong, line, now=self.now, actor=self.actor)
        if line.ref is not None:
            self.remember(line.ref, row_id(row))
        return present

    def remember(self, ref: str, number: int) -> None:
        """Keep which prediction a ref means. Raises ``InvalidInput`` for a ref that comes twice."""
        if ref in self.refs:
            raise InvalidInput.at("/ref", f"{ref!r} stands on an earlier line too: every ref needs a name of its own")
        self.refs[ref] = number

    def outcome(self, line: ResolutionLine | RetractionLine) -> bool:
        """Resolve a question, or take its resolution back."""
        question = self.named(line.question)
        if self.resolutions.take(line, question):
            return True
        if isinstance(line, RetractionLine):
            retract_resolution(self.session, question, line.reason, now=self.now, actor=self.actor)
        else:
            resolve(self.session, question, line, now=self.now, actor=self.actor)
        return False

    def _prediction(self, which: int | str) -> Prediction:
        if isinstance(which, str) and which not in self.refs:
            raise InvalidInput.at("/prediction", f"no line that was recorded has the ref {which!r}: check both lines")
        number = self.refs[which] if isinstance(which, str) else which
        found = self.session.get(Prediction, number)
        if found is None:
            raise InvalidInput.at("/prediction", f"no prediction has the id {number}: check it")
        return found

    def _says(self, line: CorrectionLine | WithdrawalLine, wrong: Prediction, later: Prediction) -> bool:
        if later.reason != line.reason or later.withdrawn != isinstance(line, WithdrawalLine):
            return False
        if isinstance(line, WithdrawalLine):
            return True
        question = self.session.get_one(Question, wrong.question_id)
        same_source = self.predictions.source(line.source) == later.source_id
        return same_source and words(line, question) == words_on_record(later)
