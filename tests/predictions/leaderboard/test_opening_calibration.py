"""The calibration curves on a board are those of exactly the predictions that the board counts."""

from collections import Counter

import pytest
from sqlmodel import Session

from predictions.leaderboard.board import board
from predictions.leaderboard.estimates import estimate
from predictions.leaderboard.filters import Filters
from predictions.leaderboard.opening_calibration import opening_calibration
from predictions.models import Commentator
from predictions.records.calibration import calibration_of
from tests.predictions.leaderboard.test_board_by_hand import NOW
from tests.predictions.leaderboard.test_board_filters import CASES, World, by_id, topics
from tests.support import reference_board


@pytest.mark.parametrize("name", CASES)
def test_a_filter_of_the_board_leaves_the_same_predictions_in_its_curves(invented: Session, name: str) -> None:
    filters, keeps = CASES[name]
    world: World = {table: by_id(invented, table) for table in ("question", "source", "commentator")}
    world["topics"] = topics(invented)
    questions = world["question"]
    pairs = reference_board.counted_pairs(reference_board.scored_pairs(invented, questions, NOW), NOW)
    binary = [pair for pair in pairs if questions[pair["question"]]["kind"] == "binary"]
    expected: dict[int, Counter[tuple[float, bool]]] = {}
    for pair in binary:
        if keeps(pair, world):
            yes = questions[pair["question"]]["outcome"] == "yes"
            expected.setdefault(pair["commentator"], Counter())[pair["opening_prediction"]["probability"], yes] += 1
    everybody = {pair["commentator"] for pair in pairs}
    counts = opening_calibration(invented, everybody, filters, NOW)
    assert 0 < sum(each.predictions for of_one in counts.values() for each in of_one) < len(binary)
    assert {
        commentator: {each.probability: (each.predictions, each.hits) for each in of_one}
        for commentator, of_one in counts.items()
    } == {
        commentator: {p: (both[p, True] + both[p, False], both[p, True]) for p, _ in both}
        for commentator, both in expected.items()
    }


@pytest.mark.parametrize("filters", [Filters(), Filters(verbal=False), Filters(include="resolved")])
def test_a_curve_of_the_board_is_the_calibration_of_the_record_under_the_same_filters(
    invented: Session, filters: Filters
) -> None:
    items = board(invented, filters, "opening", estimate(invented, filters, "opening", NOW), now=NOW)
    counts = opening_calibration(invented, [item.commentator.id for item in items], filters, NOW)
    assert counts
    for number, of_one in counts.items():
        commentator = invented.get_one(Commentator, number)
        diagram = calibration_of(invented, filters, commentator=commentator, now=NOW)
        assert sum(each.predictions for each in of_one) == diagram.predictions
        assert [each.probability for each in of_one] == diagram.probability
        assert [each.predictions for each in of_one] == diagram.count
        assert [each.hits for each in of_one] == diagram.hits


def test_what_was_resolved_before_its_deadline_is_in_no_curve_of_the_default_board(invented: Session) -> None:
    everybody = [row["id"] for row in reference_board.rows(invented, "commentator")]
    totals = [
        sum(
            each.predictions
            for of_one in opening_calibration(invented, everybody, filters, NOW).values()
            for each in of_one
        )
        for filters in (Filters(), Filters(include="resolved"))
    ]
    assert 0 < totals[0] < totals[1]
