"""What programs look for at fixed addresses: what robots may read, and where to report a vulnerability."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.robotparser import RobotFileParser

import httpx
import pytest

from service.app import create_app
from service.settings import Settings
from tests.support.fake_clock import START, FakeClock


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here depends on the database."""
    return sqlite_url


@pytest.fixture
def served(settings: Settings, clock: FakeClock, serve: Callable[[Any], str]) -> Callable[..., str]:
    """`served(contact="...")` serves the app with other settings and gives its address."""
    return lambda **fields: serve(create_app(settings.model_copy(update=fields), clock=clock))


def parser(url: str) -> RobotFileParser:
    reply = httpx.get(f"{url}/robots.txt")
    assert (reply.status_code, reply.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    robots = RobotFileParser()
    robots.parse(reply.text.splitlines())
    return robots


def test_robots_may_read_the_pages_and_not_what_is_slow_or_a_form(served: Callable[..., str]) -> None:
    robots = parser(served())
    for path in (
        "/",
        "/questions",
        "/questions/rain",
        "/commentators/ann",
        "/method",
        "/sources/1",
        "/resolutions.atom",
    ):
        assert robots.can_fetch("any", path), path
    for path in (
        "/api/questions",
        "/search?q=a",
        "/compare?first=a&second=b",
        "/sign-in?next=/",
        "/due",
        "/channels/1",
    ):
        assert not robots.can_fetch("any", path), path


def test_without_public_reading_robots_may_read_nothing(served: Callable[..., str]) -> None:
    robots = parser(served(public_read=False))
    assert not any(robots.can_fetch("any", path) for path in ("/", "/questions"))


@pytest.mark.parametrize(
    ("contact", "shown"),
    [
        ("desk@example.org", "mailto:desk@example.org"),
        ("mailto:desk@example.org", "mailto:desk@example.org"),
        ("https://example.org/report", "https://example.org/report"),
    ],
)
@pytest.mark.parametrize("public_read", [True, False])
def test_everybody_learns_where_to_report_a_vulnerability(
    served: Callable[..., str], contact: str, shown: str, public_read: bool
) -> None:
    url = served(contact=contact, public_url="https://record.example.org", public_read=public_read)
    reply = httpx.get(f"{url}/.well-known/security.txt")
    assert (reply.status_code, reply.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    fields = dict(re.findall(r"^([\w-]+): (.+)$", reply.text, re.MULTILINE))
    assert fields["Contact"] == shown
    assert fields["Canonical"] == "https://record.example.org/.well-known/security.txt"
    expires = datetime.fromisoformat(fields["Expires"])
    assert START < expires < START + timedelta(days=365)


@pytest.mark.parametrize(
    "contact", ["", "the editors", "a b@example.org", "https://x.org/\nContact: mailto:evil@x.org"]
)
def test_without_a_usable_contact_the_reply_says_what_to_set(served: Callable[..., str], contact: str) -> None:
    reply = httpx.get(f"{served(contact=contact)}/.well-known/security.txt")
    assert reply.status_code == 404
    assert "TRACKRECORD_CONTACT" in reply.json()["detail"]
