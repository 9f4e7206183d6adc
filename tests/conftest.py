"""What tests share: a migrated database of their own on SQLite and on PostgreSQL, a clock, a served app, a browser."""

import asyncio
import logging
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import fastapi.dependencies.models
import httpx
import hypothesis
import pytest
import uvicorn
from sqlalchemy import Engine, QueuePool
from sqlmodel import Session

from service.limits.client_address import TrustedProxies
from service.limits.http_protocol import guarded
from service.logs import OWN, access
from tests.support.fake_clock import FakeClock
from tests.support.postgres_server import NoPostgres, PostgresServer, ReusedDatabase

if TYPE_CHECKING:
    from fastapi import FastAPI
    from playwright.sync_api import Browser, Page

    from service.settings import Settings
    from tests.support.cli_runner import Command

#: Most tests enter predictions of long ago without a source; those of the rule for such predictions set another one.
LATE_RULE = "TRACKRECORD_RANK_RECORDED_LATE"
os.environ[LATE_RULE] = "all"
pytest_plugins = ["tests.support.whole_run"]
DATABASES = ("sqlite", "postgresql")
TEMPLATE = "migrated_template"
ADMIN_KEY = "the-admin-key-of-the-tests"
CLIENT_TIMEOUT_SECONDS = 30
CHROMIUM_ARGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# A machine may be busy; and what CI says of one commit must be the same every time.
hypothesis.settings.register_profile("ours", deadline=None, derandomize=os.environ.get("CI") == "true")
hypothesis.settings.load_profile("ours")


def missing(reason: str) -> None:
    """Skip for want of something the machine lacks; in CI nothing may be lacking."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest schema, and leave no connection behind."""
    from service.db.engine import make_engine
    from service.db.migrate import upgrade

    engine = make_engine(url)
    upgrade(engine)
    engine.dispose()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The PostgreSQL of this worker: fast, and not to be killed. Crash tests start one with `durable=True`."""
    try:
        server = PostgresServer()
    except NoPostgres as error:
        missing(str(error))
    with server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """The name of a migrated, empty database that others are copied from."""
    migrate(postgres_server.create_database(TEMPLATE))
    return TEMPLATE


@pytest.fixture(scope="session")
def reused_database(postgres_server: PostgresServer, postgres_template: str) -> ReusedDatabase:
    """The PostgreSQL database that the tests of this worker use one after the other."""
    return ReusedDatabase(postgres_server, postgres_template)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a migrated, empty database that others are copied from."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate(f"sqlite:///{path}")
    return path


@contextmanager
def postgres_database(server: PostgresServer, template: str) -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    try:
        yield server.create_database(name, template)
    finally:
        server.drop_database(name)


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """A migrated SQLite database of this test's own."""
    path = shutil.copy(sqlite_template, tmp_path / "trackrecord.db")
    return f"sqlite:///{path}"


@pytest.fixture
def postgresql_url(reused_database: ReusedDatabase) -> str:
    """A migrated PostgreSQL database that no other test uses at the same time."""
    return reused_database.lend()


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of this test's own; the test runs once on each kind."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture(params=DATABASES)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table, for tests of migrations; the test runs once on each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    with postgres_database(request.getfixturevalue("postgres_server"), "template0") as url:
        yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine made as the service makes it."""
    from service.db.engine import make_engine

    engine = make_engine(database_url)
    yield engine
    wait_until_idle(engine)
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """An open session that only the test commits. On SQLite its first statement locks other writers out."""
    with Session(engine) as session:
        yield session


@pytest.fixture
def clock() -> FakeClock:
    """A clock at noon UTC on 1 April 2025 that moves only by `clock.advance(seconds)` and `clock.set(now)`."""
    return FakeClock()


class PromptServer(uvicorn.Server):
    """Uvicorn that stops at once: its own loop and its shutdown sleep 0.1 s each, and that a thousand times over."""

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            await asyncio.sleep(0.01)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await asyncio.sleep(0.01)
        try:
            await asyncio.wait_for(self._wait_tasks_to_complete(), self.config.timeout_graceful_shutdown)
        except TimeoutError:
            for task in self.server_state.tasks:
                task.cancel()
        await self.lifespan.shutdown()


@contextmanager
def serving(app: Any, http: Any = None, trusted_proxies: Sequence[str] = ("127.0.0.1",)) -> Iterator[str]:
    """Serve an ASGI app over real HTTP on a free port of the loopback address; gives its base URL, without a slash.

    ``http`` is the protocol; by default that of the service.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each reply waits 40 ms for an acknowledgement
    http, trusted = http or guarded(TrustedProxies(trusted_proxies)), list(trusted_proxies)
    options: dict[str, Any] = {"log_level": "warning", "ws": "none", "timeout_graceful_shutdown": 5}
    server = PromptServer(uvicorn.Config(app, http=http, forwarded_allow_ips=trusted, **options))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the app did not start; the log above says why")
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        if engine := getattr(getattr(app, "state", None), "engine", None):
            wait_until_idle(engine)
        server.should_exit = True
        thread.join(20)
        listener.close()
        forget_apps()


