"""What a whole test run has in common: databases, and what makes it fast, and the same on a busy machine."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from weakref import WeakSet
from zlib import crc32

import certifi
import pytest
from sqlalchemy import Engine, QueuePool

DATABASES = ("sqlite", "postgresql")
#: What stands before the domain: its tests run on both databases, and so does what is about the database itself.
FRONT_DOORS = tuple(
    f"tests/service/{name}"
    for name in (
        "api/",
        "cache/",
        "files/",
        "limits/",
        "pages/",
        "security/",
        "web/",
        "test_hostile_text",
        "test_doctor",
    )
)
#: Of a reader; the clients of the tests wait as long.
READ_SECONDS = 30


@pytest.fixture(scope="session", autouse=True)
def no_waiting_for_the_disk() -> Iterator[None]:
    """SQLite in this process does not wait for the disk. Processes that tests start and kill do, as in use."""
    from service.db import engine

    prepare = engine._prepare_sqlite

    def prepare_without_waiting(connection: Any, record: Any) -> None:
        prepare(connection, record)
        connection.execute("PRAGMA synchronous=OFF")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "_prepare_sqlite", prepare_without_waiting)
        yield


@pytest.fixture(scope="session", autouse=True)
def statements_compiled_once() -> Iterator[None]:
    """Engines share one dialect of each kind and what it has compiled: each test has an engine of its own, and to
    compile every statement again takes up to a fifth of a test."""
    make = Engine.__init__
    shared: dict[type, Engine] = {}

    def make_with_shared_dialect(engine: Engine, *args: Any, **options: Any) -> None:
        make(engine, *args, **options)
        first = shared.get(type(engine.dialect))
        if first is not None and hasattr(first.dialect, "default_isolation_level"):  # it has connected: all is known
            engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
        else:
            shared[type(engine.dialect)] = engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Engine, "__init__", make_with_shared_dialect)
        yield


@pytest.fixture(scope="session", autouse=True)
def connections_closed_with_their_engine() -> Iterator[None]:
    """A connection that comes back to an engine which was disposed of is closed: a thread may outlive the app that
    started it, and what it leaves open is reported by whichever test the garbage is collected in."""
    dispose, recreate, give_back = QueuePool.dispose, QueuePool.recreate, QueuePool._do_return_conn
    disposed: WeakSet[QueuePool] = WeakSet()

    def dispose_for_good(pool: QueuePool) -> None:
        disposed.add(pool)
        dispose(pool)

    def recreate_disposed(pool: QueuePool) -> QueuePool:
        new = recreate(pool)
        disposed.add(new)
        return new

    def give_back_or_close(pool: QueuePool, entry: Any) -> None:
        give_back(pool, entry)
        if pool in disposed:
            dispose(pool)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QueuePool, "dispose", dispose_for_good)
        patch.setattr(QueuePool, "recreate", recreate_disposed)
        patch.setattr(QueuePool, "_do_return_conn", give_back_or_close)
        yield


@pytest.fixture(scope="session", autouse=True)
def patient_readers() -> Iterator[None]:
    """Readers of the board wait for its estimates however busy the machine is, so that no test reads `pending`."""
    from service import time_limit
    from service.cache import as_of_cache, leaderboard_cache

    with pytest.MonkeyPatch.context() as patch:
        for module in (as_of_cache, leaderboard_cache):
            patch.setattr(module, "REQUEST_WAIT_SECONDS", READ_SECONDS - 5)
        patch.setattr(time_limit, "READ_SECONDS", READ_SECONDS)
        yield


@pytest.fixture(scope="session", autouse=True)
def one_certificate_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One public authority of certificates instead of all: every HTTP client would read them for 30 ms."""
    path = tmp_path_factory.mktemp("tls") / "authority.pem"
    path.write_text(certifi.contents().partition("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(path))
        patch.setattr(certifi, "where", lambda: str(path))
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--both", action="store_true", help="run each test of a front door on both databases")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave one test out of each pair of a front door that differs in the database alone.

    Which of the two depends on its name, so that it is the same in every run. A test that is marked `both`, or chosen
    without the other, is not left out.
    """
    if config.getoption("both"):
        return
    pairs: dict[str, dict[str, pytest.Item]] = defaultdict(dict)
    for item in items:
        database = database_of(item)
        if database and item.nodeid.startswith(FRONT_DOORS) and item.get_closest_marker("both") is None:
            pairs[item.nodeid.replace(database, "*")][database] = item
    left_out = [pair[other_database(pair, name)] for name, pair in pairs.items() if len(pair) == len(DATABASES)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


def database_of(item: pytest.Item) -> str:
    """The database that a test is run on because it is run once on each; else an empty text."""
    chosen = getattr(item, "callspec", None)
    parameters = chosen.params if chosen is not None else {}
    return next((value for value in parameters.values() if value in DATABASES), "")


def other_database(pair: dict[str, pytest.Item], name: str) -> str:
    """The database that is left out. Tests that share one record stay together."""
    shared = any("shared_url" in getattr(item, "fixturenames", ()) for item in pair.values())
    return DATABASES[crc32((name.partition("::")[0] if shared else name).encode()) % len(DATABASES)]
