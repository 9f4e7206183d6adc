"""A past record in memory: one reader at a time, and none once it is dropped."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool
from sqlmodel import Session, SQLModel

from predictions.ledger import head
from service.cache.as_of_cache import RebuiltRecord
from service.errors import Unavailable


@pytest.fixture
def past() -> Iterator[RebuiltRecord]:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    SQLModel.metadata.create_all(engine)
    with Session(engine) as session:
        newest = head(session)
    yield RebuiltRecord(engine, datetime(2025, 1, 1, tzinfo=UTC), newest)
    engine.dispose()


def test_a_second_reader_is_asked_to_retry_while_the_first_one_reads(past: RebuiltRecord) -> None:
    with past.open_session(0.05), pytest.raises(Unavailable), past.open_session(0.05):
        pytest.fail("two readers share one connection")
    with past.open_session(0.05) as session:
        assert session.is_active


def test_a_record_that_is_dropped_is_read_to_the_end_and_not_again(past: RebuiltRecord) -> None:
    with past.open_session(0.05) as session:
        past.drop()
        assert head(session).seq == 0
    with pytest.raises(Unavailable), past.open_session(0.05):
        pytest.fail("its memory is freed")
