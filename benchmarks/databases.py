"""Empty migrated databases for a benchmark: SQLite in a temporary folder, PostgreSQL of the benchmark's own."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from service.db.engine import make_engine
from service.db.migrate import upgrade


@contextmanager
def database(kind: str) -> Iterator[str]:
    """The URL of a new migrated database as durable as in use; it is gone when the block ends."""
    with _empty(kind) as url:
        engine = make_engine(url)
        upgrade(engine)
        engine.dispose()
        yield url


@contextmanager
def _empty(kind: str) -> Iterator[str]:
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/benchmark.db"
        return
    from tests.support.postgres_server import PostgresServer

    with PostgresServer(durable=True) as server:
        yield server.create_database("benchmark")
