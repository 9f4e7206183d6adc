"""Writes that share a commit: an error undoes its own write only."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from sqlmodel import Session, col, select

from predictions.errors import InvalidInput
from predictions.models import Source
from predictions.schemas.inputs import SourceIn
from predictions.submissions.sources import enter_source
from service.db.engine import make_engine, read_transaction, write_transaction
from service.db.write_queue import Writer
from service.errors import OutcomeUnknown, Unavailable
from service.time_limit import TimeLimit, within
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


def stored(engine: Engine) -> list[str]:
    with read_transaction(engine) as session:
        return list(session.exec(select(Source.url)).all())


def run_within(writer: Writer, job: Any, seconds: float) -> Any:
    with within(TimeLimit(seconds)):
        return writer.run(job)


def test_a_write_whose_time_is_over_before_its_turn_is_not_run(engine: Engine) -> None:
    writer, held, begun = Writer(engine), threading.Event(), threading.Event()

    def slow(_: Session) -> None:
        begun.set()
        held.wait(10)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(writer.run, slow)
        begun.wait(10)
        late = pool.submit(run_within, writer, entering(2), 0.2)
        with pytest.raises(Unavailable, match="was not applied"):
            late.result(5)
        held.set()
        first.result()
    writer.close()
    assert stored(engine) == []


def test_of_a_write_that_runs_when_its_time_is_over_it_is_said_that_it_may_be_applied(engine: Engine) -> None:
    writer, held = Writer(engine), threading.Event()

    def slow(_: Session) -> None:
        held.wait(10)

    with pytest.raises(OutcomeUnknown, match="same Idempotency-Key"):
        run_within(writer, slow, 0.2)
    held.set()
    writer.close()


@contextmanager
def locked(engine: Engine) -> Iterator[None]:
    """Another process holds the lock of the writers."""
    other = make_engine(engine.url.render_as_string(hide_password=False))
    with write_transaction(other) as session:
        session.execute(text("SELECT 1"))
        yield
    other.dispose()


def test_thirty_writers_who_wait_for_a_lock_are_all_answered_within_their_time(engine: Engine) -> None:
    writer = Writer(engine)
    with locked(engine), ThreadPoolExecutor(30) as pool:
        started = time.monotonic()
        waiting = [pool.submit(run_within, writer, entering(number), 1.0) for number in range(1, 31)]
        for each in waiting:
            assert each.exception(20) is not None
        assert time.monotonic() - started < 4, "not one after the other"
    assert writer.run(entering(40)) > 0
    writer.close()
    assert stored(engine) == ["https://example.org/40"]


def test_a_connection_lost_at_the_commit_leaves_the_outcome_open(postgresql_url: str) -> None:
    engine, other = make_engine(postgresql_url), make_engine(postgresql_url)
    writer = Writer(engine)

    def cut(connection: Any) -> None:
        number = connection.connection.driver_connection.info.backend_pid
        with other.connect() as killing:
            killing.execute(text("SELECT pg_terminate_backend(:number, 5000)"), {"number": number})

    event.listen(engine, "commit", cut)
    with pytest.raises(OutcomeUnknown):
        writer.run(entering(1))
    event.remove(engine, "commit", cut)
    assert writer.run(entering(2)) > 0
    writer.close()
    engine.dispose()
    other.dispose()
