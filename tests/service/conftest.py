"""What tests of the edge share: the command line on a database of its own."""

from pathlib import Path

import pytest

from tests.support.cli_runner import Command


@pytest.fixture
def trackrecord(monkeypatch: pytest.MonkeyPatch, sqlite_url: str, tmp_path: Path) -> Command:
    """The command on an empty SQLite database: `trackrecord("import", "file.csv")`."""
    return Command(monkeypatch, sqlite_url, tmp_path)


@pytest.fixture
def trackrecord_anywhere(monkeypatch: pytest.MonkeyPatch, database_url: str, tmp_path: Path) -> Command:
    """The command on an empty database of either kind."""
    return Command(monkeypatch, database_url, tmp_path)
