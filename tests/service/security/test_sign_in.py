"""Signing in: a key is exchanged for a cookie, what the cookie permits, and every way in which a form is refused."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from service.app import create_app
from service.pages.editing.sign_in import safe_path
from service.security.browser_session import SESSION_LIFETIME
from service.security.sign_in_throttle import MAX_ADDRESSES, MAX_FAILURES, WINDOW, SignInThrottle
from service.settings import Settings
from tests.conftest import ADMIN_KEY, serving
from tests.support.fake_clock import START, FakeClock

HTML = {"accept": "text/html"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here depends on the database."""
    return sqlite_url


@pytest.fixture
def visitor(base_url: str) -> Iterator[httpx.Client]:
    """A browser without a key: it keeps cookies."""
    with httpx.Client(base_url=base_url, headers=HTML) as client:
        yield client


def token_on(page: httpx.Response) -> str:
    found = re.search(r'name="token" value="(\w+)"', page.text)
    assert found, page.text
    return found[1]


def sign_in(visitor: httpx.Client, key: str = ADMIN_KEY, **more: str) -> httpx.Response:
    token = token_on(visitor.get("/sign-in"))
    return visitor.post("/sign-in", data={"token": token, "key": key, **more})


def is_signed_in(visitor: httpx.Client) -> bool:
    return "You are signed in" in visitor.get("/sign-out").text


def test_a_key_is_exchanged_for_a_cookie_that_scripts_cannot_read(visitor: httpx.Client) -> None:
    reply = sign_in(visitor)
    assert (reply.status_code, reply.headers["location"]) == (303, "/due")
    cookie = reply.headers["set-cookie"]
    assert cookie.startswith("trackrecord=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    assert ADMIN_KEY not in cookie
    assert is_signed_in(visitor)


def test_the_field_of_the_key_is_masked_and_left_to_password_managers(visitor: httpx.Client) -> None:
    (field,) = re.findall(r'<input[^>]*name="key"[^>]*>', visitor.get("/sign-in").text)
    assert 'type="password"' in field
    assert 'autocomplete="current-password"' in field
    assert sign_in(visitor, f" {ADMIN_KEY}\n").status_code == 303, "what was pasted with a key does no harm"


def test_behind_https_the_cookie_is_secure_and_bound_to_the_host(sqlite_url: str, tmp_path: Path) -> None:
    settings = Settings(
        _env_file=None, database_url=sqlite_url, state_dir=tmp_path, admin_key=ADMIN_KEY, public_url="https://x.org"
    )
    with serving(create_app(settings)) as url:
        cookie = httpx.get(f"{url}/sign-in").headers["set-cookie"]
    assert cookie.startswith("__Host-trackrecord=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize("key", ["", "guessed-key", "tr_00000000_guessed", "x" * 501, "\u00e9\u2603"])
def test_a_wrong_key_gives_no_access_and_is_not_shown_again(visitor: httpx.Client, key: str) -> None:
    reply = sign_in(visitor, key)
    assert reply.status_code == 422
    assert 'aria-invalid="true"' in reply.text
    assert len(key) < 5 or key not in reply.text
    assert not is_signed_in(visitor)


def test_revoking_the_key_ends_its_sessions_at_once(visitor: httpx.Client, admin: httpx.Client) -> None:
    made = admin.post("/api/keys", json={"name": "desk", "scopes": ["resolve"]}).json()
    sign_in(visitor, made["key"])
    assert is_signed_in(visitor)
    admin.post("/api/keys/desk/revocation")
    assert not is_signed_in(visitor)


def test_a_session_expires(visitor: httpx.Client, clock: FakeClock) -> None:
    sign_in(visitor)
    clock.advance(SESSION_LIFETIME.total_seconds() - 1)
    assert is_signed_in(visitor)
    clock.advance(2)
    assert not is_signed_in(visitor)


def test_a_form_left_open_overnight_can_be_sent_after_signing_in_again(visitor: httpx.Client, clock: FakeClock) -> None:
    sign_in(visitor)
    before = token_on(visitor.get("/sign-out"))
    clock.advance(SESSION_LIFETIME.total_seconds() + 1)
    assert visitor.post("/sign-out", data={"token": before}).status_code == 403
    sign_in(visitor)
    assert visitor.post("/sign-out", data={"token": before}).status_code == 303


def test_signing_out_ends_the_session(visitor: httpx.Client) -> None:
    sign_in(visitor)
    reply = visitor.post("/sign-out", data={"token": token_on(visitor.get("/sign-out"))})
    assert reply.status_code == 303
    assert not is_signed_in(visitor)


def test_signing_out_clears_the_pages_that_an_editor_has_seen_from_the_browser(visitor: httpx.Client) -> None:
    sign_in(visitor)
    reply = visitor.post("/sign-out", data={"token": token_on(visitor.get("/sign-out"))})
    assert reply.headers["clear-site-data"] == '"cache"'


def test_signing_in_again_ends_the_former_session(visitor: httpx.Client, base_url: str) -> None:
    sign_in(visitor)
    former = dict(visitor.cookies)
    sign_in(visitor)
    assert dict(visitor.cookies) != former
    assert is_signed_in(visitor)
    with httpx.Client(base_url=base_url, headers=HTML, cookies=former) as copy:
        assert not is_signed_in(copy)


def test_rotating_the_key_ends_its_sessions_at_once(visitor: httpx.Client, admin: httpx.Client) -> None:
    made = admin.post("/api/keys", json={"name": "desk", "scopes": ["resolve"]}).json()
    sign_in(visitor, made["key"])
    assert is_signed_in(visitor)
    rotated = admin.post(f"/api/keys/{made['id']}/rotation").json()
    assert not is_signed_in(visitor)
    sign_in(visitor, rotated["key"])
    assert is_signed_in(visitor)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://elsewhere.org"},
        {"origin": "null"},
    ],
)
def test_a_form_sent_from_another_site_is_refused(visitor: httpx.Client, headers: dict[str, str]) -> None:
    sign_in(visitor)
    token = token_on(visitor.get("/sign-out"))
    assert visitor.post("/sign-out", data={"token": token}, headers=headers).status_code == 403
    assert is_signed_in(visitor)


