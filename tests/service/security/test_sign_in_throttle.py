"""Guesses at keys are slowed down, at the sign-in and in the API, and nobody who has a key is locked out by them."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from service.app import create_app
from service.limits.client_address import TrustedProxies
from service.limits.http_protocol import guarded
from service.security.sign_in_throttle import MAX_FAILURES, MAX_FAILURES_OF_ALL, WINDOW, SignInThrottle
from service.settings import Settings
from tests.conftest import ADMIN_KEY, serving
from tests.service.security.test_sign_in import HTML, sign_in
from tests.support.fake_clock import START, FakeClock

KEY = {"Authorization": f"Bearer {ADMIN_KEY}"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here depends on the database."""
    return sqlite_url


@pytest.fixture
def visitor(base_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base_url, headers=HTML) as client:
        yield client


def guess(url: str, number: int, **headers: str) -> httpx.Response:
    return httpx.get(f"{url}/api/keys", headers={"Authorization": f"Bearer tr_0000_guess_{number}"} | headers)


def test_guesses_at_api_keys_have_to_wait(base_url: str, clock: FakeClock) -> None:
    assert [guess(base_url, at).status_code for at in range(MAX_FAILURES)] == [401] * MAX_FAILURES
    refused = guess(base_url, MAX_FAILURES)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= WINDOW.total_seconds() + 1
    assert refused.headers["content-type"] == "application/problem+json"
    assert "unknown keys" in refused.json()["detail"]
    assert httpx.get(f"{base_url}/api/questions").status_code == 200, "readers without a key are not concerned"
    clock.advance(WINDOW.total_seconds() + 1)
    assert guess(base_url, MAX_FAILURES).status_code == 401


def test_guesses_count_together_at_the_sign_in_and_in_the_api(base_url: str, visitor: httpx.Client) -> None:
    for at in range(MAX_FAILURES):
        guess(base_url, at)
    assert sign_in(visitor).status_code == 429


def test_a_key_that_a_client_has_used_is_not_held_up_by_guesses_from_its_address(
    base_url: str, visitor: httpx.Client
) -> None:
    assert httpx.get(f"{base_url}/api/keys", headers=KEY).status_code == 200
    for at in range(MAX_FAILURES * 2):
        guess(base_url, at)
    assert guess(base_url, 999).status_code == 429
    assert httpx.get(f"{base_url}/api/keys", headers=KEY).status_code == 200
    assert sign_in(visitor).status_code == 303


def test_a_browser_that_was_signed_in_before_is_not_held_up_after_a_restart(
    visitor: httpx.Client, settings: Settings, clock: FakeClock, serve: Callable[[Any], str]
) -> None:
    sign_in(visitor)
    restarted = serve(create_app(settings, clock=clock))
    for at in range(MAX_FAILURES):
        guess(restarted, at)
    with httpx.Client(base_url=restarted, headers=HTML) as stranger:
        assert sign_in(stranger).status_code == 429
    with httpx.Client(base_url=restarted, headers=HTML, cookies=visitor.cookies) as known:
        assert sign_in(known).status_code == 303


def test_a_program_that_repeats_a_revoked_key_locks_nobody_out(base_url: str) -> None:
    assert {guess(base_url, 1).status_code for _ in range(MAX_FAILURES * 2)} == {401}
    assert httpx.get(f"{base_url}/api/keys", headers=KEY).status_code == 200


def test_a_forwarded_address_that_no_trusted_proxy_names_does_not_reset_the_limit(
    settings: Settings, clock: FakeClock
) -> None:
    app, http = create_app(settings, clock=clock), guarded(TrustedProxies(()))
    with serving(app, http=http, trusted_proxies=()) as url:
        statuses = [
            guess(url, at, **{"X-Forwarded-For": f"198.51.100.{at}", "X-Real-IP": f"198.51.100.{at}"}).status_code
            for at in range(MAX_FAILURES + 1)
        ]
    assert statuses == [401] * MAX_FAILURES + [429]


def test_of_all_clients_together_only_so_many_guesses_are_answered(base_url: str) -> None:
    statuses = [guess(base_url, at, **{"X-Forwarded-For": f"198.51.100.{at}"}).status_code for at in range(60)]
    assert statuses == [401] * MAX_FAILURES_OF_ALL + [429] * (60 - MAX_FAILURES_OF_ALL)


def test_the_addresses_of_one_ipv6_network_count_as_one(base_url: str) -> None:
    statuses = [guess(base_url, at, **{"X-Forwarded-For": f"2001:db8::{at + 1:x}"}).status_code for at in range(11)]
    assert statuses == [401] * MAX_FAILURES + [429]


def test_a_key_that_is_refused_after_it_was_accepted_has_no_privilege_any_more() -> None:
    throttle = SignInThrottle()
    throttle.accept("a", "k")
    for at in range(MAX_FAILURES):
        throttle.add("a", START, f"other {at}")
    assert throttle.wait("a", START, "k") == timedelta(0)
    throttle.add("a", START, "k")
    assert throttle.wait("a", START, "k") == WINDOW
    assert throttle.wait("b", START, "k") == timedelta(0)
