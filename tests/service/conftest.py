"""What tests of the edge share: sources that need no pause between two requests."""

import pytest

from resolvers.probing.rate_limited_client import RateLimitedFetch


@pytest.fixture(autouse=True)
def no_pause_between_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sources of these tests need no pause between two requests; `tests/resolvers` tests the pause."""
    defaults = RateLimitedFetch.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "spacing_seconds", 0.0)
