"""Every address of the service that answers GET, filled in for the sample prediction."""

from collections.abc import Iterable
from typing import Any

from service.app import create_app
from service.settings import Settings


def every_address(commentator: str = "ann-invented", question: str = "rain") -> list[str]:
    """Return all addresses, sorted, with this commentator and question and with the first row of other tables."""
    found = []
    for path in sorted(_paths(create_app(Settings()).routes)):
        address = path.replace("{which}", question if "/questions/" in path else commentator)
        for name in ("{number}", "{prediction}", "{seq}", "{id}", "{stamp}"):
            address = address.replace(name, "1")
        found.append(address)
    return found


def _paths(routes: Iterable[Any]) -> set[str]:
    """The addresses that answer GET, those of included routers too."""
    found: set[str] = set()
    for route in routes:
        included = getattr(route, "original_router", None)
        found |= _paths(included.routes) if included else set()
        found |= {route.path} if "GET" in (getattr(route, "methods", None) or ()) else set()
    return found
