"""Other names for the options, in another order, change no number of the board."""

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import Session, SQLModel, create_engine

from predictions.leaderboard.board import board
from predictions.leaderboard.estimates import estimate
from predictions.leaderboard.filters import Filters
from predictions.models import Question
from predictions.questions.resolve import resolve
from predictions.schemas.inputs import PredictionIn, ResolutionIn
from predictions.submissions.record import record_predictions

NOW = datetime(2025, 6, 1, tzinfo=UTC)
QUESTIONS = 13
NAMES = ["red", "green", "blue", "other"]


@pytest.mark.parametrize("seed", range(3))
def test_relabelled_options_leave_the_board_as_it_is(seed: int) -> None:
    plain = the_board(seed, list(range(4)), NAMES)
    order = [2, 0, 3, 1]
    assert the_board(seed, order, ["north", "east", "south", "west"]) == plain
    assert any(item["rank"] for item in plain)


def test_ordered_options_may_be_counted_from_the_other_end() -> None:
    turned = the_board(1, [3, 2, 1, 0], NAMES, kind="ordinal")
    for item, other in zip(the_board(1, [0, 1, 2, 3], NAMES, kind="ordinal"), turned, strict=True):
        assert {name: pytest.approx(value, abs=1e-11) for name, value in item.items()} == other


def the_board(seed: int, order: list[int], names: list[str], kind: str = "categorical") -> list[dict[str, Any]]:
    """The board of a random record whose options have this order, under these names."""
    chance = random.Random(seed)
    engine = create_engine("sqlite://")
    SQLModel.metadata.create_all(engine)
    with Session(engine) as session:
        predictions, outcomes = [], []
        for number in range(QUESTIONS):
            for person in range(5):
                cuts = sorted(chance.random() for _ in range(3))
                shares = [high - low for low, high in zip([0, *cuts], [*cuts, 1], strict=True)]
                predictions.append(prediction(number, person, [shares[at] for at in order], names, kind))
            outcomes.append(order.index(chance.randrange(4)))
        record_predictions(session, predictions, now=NOW, actor="test")
        for number, outcome in enumerate(outcomes):
            body = {"outcome": names[outcome], "known_at": "2025-03-01", "evidence": [{"url": "https://example.org/"}]}
            question = session.get_one(Question, number + 1)
            resolve(session, question, ResolutionIn.model_validate(body), now=NOW, actor="test")
        made = estimate(session, Filters(), "opening", NOW)
        items = board(session, Filters(), "opening", made, now=NOW)
    engine.dispose()
    return [{name: value for name, value in item.columns().items() if name != "status"} for item in items]


def prediction(number: int, person: int, shares: list[float], names: list[str], kind: str) -> PredictionIn:
    question = {"slug": f"q-{number}", "text": "t", "resolution_criteria": "c", "kind": kind, "options": names}
    question |= {"deadline": "2025-03-01", "deadline_basis": "stated"}
    return PredictionIn.model_validate(
        {
            "commentator": {"name": f"Person {person}"},
            "question": question,
            "made_at": "2025-01-01",
            "probabilities": shares,
        }
    )