def wait_until_idle(engine: Engine, seconds: float = 5) -> None:
    """Wait for threads at work: a connection that comes back to an engine which is disposed of is never closed."""
    ends_at = time.monotonic() + seconds
    while isinstance(engine.pool, QueuePool) and engine.pool.checkedout() and time.monotonic() < ends_at:
        time.sleep(0.005)


def forget_apps() -> None:
    """FastAPI remembers functions of every app, and through them the app with all it holds: after some hundred apps a
    full garbage collection takes longer than a client waits."""
    for remembered in vars(fastapi.dependencies.models).values():
        if hasattr(remembered, "cache_clear"):
            remembered.cache_clear()


@pytest.fixture
def serve() -> Iterator[Callable[[Any], str]]:
    """`serve(app)` serves an app of the test's own making until the test ends, and gives its base URL."""
    with ExitStack() as stack:
        yield lambda app: stack.enter_context(serving(app))


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of whoever runs the tests are not those of the tests."""
    for name in [name for name in os.environ if name.startswith("TRACKRECORD_") and name != LATE_RULE]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def log_of_the_tests() -> Iterator[None]:
    """A command that serves or schedules sets up the log of its process, which here is that of the tests."""
    loggers = [logging.getLogger(name) for name in (None, *OWN, access.name)]
    before = [(logger.handlers[:], logger.level) for logger in loggers]
    yield
    for logger, (handlers, level) in zip(loggers, before, strict=True):
        logger.handlers[:] = handlers
        logger.setLevel(level)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> "Settings":
    """The settings of the served app; a module that needs others defines its own fixture of this name."""
    from service.settings import Settings

    return Settings(_env_file=None, database_url=database_url, state_dir=tmp_path / "state", admin_key=ADMIN_KEY)


@cache
def app_of_this_process(max_body_bytes: int) -> "FastAPI":
    """An app whose routes many tests use one after the other: FastAPI takes 0.1 s to work out those of a new app."""
    from service.app import create_app
    from service.settings import Settings

    return create_app(Settings(_env_file=None, max_body_bytes=max_body_bytes))


@pytest.fixture
def base_url(settings: "Settings", clock: FakeClock) -> Iterator[str]:
    """The address of the real app on the test's clock, served over HTTP from a migrated database of its own."""
    from service.app import create_app

    app = app_of_this_process(settings.max_body_bytes)
    app.state = create_app(settings, clock=clock).state
    with serving(app) as url:
        yield url


@pytest.fixture
def admin(base_url: str) -> Iterator[httpx.Client]:
    """A client of `base_url` whose key may do everything."""
    # A pool that closes idle connections may close one that another thread has just taken.
    limits = httpx.Limits(max_keepalive_connections=100)
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    with httpx.Client(base_url=base_url, headers=headers, limits=limits, timeout=CLIENT_TIMEOUT_SECONDS) as client:
        yield client


@pytest.fixture(scope="module", params=DATABASES)
def shared_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated database for all tests of a module that only read, or change next to nothing."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        yield f"sqlite:///{shutil.copy(template, tmp_path_factory.mktemp('shared') / 'trackrecord.db')}"
        return
    server, template = (request.getfixturevalue(f"postgres_{name}") for name in ("server", "template"))
    with postgres_database(server, template) as url:
        yield url


@pytest.fixture(scope="module")
def shared_admin(shared_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """An admin's client of an app on `shared_url`."""
    from service.app import create_app
    from service.settings import Settings

    folder, headers = tmp_path_factory.mktemp("state"), {"Authorization": f"Bearer {ADMIN_KEY}"}
    settings = Settings(_env_file=None, database_url=shared_url, state_dir=folder, admin_key=ADMIN_KEY)
    with (
        serving(create_app(settings, clock=FakeClock())) as url,
        httpx.Client(base_url=url, headers=headers, timeout=CLIENT_TIMEOUT_SECONDS) as client,
    ):
        yield client


@pytest.fixture
def trackrecord(monkeypatch: pytest.MonkeyPatch, sqlite_url: str, tmp_path: Path) -> "Command":
    """The command on an empty SQLite database: `trackrecord("import", "file.csv")`."""
    from tests.support.cli_runner import Command

    return Command(monkeypatch, sqlite_url, tmp_path)


@pytest.fixture
def trackrecord_anywhere(monkeypatch: pytest.MonkeyPatch, database_url: str, tmp_path: Path) -> "Command":
    """The command on an empty database of either kind."""
    from tests.support.cli_runner import Command

    return Command(monkeypatch, database_url, tmp_path)


def find_chromium() -> str | None:
    """The browser that `TEST_CHROMIUM` names, else the first that is installed."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("TEST_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="module")
def chromium() -> "Iterator[Browser]":
    """A headless Chromium. Skips where none is installed."""
    from playwright.sync_api import sync_playwright

    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium is installed (Debian: apt-get install chromium; or set TEST_CHROMIUM)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: "Browser") -> "Iterator[Page]":
    """A fresh page without cookies or cache."""
    context = chromium.new_context()
    yield context.new_page()
    context.close()
