"""The world that tests of resolvers share."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.resolvers.world import World, new_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """It is noon on 1 December 2025, UTC."""
    with new_world(tmp_path, datetime(2025, 12, 1, 12, 0, tzinfo=UTC)) as world:
        yield world
