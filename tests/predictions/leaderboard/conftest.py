"""What the tests of the board share."""

import random
from collections.abc import Iterator

import pytest
from sqlmodel import Session

from service.db.engine import make_engine
from tests.predictions.leaderboard.test_board_by_hand import invent


@pytest.fixture(scope="module")
def invented(shared_url: str) -> Iterator[Session]:
    """An open session with a random record that all tests of a module read."""
    engine = make_engine(shared_url)
    with Session(engine) as session:
        invent(session, random.Random(11))
        yield session
    engine.dispose()
