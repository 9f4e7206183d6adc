"""Every reply has its security headers, says who may keep it, and redirects to this site only."""

import socket
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI

from service.app import create_app
from service.limits.client_address import TrustedProxies
from service.limits.http_protocol import guarded
from service.settings import Settings
from tests.conftest import ADMIN_KEY, serving
from tests.support.fake_clock import FakeClock
from tests.support.sample_prediction import record_one

KEY = {"Authorization": f"Bearer {ADMIN_KEY}"}
HTML = {"Accept": "text/html"}
ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
}
#: Replies of pages, of the API, of files, of the router and of each middleware.
REPLIES: tuple[tuple[str, str, int, dict[str, Any]], ...] = (
    ("GET", "/", 200, {}),
    ("GET", "/api/questions", 200, {}),
    ("HEAD", "/api/questions", 200, {}),
    ("GET", "/leaderboard.csv", 200, {}),
    ("GET", "/deadlines.ics", 200, {}),
    ("GET", "/docs", 200, {}),
    ("GET", "/openapi.json", 200, {}),
    ("GET", "/healthz", 200, {}),
    ("GET", "/metrics", 200, {}),
    ("GET", "/static/style.css", 200, {}),
    ("GET", "/static-offline-docs/swagger-ui.css", 200, {}),
    ("GET", "/questions/", 307, {}),
    ("GET", "/compare?one=a&other=b", 301, {}),
    ("GET", "/channels", 303, {"headers": HTML}),
    ("GET", "/nowhere", 404, {}),
    ("GET", "/nowhere", 404, {"headers": HTML}),
    ("GET", "/static/nothing.css", 404, {}),
    ("DELETE", "/api/questions", 405, {}),
    ("TRACE", "/api/questions", 405, {}),
    ("POST", "/api/questions", 401, {"json": {}}),
    ("POST", "/api/questions", 413, {"content": b"x" * 1_000_001, "headers": KEY}),
    ("POST", "/api/questions", 415, {"headers": {"Content-Encoding": "gzip"}}),
    ("GET", "/questions?q=%00", 400, {}),
    ("GET", "/questions", 431, {"headers": {"Cookie": "a" * 40_000}}),
    ("GET", "/breaks", 500, {}),
    ("GET", "/sign-in", 200, {}),
)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here depends on the database."""
    return sqlite_url


def breaking(app: FastAPI) -> FastAPI:
    """The app with a route that fails."""

    @app.get("/breaks", include_in_schema=False)
    def fail() -> None:
        raise RuntimeError

    return app


@pytest.fixture
def url(settings: Settings, clock: FakeClock, serve: Callable[[Any], str]) -> str:
    return serve(breaking(create_app(settings, clock=clock)))


@pytest.fixture
def closed(settings: Settings, clock: FakeClock, serve: Callable[[Any], str]) -> Iterator[httpx.Client]:
    """A client with a key, of a service that is closed to readers."""
    app = create_app(settings.model_copy(update={"public_read": False}), clock=clock)
    with httpx.Client(base_url=serve(app), headers=KEY) as client:
        yield client


@pytest.mark.parametrize(("method", "path", "status", "more"), REPLIES)
def test_every_reply_has_its_security_headers(
    url: str, method: str, path: str, status: int, more: dict[str, Any]
) -> None:
    reply = httpx.request(method, url + path, **more)
    assert reply.status_code == status
    assert {name: reply.headers[name] for name in ALWAYS} == ALWAYS
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]
    assert "strict-transport-security" not in reply.headers
    if not path.startswith("/static"):
        assert "cache-control" in reply.headers
    if status >= 400:
        assert reply.headers["cache-control"] in ("no-store", "private, no-cache")


def test_what_the_server_refuses_before_it_is_a_request_has_them_too(settings: Settings) -> None:
    http = guarded(TrustedProxies(()), https=True)
    with serving(create_app(settings), http=http) as url, socket.create_connection(_address(url)) as sock:
        sock.sendall(b"nonsense\r\n\r\n")
        reply = sock.makefile("rb").read().lower()
    assert reply.startswith(b"http/1.1 400")
    for line in (*(f"{name}: {value}".lower() for name, value in ALWAYS.items()), "strict-transport-security: max-age"):
        assert f"\r\n{line}".encode() in reply


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 0


def test_browsers_stay_with_https_where_the_service_is_reached_by_it(
    url: str, settings: Settings, serve: Callable[[Any], str]
) -> None:
    forwarded = {"X-Forwarded-Proto": "https"}
    assert httpx.get(f"{url}/api/questions", headers=forwarded).headers["strict-transport-security"]
    public = serve(create_app(settings.model_copy(update={"public_url": "https://record.example.org"})))
    assert httpx.get(f"{public}/nowhere").headers["strict-transport-security"] == "max-age=31536000"


def test_embeds_may_be_framed_by_other_sites_and_nothing_else(admin: httpx.Client) -> None:
    record_one(admin)
    for path in ("/commentators/ann-invented/card", "/questions/rain/card", "/questions/rain/badge.svg"):
        headers = admin.get(path).headers
        assert "frame-ancestors *" in headers["content-security-policy"]
        assert "x-frame-options" not in headers


READS = ("/", "/api/leaderboard", "/api/questions", "/api/ledger", "/leaderboard.csv", "/resolutions.atom", "/metrics")


@pytest.mark.parametrize("path", READS)
def test_without_public_reading_no_shared_cache_keeps_a_reply(closed: httpx.Client, path: str) -> None:
    for _ in range(2):  # the second may come from our own cache
        reply = closed.get(path)
        assert reply.status_code == 200
        assert reply.headers["cache-control"] in ("no-store", "private, no-cache", "private, no-cache, no-transform")


@pytest.mark.parametrize("path", READS)
def test_a_reply_to_a_key_is_kept_by_no_shared_cache(admin: httpx.Client, path: str) -> None:
    control = admin.get(path).headers["cache-control"]
    assert "private" in control or control == "no-store"
    public = httpx.get(str(admin.base_url) + path, headers={"Cookie": "theme=dark"}).headers["cache-control"]
    assert "no-cache" in public


def test_no_redirect_repeats_the_host_of_the_request(url: str) -> None:
    for path in ("/questions/", "/api/questions/", "/compare?one=a&other=b", "/channels", "/static", "//evil.example/"):
        reply = httpx.get(url + path, headers=HTML | {"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
        assert "evil" not in reply.headers.get("location", ""), path
        assert reply.headers.get("location", "/").startswith("/")
        assert not reply.headers.get("location", "/").startswith("//")
    assert httpx.get(f"{url}/questions/?status=open").headers["location"] == "/questions?status=open"


ORIGIN = {"Origin": "https://elsewhere.example"}


def test_scripts_of_other_sites_may_read_what_is_public(url: str) -> None:
    for path in ("/api/questions", "/leaderboard.csv", "/resolutions.atom", "/nowhere"):
        reply = httpx.get(url + path, headers=ORIGIN)
        assert reply.headers["access-control-allow-origin"] == "*", path
        assert "ETag" in reply.headers["access-control-expose-headers"]
        assert "access-control-allow-credentials" not in reply.headers
    asked = ORIGIN | {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "if-none-match"}
    reply = httpx.options(f"{url}/api/questions", headers=asked)
    assert reply.status_code == 204
    assert reply.headers["access-control-allow-origin"] == "*"
    assert reply.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
    assert "authorization" not in reply.headers["access-control-allow-headers"].lower()


@pytest.mark.parametrize("more", [KEY, {"Cookie": "trackrecord=x"}])
def test_scripts_of_other_sites_read_nothing_with_credentials_and_write_nothing(url: str, more: dict[str, str]) -> None:
    assert "access-control-allow-origin" not in httpx.get(f"{url}/api/questions", headers=ORIGIN | more).headers
    reply = httpx.post(f"{url}/api/questions", headers=ORIGIN | more, json={})
    assert "access-control-allow-origin" not in reply.headers
    assert "access-control-allow-origin" not in httpx.post(f"{url}/api/questions", headers=ORIGIN).headers


def test_without_public_reading_scripts_of_other_sites_read_nothing(closed: httpx.Client) -> None:
    del closed.headers["Authorization"]
    asked = ORIGIN | {"Access-Control-Request-Method": "GET"}
    for reply in (closed.get("/api/questions", headers=ORIGIN), closed.options("/api/questions", headers=asked)):
        assert reply.status_code in (401, 405)
        assert not [name for name in reply.headers if name.startswith("access-control")]
