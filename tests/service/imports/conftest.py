"""A record, and imports into it that end a piece at every pause."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from predictions.questions.create import enter_question
from predictions.questions.resolve import resolve
from predictions.schemas.inputs import (
    PredictionIn,
    QuestionIn,
    ResolutionIn,
)
from predictions.submissions.record import record_prediction
from service.db import pieces
from service.db.engine import write_transaction
from tests.support.import_world import BY, Between, outcome, prediction, question, without_type


@pytest.fixture
def between_pieces(monkeypatch: pytest.MonkeyPatch) -> Between:
    """End a piece at each pause, and call a function between two pieces."""
    monkeypatch.setattr(pieces, "PIECE_SECONDS", 0)
    monkeypatch.setattr("predictions.submissions.in_pieces.AT_ONCE", 3)
    monkeypatch.setattr("predictions.transfer.finish.COUNTED_AT_ONCE", 2)

    def call(act: Callable[[], None]) -> None:
        monkeypatch.setattr(pieces.Pieces, "_rest", staticmethod(lambda _: act()))

    return call


@pytest.fixture
def record(engine: Engine) -> Engine:
    """A record with a question that has an outcome, and predictions on it."""
    with write_transaction(engine) as session:
        old = enter_question(session, QuestionIn.model_validate(without_type(question("old"))), **BY)
        for name in ("P0", "Zoe"):
            record_prediction(session, PredictionIn.model_validate(without_type(prediction(name, "old"))), **BY)
        resolve(session, old, ResolutionIn.model_validate(without_type(outcome("old"), "question")), **BY)
    return engine
