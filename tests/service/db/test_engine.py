"""Transactions of the service."""

import subprocess
import sys
import threading
from pathlib import Path

from sqlalchemy import text

from service.db.engine import make_engine, read_transaction, write_transaction


def test_a_committed_change_of_a_sqlite_database_is_on_the_disk(tmp_path: Path) -> None:
    """In a process of its own: the tests themselves do not wait for the disk."""
    code = (
        "import sys; from service.db.engine import make_engine; from sqlalchemy import text\n"
        "with make_engine(sys.argv[1]).connect() as connection:\n"
        "    print(connection.execute(text('PRAGMA synchronous')).scalar())"
    )
    url = f"sqlite:///{tmp_path / 'a.db'}"
    done = subprocess.run([sys.executable, "-c", code, url], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "2", "SQLite's number for FULL"


def test_a_writer_is_not_starved_by_another_that_writes_without_pause(tmp_path: Path) -> None:
    engine, stop, started = make_engine(f"sqlite:///{tmp_path / 'a.db'}"), threading.Event(), threading.Event()
    order: list[str] = []
    with write_transaction(engine) as session:
        session.execute(text("CREATE TABLE t (x)"))

    def busy() -> None:
        while not stop.is_set():
            with write_transaction(engine) as session:
                session.execute(text("INSERT INTO t VALUES (1)"))
                order.append("busy")
                started.set()

    thread = threading.Thread(target=busy)
    thread.start()
    try:
        for _ in range(20):
            started.wait(10)
            before = len(order)
            with write_transaction(engine) as session:
                session.execute(text("INSERT INTO t VALUES (2)"))
                waited_for = len(order) - before
            assert waited_for <= 2
    finally:
        stop.set()
        thread.join(10)
        engine.dispose()


def test_a_reader_sees_one_state_whatever_is_written_meanwhile(database_url: str) -> None:
    engine = make_engine(database_url)
    try:
        with write_transaction(engine) as session:
            session.execute(text("CREATE TABLE t (x integer)"))
        with read_transaction(engine) as reader:
            before = reader.execute(text("SELECT count(*) FROM t")).scalar()
            with write_transaction(engine) as session:
                session.execute(text("INSERT INTO t VALUES (1)"))
            assert reader.execute(text("SELECT count(*) FROM t")).scalar() == before == 0
        with read_transaction(engine) as reader:
            assert reader.execute(text("SELECT count(*) FROM t")).scalar() == 1
    finally:
        engine.dispose()
