"""On which database a test runs: on both, or one of the two, chosen by its name."""

from collections import defaultdict
from zlib import crc32

import pytest

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
