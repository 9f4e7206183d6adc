"""The public pages over HTTP: headers, caching, filters in the address, and error messages."""

import csv
import gzip
import io
import re
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from predictions.queries import details
from service.app import create_app
from service.cache.page_cache import PageBytes
from service.files.csv_injection import guard, unguard
from service.pages.rendering import csv_download, labels
from service.pages.rendering.csv_download import csv_bytes
from service.settings import Settings
from tests.support.fake_clock import FakeClock
from tests.support.sample_prediction import QUESTION, record_one, resolve

BROWSER = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What these tests promise has nothing to do with the kind of database."""
    return sqlite_url


def test_an_empty_board_says_what_to_do_next(base_url: str) -> None:
    text = httpx.get(base_url).text
    assert "Nothing recorded yet" in text
    assert 'href="/docs"' in text


def test_a_browser_gets_a_helpful_page_where_nothing_is_and_a_program_gets_the_problem(base_url: str) -> None:
    for path in ("/nothing", "/questions/nothing", "/commentators/nobody", "/sources/9"):
        page = httpx.get(base_url + path, headers=BROWSER)
        assert page.status_code == 404, path
        assert page.headers["content-type"].startswith("text/html")
        assert "Page not found" in page.text
        assert 'href="/questions"' in page.text
        problem = httpx.get(base_url + path)
        assert problem.status_code == 404
        assert problem.json()["detail"][1:20] in page.text


def test_a_wrong_filter_is_shown_on_the_page_with_its_name_and_remedy(base_url: str) -> None:
    page = httpx.get(f"{base_url}/?deadline_basis=guessed", headers=BROWSER)
    assert page.status_code == 422
    assert "deadline_basis" in page.text
    assert "implied" in page.text


def test_the_api_answers_browsers_with_problems_too(base_url: str) -> None:
    reply = httpx.get(f"{base_url}/api/questions/nothing", headers=BROWSER)
    assert reply.headers["content-type"] == "application/problem+json"


def test_a_form_that_sends_empty_fields_filters_nothing(admin: httpx.Client) -> None:
    record_one(admin)
    empty = "/?topic=&from=&to=&deadline_basis=&verbal=&recorded_late=&kind=&include=&revisions=&min_resolved="
    assert "Ann Invented" in admin.get(empty).text


def test_filters_and_order_live_in_the_address_and_in_the_links_to_the_data(admin: httpx.Client) -> None:
    record_one(admin)
    text = admin.get("/?topic=weather&include=resolved&sort=name").text
    assert "/api/leaderboard?topic=weather&amp;include=resolved&amp;sort=name" in text
    assert "/leaderboard.csv?topic=weather&amp;include=resolved&amp;sort=name" in text
    assert "Ann Invented" not in admin.get("/?topic=elsewhere").text


def test_pages_carry_strict_headers_and_load_nothing_from_elsewhere(base_url: str) -> None:
    reply = httpx.get(base_url)
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert " style=" not in reply.text
    assert "<script" not in reply.text


def test_a_page_that_has_not_changed_is_not_sent_again(admin: httpx.Client) -> None:
    record_one(admin)
    first = admin.get("/questions/rain")
    again = admin.get("/questions/rain", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""
    resolve(admin)
    assert admin.get("/questions/rain", headers={"If-None-Match": first.headers["etag"]}).status_code == 200


def test_pages_are_compressed_for_whoever_takes_it(base_url: str) -> None:
    with httpx.stream("GET", base_url, headers={"Accept-Encoding": "gzip"}) as reply:
        raw = b"".join(reply.iter_raw())
    assert reply.headers["content-encoding"] == "gzip"
    assert b"<h1>" in gzip.decompress(raw)
    assert "content-encoding" not in httpx.get(base_url, headers={"Accept-Encoding": "identity"}).headers


def test_the_method_page_interprets_hedges_as_the_lexicon_does_and_explains_failures(base_url: str) -> None:
    found = httpx.get(f"{base_url}/method", params={"words": "seems unlikely"}).text
    read = httpx.get(f"{base_url}/api/hedge", params={"words": "seems unlikely"}).json()
    assert f"{100 * read['best']:.0f}%" in found
    assert "has no entry for" in httpx.get(f"{base_url}/method", params={"words": "zzz"}).text


def test_the_method_page_shows_every_entry_of_every_lexicon(base_url: str) -> None:
    text = httpx.get(f"{base_url}/method").text
    for lexicon in httpx.get(f"{base_url}/api/lexicons").json()["items"]:
        assert f"{lexicon['name']}, version {lexicon['version']}, {len(lexicon['entries'])} entries" in text
        for entry in lexicon["entries"]:
            assert f"{100 * entry['best']:.0f}%" in text
            assert entry["patterns"][0].replace("'", "&#39;") in text


def test_files_that_pages_load_are_cached_for_long_and_change_their_address_with_their_content(base_url: str) -> None:
    found = re.search(r'href="(/static/style\.css\?v=[0-9a-f]+)"', httpx.get(base_url).text)
    assert found is not None
    reply = httpx.get(base_url + found[1], headers={"Accept-Encoding": "gzip"})
    assert "immutable" in reply.headers["cache-control"]
    assert reply.headers["content-encoding"] == "gzip"
    assert reply.headers["content-type"].startswith("text/css")
    plain = httpx.get(f"{base_url}/static/style.css", headers={"Accept-Encoding": "identity"})
    assert plain.text == reply.text
    assert "cache-control" not in plain.headers
    held = {"If-None-Match": plain.headers["etag"]}
    assert httpx.get(f"{base_url}/static/style.css", headers=held).status_code == 304
    assert httpx.get(f"{base_url}/static/../settings.py").status_code == 404


def test_pages_answer_to_head_as_to_get_without_a_body(base_url: str) -> None:
    for path in ("/", "/questions", "/method"):
        asked = httpx.head(base_url + path)
        assert asked.status_code == 200, path
        assert asked.content == b""
        assert asked.headers["etag"] == httpx.get(base_url + path).headers["etag"]


def test_without_public_reading_readers_are_led_to_the_sign_in_and_back(
    settings: Settings, clock: FakeClock, serve: Callable[[Any], str]
) -> None:
    url = serve(create_app(settings.model_copy(update={"public_read": False}), clock=clock))
    for path in ("/", "/questions?status=open", "/leaderboard.csv"):
        reply = httpx.get(url + path, headers=BROWSER)
        assert reply.status_code == 401, path
        assert f"/sign-in?{urlencode({'next': path})}" in reply.text


def test_cached_pages_are_never_outdated(admin: httpx.Client, clock: FakeClock) -> None:
    record_one(admin, question=QUESTION | {"deadline": "2025-04-11"}, made_at="2025-03-31")
    for path in ("/", "/commentators/ann-invented"):
        assert "in 10 days" in admin.get(path).text, path
    clock.advance(3 * 86400)
    for path in ("/", "/commentators/ann-invented"):
        assert "in 7 days" in admin.get(path).text, path


def test_the_method_page_explains_every_mark_that_the_record_can_carry(base_url: str) -> None:
    text = httpx.get(f"{base_url}/method").text
    for name in details.FLAGS:
        assert labels.FLAGS[name][1] in unescape(text), name


@pytest.mark.parametrize("text", ["=1+1", "\n=1+1", "'=1+1", "-x", "plain", ""])
def test_a_download_guards_the_cells_that_an_export_guards(text: str) -> None:
    body = csv_bytes(["text", "number"], [[text, -0.5]]).decode()
    _, row = csv.reader(io.StringIO(body))
    assert row == [guard(text), "-0.5"]
    assert unguard(row[0]) == text


def test_a_download_is_made_once_for_all_readers_until_the_record_changes(
    admin: httpx.Client, base_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[bytes] = []

    def counted(body: bytes, *rest: Any) -> PageBytes:
        made.append(body)
        return PageBytes(body, *rest)

    monkeypatch.setattr(csv_download, "PageBytes", counted)
    record_one(admin)
    for path in ("/leaderboard.csv", "/commentators/ann-invented/record.csv"):
        made.clear()
        first = httpx.get(base_url + path)
        assert "attachment" in first.headers["content-disposition"]
        for _ in range(3):
            assert httpx.get(base_url + path + "?utm_source=x").text == first.text
        unchanged = httpx.get(base_url + path, headers={"If-None-Match": first.headers["etag"]})
        assert (unchanged.status_code, len(made)) == (304, 1)
    record_one(admin, commentator={"name": "Bob Invented"})
    assert "Bob Invented" in httpx.get(f"{base_url}/leaderboard.csv").text
