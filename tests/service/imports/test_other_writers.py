"""Others write between the pieces of an import, on the same questions and commentators."""

import random

import pytest
from sqlalchemy import Engine, select
from sqlmodel import Session, col

from predictions.errors import TrackRecordError
from predictions.models import Prediction, Question
from predictions.questions.references import add_reference
from predictions.questions.resolve import resolve, retract_resolution
from predictions.schemas.inputs import (
    CorrectionIn,
    PredictionIn,
    ReferenceIn,
    ResolutionIn,
    WithdrawalIn,
)
from predictions.scores.rebuild import rescore
from predictions.submissions.corrections import correct_prediction, withdraw_prediction
from predictions.submissions.record import record_prediction
from service.db.engine import write_transaction
from tests.support.import_world import (
    BY,
    LINES_OF_ALL_KINDS,
    NOW,
    Between,
    content,
    outcome,
    prediction,
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


@pytest.mark.parametrize("seed", range(12))
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
