"""Fixtures of the tests of resolvers."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from sqlalchemy import Engine

from resolvers.probing.worker import Prober
from resolvers.sources import registry
from resolvers.sources.registry import all_resolvers
from tests.support.fake_clock import FakeClock
from tests.support.http_source_server import RawServer, serving_raw
from tests.support.probing_helpers import make_prober
from tests.support.sample_world import World, new_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A simulated outside world at noon on 1 December 2025, UTC."""
    with new_world(tmp_path, datetime(2025, 12, 1, 12, 0, tzinfo=UTC)) as world:
        yield world


@pytest.fixture
def server() -> Iterator[RawServer]:
    """An HTTP server of the test on the loopback address."""
    with serving_raw() as server:
        yield server


@pytest.fixture
def prober(engine: Engine, server: RawServer, clock: FakeClock, tmp_path: Path) -> Prober:
    """A prober on `engine` that may reach `server`."""
    return make_prober(engine, server, clock, tmp_path)


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, object], None]]:
    """A function that installs a plug-in: a resolver under a name in the group of entry points."""

    def install(name: str, offered: object) -> None:
        point = EntryPoint(name, "plugin_of_another:resolver", registry.ENTRY_POINT_GROUP)
        monkeypatch.setattr(EntryPoint, "load", lambda self: offered)
        monkeypatch.setattr(
            registry, "entry_points", lambda group: [point] if group == registry.ENTRY_POINT_GROUP else []
        )
        all_resolvers.cache_clear()

    yield install
    all_resolvers.cache_clear()
