"""Others write between the pieces of an import, on the same questions and commentators."""

import random

import pytest
from sqlalchemy import Engine, select
from sqlmodel import Session, col

from predictions.errors import InvalidInput, TrackRecordError
from predictions.models import Prediction, Question
from predictions.questions.create import enter_question
from predictions.questions.references import add_reference
from predictions.questions.resolve import resolve, retract_resolution
from predictions.schemas.inputs import (
    CorrectionIn,
    PredictionIn,
    QuestionIn,
    ReferenceIn,
    ResolutionIn,
    WithdrawalIn,
)
from predictions.scores.rebuild import rescore
from predictions.submissions.corrections import correct_prediction, withdraw_prediction
from predictions.submissions.record import record_prediction
from service.db.engine import read_transaction, write_transaction
from tests.support.import_world import (
    BY,
    LINES_OF_ALL_KINDS,
    NOW,
    Between,
    content,
    outcome,
    prediction,
    question,
    run_lines,
    verified,
    without_type,
)


class Others:
    """What other writers do between the pieces: anything, on the same questions and commentators."""

    def __init__(self, engine: Engine, seed: int) -> None:
        self._engine, self._random, self.done = engine, random.Random(seed), 0

    def __call__(self) -> None:
        act = self._random.choice(
            (self._predict, self._predict, self._change, self._resolve, self._refer, lambda _: None)
        )
        try:
            with write_transaction(self._engine) as session:
                act(session)
        except TrackRecordError:
            return
        self.done += 1

    def _predict(self, session: Session) -> None:
        person, slug = f"P{self._random.randrange(8)}", self._random.choice(("rain", "snow", "old", "mild"))
        line = prediction(person, slug, self._random.random(), made_at=f"2025-03-{self._random.randrange(1, 29):02}")
        record_prediction(session, PredictionIn.model_validate(without_type(line)), **BY)

    def _change(self, session: Session) -> None:
        rows = session.execute(select(Prediction).where(~col(Prediction.withdrawn))).scalars().all()
        wrong = self._random.choice(rows)
        if self._random.random() < 0.5:
            withdraw_prediction(session, wrong, WithdrawalIn(reason="Wrong."), **BY)
        else:
            right = {"made_at": "2025-03-05", "probability": self._random.random(), "reason": "Wrong."}
            correct_prediction(session, wrong, CorrectionIn.model_validate(right), **BY)

    def _resolve(self, session: Session) -> None:
        asked = self._random.choice(session.execute(select(Question)).scalars().all())
        if asked.outcome is not None and self._random.random() < 0.5:
            retract_resolution(session, asked, "Too early.", **BY)
        else:
            which = self._random.choice(("yes", "no", "annulled"))
            resolve(session, asked, ResolutionIn.model_validate(without_type(outcome("", which), "question")), **BY)

    def _refer(self, session: Session) -> None:
        asked = self._random.choice(session.execute(select(Question)).scalars().all())
        day = self._random.randrange(1, 28)
        content = {"probability": 0.6, "source": "odds", "as_of": f"2025-02-{day:02}"}
        add_reference(session, asked, ReferenceIn.model_validate(content), **BY)


@pytest.mark.parametrize("seed", [*range(4), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(4, 40))])
def test_scores_and_totals_are_right_whatever_others_write_between_the_pieces(
    record: Engine, between_pieces: Between, seed: int
) -> None:
    others = Others(record, seed)
    between_pieces(others)
    lines = LINES_OF_ALL_KINDS[:-2] if seed % 2 else LINES_OF_ALL_KINDS
    run_lines(record, lines)
    assert others.done > 10
    assert verified(record) == []
    stored = content(record)
    with write_transaction(record) as session:
        assert rescore(session, now=NOW, actor="test", progress=lambda *_: None).changed == 0
    assert content(record) == stored


@pytest.mark.parametrize("when", [6, 12, 30])
def test_a_rescore_between_the_pieces_neither_counts_hidden_rows_nor_keeps_them(
    record: Engine, between_pieces: Between, when: int
) -> None:
    passed = [0]

    def rescore_once() -> None:
        passed[0] += 1
        if passed[0] == when:
            with write_transaction(record) as session:
                rescore(session, now=NOW, actor="test", progress=lambda *_: None)

    between_pieces(rescore_once)
    with pytest.raises(InvalidInput):
        run_lines(record, [*LINES_OF_ALL_KINDS, outcome("rain", "perhaps")])
    passed[0] = 0
    run_lines(record, LINES_OF_ALL_KINDS)
    assert passed[0] > when
    assert verified(record) == []


def test_who_names_a_hidden_question_makes_those_part_of_the_record_on_which_it_depends(
    record: Engine, between_pieces: Between
) -> None:
    named: list[int] = []
    mild = without_type(LINES_OF_ALL_KINDS[2])

    def name_it() -> None:
        with write_transaction(record) as session:
            hidden = session.connection().execute(select(Question.__table__.c.slug)).scalars().all()  # type: ignore[attr-defined]
            if not named and "mild" in hidden:
                named.append(enter_question(session, QuestionIn.model_validate(mild), **BY).id or 0)

    between_pieces(name_it)
    with pytest.raises(InvalidInput):
        run_lines(record, [*LINES_OF_ALL_KINDS, outcome("rain", "perhaps")])
    assert named
    with read_transaction(record) as session:
        assert set(session.execute(select(col(Question.slug))).scalars()) == {"old", "rain", "mild"}
    assert verified(record) == []


def test_a_line_that_others_have_made_impossible_is_reported_and_the_rest_stays(
    record: Engine, between_pieces: Between
) -> None:
    def correct_it_too() -> None:
        with write_transaction(record) as session:
            wrong = session.execute(select(Prediction).where(col(Prediction.note) == "mine")).scalars().first()
            if wrong is not None and not corrected:
                corrected.append(wrong.id)
                withdraw_prediction(session, wrong, WithdrawalIn(reason="Not mine."), **BY)

    corrected: list[int | None] = []
    between_pieces(correct_it_too)
    mine = prediction("Ann", "rain", ref="mine", note="mine")
    withdrawal = {"type": "withdrawal", "prediction": "mine", "reason": "Wrong."}
    report = run_lines(record, [question("rain"), mine, prediction("Bob", "rain"), withdrawal])
    assert (report.refused, report.recorded["predictions"]) == (1, 2)
    assert "came too late" in report.faults[0].detail
    assert verified(record) == []