def test_a_form_from_this_site_is_taken_by_its_origin_too(visitor: httpx.Client, base_url: str) -> None:
    sign_in(visitor)
    token = token_on(visitor.get("/sign-out"))
    assert visitor.post("/sign-out", data={"token": token}, headers={"origin": base_url}).status_code == 303


@pytest.mark.parametrize("token", ["", "0" * 64, "\u00e9"])
def test_a_form_without_the_token_of_its_session_is_refused(visitor: httpx.Client, token: str) -> None:
    sign_in(visitor)
    assert visitor.post("/sign-out", data={"token": token}).status_code == 403
    assert is_signed_in(visitor)


def test_the_token_of_one_session_is_refused_in_another(visitor: httpx.Client, base_url: str) -> None:
    sign_in(visitor)
    with httpx.Client(base_url=base_url, headers=HTML) as other:
        sign_in(other)
        foreign = token_on(other.get("/sign-out"))
    assert visitor.post("/sign-out", data={"token": foreign}).status_code == 403


@pytest.mark.parametrize("cookie", ["", "nonsense", "eyJrZXkiOjF9.forged", "a" * 4000])
def test_a_forged_cookie_gives_no_access(base_url: str, cookie: str) -> None:
    reply = httpx.get(f"{base_url}/sign-out", headers=HTML | {"cookie": f"trackrecord={cookie}"})
    assert "You are not signed in" in reply.text


def test_the_cookie_does_not_permit_writing_through_the_api(visitor: httpx.Client) -> None:
    sign_in(visitor)
    assert visitor.post("/api/commentators", json={"name": "Ann"}).status_code == 401


def test_without_public_reading_the_cookie_permits_reading(sqlite_url: str, tmp_path: Path) -> None:
    settings = Settings(
        _env_file=None, database_url=sqlite_url, state_dir=tmp_path, admin_key=ADMIN_KEY, public_read=False
    )
    with serving(create_app(settings)) as url, httpx.Client(base_url=url, headers=HTML) as visitor:
        assert visitor.get("/questions").status_code == 401
        sign_in(visitor)
        assert visitor.get("/questions").status_code == 200
        assert visitor.get("/api/questions").status_code == 200


def test_many_wrong_keys_from_one_address_have_to_wait(visitor: httpx.Client, clock: FakeClock) -> None:
    for _ in range(MAX_FAILURES):
        assert sign_in(visitor, "wrong").status_code == 422
    reply = sign_in(visitor)
    assert reply.status_code == 429
    assert int(reply.headers["retry-after"]) > 0
    clock.advance(WINDOW.total_seconds() + 1)
    assert sign_in(visitor).status_code == 303


def test_the_memory_of_failures_is_bounded() -> None:
    failures = SignInThrottle()
    for number in range(MAX_ADDRESSES + 50):
        failures.add(str(number), START)
    assert len(failures._failures) == MAX_ADDRESSES


@pytest.mark.parametrize(
    "wanted", ["https://evil.org/", "//evil.org", "/\\evil.org", "javascript:alert(1)", "", "/a\\b", "/a\r\nb: c"]
)
def test_signing_in_never_leads_to_another_site(wanted: str) -> None:
    assert safe_path(wanted) == "/due"


def test_signing_in_leads_back_to_the_page_that_asked(visitor: httpx.Client) -> None:
    assert sign_in(visitor, next="/record?question=rain").headers["location"] == "/record?question=rain"
