"""What tests of the edge share: the command line on a database of its own."""

from pathlib import Path

import pytest

from resolvers.probing.rate_limited_client import RateLimitedFetch
from tests.support.cli_runner import Command


@pytest.fixture(autouse=True)
def no_pause_between_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sources of these tests need no pause between two requests; `tests/resolvers` tests the pause."""
    defaults = RateLimitedFetch.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "spacing_seconds", 0.0)


@pytest.fixture
def trackrecord(monkeypatch: pytest.MonkeyPatch, sqlite_url: str, tmp_path: Path) -> Command:
    """The command on an empty SQLite database: `trackrecord("import", "file.csv")`."""
    return Command(monkeypatch, sqlite_url, tmp_path)


@pytest.fixture
def trackrecord_anywhere(monkeypatch: pytest.MonkeyPatch, database_url: str, tmp_path: Path) -> Command:
    """The command on an empty database of either kind."""
    return Command(monkeypatch, database_url, tmp_path)
