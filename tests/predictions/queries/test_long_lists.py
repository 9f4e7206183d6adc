"""What a long list costs: calls of functions for each item, which do not depend on the machine."""

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from sqlmodel import Session, select

from predictions.leaderboard.estimates import no_estimates
from predictions.leaderboard.filters import Filters
from predictions.models import Commentator, row_id
from predictions.queries.listing import PredictionFilter, list_predictions
from predictions.questions.create import enter_question
from predictions.questions.resolve import resolve
from predictions.records.commentator_record import record_of
from predictions.records.comparison import compare_commentators
from predictions.records.score_history import history_of, running_means
from predictions.records.scored_questions import scored_questions
from predictions.schemas.inputs import PredictionIn, QuestionIn, ResolutionIn
from predictions.submissions.record import record_predictions

NOW = datetime(2025, 6, 1, tzinfo=UTC)
FEW, MANY = 20, 120


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """How often functions are called does not depend on the database."""
    return sqlite_url


def calls(work: Callable[[], Any]) -> int:
    """Return how often ``work`` calls functions."""
    number = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal number
        number += event in ("call", "c_call")

    work()  # statements are compiled once
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return number


def predict(session: Session, numbers: range, names: Sequence[str] = ("Ann",)) -> None:
    """Record predictions of Ann (or all of ``names``), each with a source and a resolved question of its own."""
    for at in numbers:
        body = {"slug": f"q-{at}", "text": "t", "resolution_criteria": "c", "deadline_basis": "stated"}
        question = enter_question(
            session, QuestionIn.model_validate(body | {"deadline": "2025-03-01"}), now=NOW, actor="test"
        )
        said: dict[str, Any] = {"question": {"slug": f"q-{at}"}, "probability": 0.4}
        said |= {"made_at": "2025-02-01T00:00:00Z", "source": {"url": f"https://example.org/{at}"}}
        each = [PredictionIn.model_validate(said | {"commentator": {"name": name}}) for name in names]
        record_predictions(session, each, now=NOW, actor="test")
        outcome = {"outcome": "yes", "known_at": "2025-02-20T00:00:00Z", "evidence": [{"url": "https://example.org/"}]}
        resolve(session, question, ResolutionIn.model_validate(outcome), now=NOW, actor="test")
    session.flush()


def test_each_prediction_of_a_long_list_costs_few_calls(session: Session) -> None:
    predict(session, range(MANY))
    few, many = (calls(partial(list_predictions, session, PredictionFilter(), limit=limit)) for limit in (FEW, MANY))
    assert (many - few) / (MANY - FEW) < 200


def test_each_question_of_a_score_history_costs_few_calls(session: Session) -> None:
    def cost() -> int:
        ann = session.exec(select(Commentator)).one()
        return calls(lambda: history_of(session, ann, scored_questions(session, row_id(ann)), now=NOW))

    predict(session, range(FEW))
    few = cost()
    predict(session, range(FEW, MANY))
    assert (cost() - few) / (MANY - FEW) < 250


def test_each_question_of_a_record_and_of_a_comparison_costs_few_calls(session: Session) -> None:
    predict(session, range(FEW), names=("Ann", "Bob"))
    people = session.exec(select(Commentator)).all()
    works: list[Callable[[], Any]] = [
        lambda: running_means(record_of(session, people[0], no_estimates(), now=NOW).scores, NOW),
        lambda: compare_commentators(session, people[0], people[1], Filters(), now=NOW),
    ]
    few = [calls(work) for work in works]
    predict(session, range(FEW, MANY), names=("Ann", "Bob"))
    each = [(calls(work) - before) / (MANY - FEW) for work, before in zip(works, few, strict=True)]
    assert max(each) < 60
