"""The small calibration curves on the board follow its filters."""

import re

import httpx
from sqlalchemy import Engine

from predictions.leaderboard.filters import Filters
from predictions.leaderboard.opening_calibration import opening_calibration
from service.db.engine import read_transaction, write_transaction
from service.pages.charts.calibration_sparkline import sparklines
from tests.support.fake_clock import FakeClock
from tests.support.generated_record import fill

FILTERS = {"": Filters(), "?verbal=true": Filters(verbal=True), "?topic=energy": Filters(topic="energy")}


def test_the_curves_on_the_board_are_those_of_the_predictions_that_it_counts(
    base_url: str, engine: Engine, clock: FakeClock
) -> None:
    with write_transaction(engine) as session:
        fill(session, now=clock.now(), people=2, questions=400)
    with read_transaction(engine) as session:
        curves = {
            query: sparklines(opening_calibration(session, [1, 2], filters, clock.now()))
            for query, filters in FILTERS.items()
        }
    for query, expected in curves.items():
        assert set(expected) == {1, 2}
        assert (expected == curves[""]) is (query == "")
        page = httpx.get(f"{base_url}/{query}").text
        assert page.count('class="mini"') == 2
        assert set(expected.values()) <= set(re.findall(r' d="([^"]+)"', page))
