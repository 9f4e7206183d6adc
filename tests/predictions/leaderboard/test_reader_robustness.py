"""Robustness of a board's order to the interpretation of hedges, compared with ranking it again for one reader."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from sqlmodel import Session, select

from predictions.leaderboard.estimates import estimate, rank_pairs
from predictions.leaderboard.filters import Filters
from predictions.leaderboard.scored_pairs import load_pairs
from predictions.models import Prediction, Question, Score
from predictions.scoring import reader_simulation
from predictions.scoring.units import SCALE
from tests.support.generated_record import HEDGES, fill

NOW = datetime(2026, 11, 1, tzinfo=UTC)
FILTERS = Filters()


def test_the_order_is_that_of_ranking_again_with_one_readers_numbers(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(session, now=NOW, people=6, questions=40)
    estimates = estimate(session, FILTERS, "opening", NOW)
    numbers: dict[float, float] = {}

    def one_reader(best: np.ndarray, **_: object) -> np.ndarray:
        read = np.random.default_rng(3).random(len(best))
        numbers.update(zip(np.asarray(best).tolist(), read.tolist(), strict=True))
        return read[None, :]

    monkeypatch.setattr(reader_simulation, "simulated_readers", one_reader)
    robustness = estimate(session, FILTERS, "opening", NOW).readers
    assert robustness is not None
    assert len(numbers) >= len(HEDGES) - 1  # "might" carries no claim, and is not ranked
    pairs = load_pairs(session, FILTERS, NOW)
    opening = pairs.opening.copy()
    rows = session.exec(
        select(Score, Prediction, Question).where(Prediction.id == Score.opening_id, Question.id == Score.question_id)
    )
    for score, opening_prediction, question in rows:
        at = (pairs.commentator == score.commentator_id) & (pairs.question == score.question_id)
        if opening_prediction.hedge is not None and at.any():
            assert opening_prediction.probability is not None
            opening[at] = round((numbers[opening_prediction.probability] - (question.outcome == "yes")) ** 2 * SCALE)
    skill = rank_pairs(replace(pairs, opening=opening)).skill
    order = estimates.ranking.order
    expected = [float(skill[one] >= skill[other] - 1e-9) for one, other in pairwise(order)]
    assert robustness.neighbours.tolist() == expected
    assert {0.0, 1.0} == set(expected)


def test_simulated_readers_give_shares_and_the_same_ones_each_time(session: Session) -> None:
    fill(session, now=NOW, people=4, questions=40)
    first, again = (estimate(session, FILTERS, "opening", NOW).readers for _ in range(2))
    assert first is not None
    assert again is not None
    assert 0 <= first.whole <= first.leader <= 1
    assert first.pairs == again.pairs


def test_a_board_of_stated_numbers_depends_on_no_reader(session: Session) -> None:
    fill(session, now=NOW, people=3, questions=40)
    only_numbers = Filters(verbal=False)
    assert estimate(session, only_numbers, "opening", NOW).readers is None


def test_an_empty_board_has_no_order(session: Session) -> None:
    assert estimate(session, FILTERS, "opening", NOW).readers is None
