"""A client has a quota of requests a minute, whatever it asks and however many processes it asks."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import HTTPException
from sqlalchemy import Engine

from service.app import create_app
from service.db.engine import make_engine
from service.limits import rate_limit
from service.limits.rate_exchange import LEAST_USED, RateExchange
from service.limits.rate_limit import OTHERS, RateLimiter
from service.settings import Settings
from tests.conftest import ADMIN_KEY, serving
from tests.support.fake_clock import FakeClock
from tests.support.sample_prediction import record_one

QUOTA = 30


@pytest.fixture
def url(sqlite_url: str, tmp_path: Path) -> Iterator[str]:
    """The address of an app with small quotas, in a minute that does not end."""
    settings = Settings(
        _env_file=None,
        database_url=sqlite_url,
        state_dir=tmp_path / "state",
        admin_key=ADMIN_KEY,
        requests_per_minute=QUOTA,
        key_requests_per_minute=QUOTA * 2,
    )
    app = create_app(settings, clock=FakeClock())
    with serving(app) as url:
        yield url


KEY = {"Authorization": f"Bearer {ADMIN_KEY}"}


def test_replies_say_how_much_of_the_quota_is_left(url: str) -> None:
    for left in (QUOTA - 1, QUOTA - 2):
        reply = httpx.get(f"{url}/api/questions")
        assert reply.headers["RateLimit-Policy"] == f'"requests";q={QUOTA};w=60'
        assert reply.headers["RateLimit"] == f'"requests";r={left};t=60'


def test_beyond_the_quota_the_answer_is_429_until_the_minute_is_over(url: str) -> None:
    for _ in range(QUOTA):
        assert httpx.get(f"{url}/api/questions").status_code == 200
    for path in ("/api/questions", "/questions", "/api/commentators"):
        reply = httpx.get(url + path, headers={"Accept": "text/html"})
        assert (reply.status_code, reply.headers["Retry-After"]) == (429, "60")
        assert reply.headers["RateLimit"] == '"requests";r=0;t=60'
    assert httpx.get(f"{url}/healthz").status_code == 200
    assert httpx.get(f"{url}/readyz").status_code == 200
    assert httpx.get(f"{url}/api/questions", headers=KEY).status_code == 200
    assert httpx.get(f"{url}/api/questions", headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 200


def test_a_forwarded_address_counts_only_from_a_trusted_proxy_and_ipv6_by_network(url: str) -> None:
    for at in range(QUOTA):
        assert httpx.get(f"{url}/questions", headers={"X-Forwarded-For": f"2001:db8::{at:x}"}).status_code == 200
    assert httpx.get(f"{url}/questions", headers={"X-Forwarded-For": "2001:db8::ffff"}).status_code == 429
    assert httpx.get(f"{url}/questions", headers={"X-Forwarded-For": "2001:db8:0:1::1"}).status_code == 200


def test_slow_requests_and_unknown_keys_count_several_times(url: str) -> None:
    for path in ("/search?q=a", "/compare", "/leaderboard.csv"):
        assert httpx.get(url + path).status_code == 200
    assert httpx.get(f"{url}/questions").status_code == 429
    other = {"X-Forwarded-For": "192.0.2.2", "Authorization": "Bearer tr_guess"}
    assert [httpx.get(f"{url}/api/questions", headers=other).status_code for _ in range(4)] == [401, 401, 401, 429]


REFUSED: tuple[tuple[str, str, dict[str, str], int], ...] = (
    ("GET", "/nowhere", {}, 404),
    ("HEAD", "/nowhere", {}, 404),
    ("GET", "/static/nothing.css", {}, 404),
    ("GET", "/nowhere", {"Accept": "text/html"}, 404),
    ("OPTIONS", "/api/questions", {}, 405),
    ("POST", "/healthz", {}, 405),
    ("DELETE", "/api/leaderboard", {}, 405),
    ("POST", "/api/questions", {"Content-Encoding": "gzip"}, 415),
    ("GET", "/questions?q=%00", {}, 400),
    ("GET", "/api/questions?unknown=1", {}, 422),
    ("GET", "/api/leaderboard?unknown=1", {}, 422),
    ("HEAD", "/api/questions", {}, 200),
)


@pytest.mark.parametrize(("method", "path", "headers", "status"), REFUSED)
def test_every_refused_request_counts_and_is_answered_with_429_beyond_the_quota(
    url: str, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    with httpx.Client(base_url=url, headers=headers) as client:
        for left in reversed(range(QUOTA)):
            reply = client.request(method, path)
            assert (reply.status_code, reply.headers["RateLimit"]) == (status, f'"requests";r={left};t=60')
        reply = client.request(method, path)
        assert (reply.status_code, reply.headers["Retry-After"]) == (429, "60")
        assert reply.headers["RateLimit"] == '"requests";r=0;t=60'
        assert ("text/html" in reply.headers["Content-Type"]) == ("Accept" in headers)
    assert httpx.get(f"{url}/questions").status_code == 429
    assert httpx.get(f"{url}/api/questions", headers=KEY).status_code == 200


def test_a_key_has_its_own_quota_for_reading_and_writing(url: str) -> None:
    with httpx.Client(base_url=url, headers=KEY) as client:
        record_one(client)
        statuses = [client.post("/api/questions", json={}).status_code for _ in range(QUOTA * 2)]
    assert statuses == [422] * (QUOTA * 2 - 1) + [429]


def test_a_cached_page_and_a_file_cost_nothing(url: str) -> None:
    for path in ("/api/leaderboard", "/static/style.css"):
        httpx.get(url + path)
        for _ in range(QUOTA + 5):
            assert httpx.get(url + path).status_code == 200


def test_a_new_minute_begins_with_nothing_used_and_addresses_do_not_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = FakeClock()
    rates = RateLimiter(clock)
    rates.charge("a", 1)
    with pytest.raises(HTTPException):
        rates.charge("a", 1).refuse_excess()
    clock.advance(60)
    assert rates.charge("a", 1).used == 1
    monkeypatch.setattr(rate_limit, "MOST_CLIENTS", 3)
    for at in range(10):
        rates.charge(f"client {at}", 100)
    assert set(rates.counted()[1]) == {"a", "client 0", "client 1", OTHERS}


def test_processes_add_up_what_they_have_counted_within_an_exchange(engine: Engine, tmp_path: Path) -> None:
    clock, settings = FakeClock(), Settings(_env_file=None, state_dir=tmp_path)
    limiters = [RateLimiter(clock) for _ in range(3)]
    exchanges = [RateExchange(rates, settings, engine) for rates in limiters]
    for rates in limiters:
        rates.charge("busy", 1000, LEAST_USED)
        rates.charge("quiet", 1000)
    for exchange in exchanges * 2:
        exchange.exchange()
    assert [rates.charge("busy", 1000).used for rates in limiters] == [3 * LEAST_USED + 1] * 3
    assert [rates.charge("quiet", 1000).used for rates in limiters] == [2] * 3
    limiters[0].charge("known to one", 1000, LEAST_USED * 4)
    limiters[1].charge("known to one", 1000)
    for exchange in exchanges:
        exchange.exchange()
    assert limiters[1].charge("known to one", 1000).used == LEAST_USED * 4 + 2
    clock.advance(60)
    assert [rates.charge("busy", 1000).used for rates in limiters] == [1] * 3
    for exchange in exchanges:
        exchange.exchange()
        if exchange._own_engine is not None:
            exchange._own_engine.dispose()


def test_without_a_place_to_exchange_each_process_counts_for_itself(
    sqlite_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(_env_file=None, state_dir=tmp_path / "state")
    engine, rates = make_engine(sqlite_url), RateLimiter(FakeClock())
    exchange = RateExchange(rates, settings, engine)
    shutil.rmtree(tmp_path / "state")
    rates.charge("a", 1000, LEAST_USED)
    exchange.start()
    ends_at = time.monotonic() + 10
    while "unknown for now" not in caplog.text and time.monotonic() < ends_at:
        time.sleep(0.02)
    exchange.stop()
    assert "unknown for now" in caplog.text
    assert rates.charge("a", 1000).used == LEAST_USED + 1
    engine.dispose()
