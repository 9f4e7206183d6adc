"""Writes that share a commit: an error undoes its own write only."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from predictions.errors import InvalidInput
from predictions.models import Source
from predictions.schemas.inputs import SourceIn
from predictions.submissions.sources import enter_source
from service.db.engine import read_transaction
from service.db.write_queue import Writer
from tests.support.fake_clock import START


def entering(number: int, *, held: threading.Event | None = None) -> Any:
    def job(session: Session) -> int:
        if held is not None:
            held.wait(10)
        row = enter_source(session, SourceIn(url=f"https://example.org/{number}"), now=START, actor="test")
        if number % 3 == 0:
            raise InvalidInput.at("/url", f"{number} is refused")
        return row.id or 0

    return job


def test_of_writes_that_share_a_commit_only_the_faulty_ones_fail(engine: Engine) -> None:
    writer, held = Writer(engine), threading.Event()
    with ThreadPoolExecutor(12) as pool:
        first = pool.submit(writer.run, entering(1, held=held))  # the others wait behind it
        others = [pool.submit(writer.run, entering(number)) for number in range(2, 12)]
        held.set()
        assert first.result() > 0
        for number, other in enumerate(others, 2):
            if number % 3:
                assert other.result() > 0
            else:
                with pytest.raises(InvalidInput):
                    other.result()
    writer.close()
    with read_transaction(engine) as session:
        urls = session.exec(select(Source.url).order_by(col(Source.url))).all()
    assert set(urls) == {f"https://example.org/{number}" for number in range(1, 12) if number % 3}


def test_an_unexpected_error_of_one_write_reaches_its_caller_alone(engine: Engine) -> None:
    writer, held = Writer(engine), threading.Event()

    def broken(_: Session) -> int:
        raise ZeroDivisionError

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(writer.run, entering(1, held=held))
        second, third = pool.submit(writer.run, broken), pool.submit(writer.run, entering(2))
        held.set()
        assert first.result() > 0
        assert third.result() > 0
        with pytest.raises(ZeroDivisionError):
            second.result()
    writer.close()
