"""The small calibration curves on the board follow its filters."""

import re

import httpx
import pytest
from sqlalchemy import Engine

from predictions.leaderboard.filters import Filters
from predictions.leaderboard.opening_calibration import opening_calibration
from service.db.engine import read_transaction, write_transaction
from service.pages.charts.calibration_sparkline import sparklines
from tests.support.fake_clock import FakeClock
from tests.support.generated_record import fill


@pytest.mark.parametrize(
    ("query", "filters"),
    [("", Filters()), ("?verbal=true", Filters(verbal=True)), ("?topic=energy", Filters(topic="energy"))],
)
def test_the_curves_on_the_board_are_those_of_the_predictions_that_it_counts(
    base_url: str, engine: Engine, clock: FakeClock, query: str, filters: Filters
) -> None:
    with write_transaction(engine) as session:
        fill(session, now=clock.now(), people=2, questions=400)
    with read_transaction(engine) as session:
        curves = sparklines(opening_calibration(session, [1, 2], filters, clock.now()))
        everything = sparklines(opening_calibration(session, [1, 2], Filters(), clock.now()))
    assert set(curves) == {1, 2}
    assert (curves == everything) is (query == "")
    page = httpx.get(f"{base_url}/{query}").text
    assert page.count('class="mini"') == 2
    assert set(curves.values()) <= set(re.findall(r' d="([^"]+)"', page))
