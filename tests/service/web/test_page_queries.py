"""A page refuses a query parameter that it does not know, except those that only count visits."""

from collections.abc import Iterator

import httpx
import pytest

from service.app import create_app
from service.settings import Settings
from tests.conftest import serving
from tests.service.security.test_sign_in import sign_in
from tests.support.fake_clock import FakeClock
from tests.support.sample_prediction import record_one

BROWSER = {"Accept": "text/html"}
PAGES = (
    *("/", "/questions", "/sources", "/search", "/compare", "/calibration", "/ledger", "/method", "/leaderboard.csv"),
    *("/commentators/ann-invented", "/questions/rain", "/sources/1", "/due"),
)
COUNTERS = "utm_source=a&utm_campaign=b&fbclid=c&gclid=d&msclkid=e&mc_cid=f&ref=g&ref_src=h&_ga=i"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What these tests promise has nothing to do with the kind of database."""
    return sqlite_url


@pytest.mark.parametrize("page", PAGES)
def test_an_unknown_parameter_is_refused_and_one_that_counts_visits_is_ignored(admin: httpx.Client, page: str) -> None:
    record_one(admin)
    plain, counted = admin.get(page, headers=BROWSER), admin.get(f"{page}?{COUNTERS}", headers=BROWSER)
    assert (plain.status_code, counted.status_code, counted.text) == (200, 200, plain.text)
    for query in ("toppic=weather", "toppic=", f"{COUNTERS}&toppic=weather"):
        refused = admin.get(f"{page}?{query}", headers=BROWSER)
        assert (refused.status_code, "text/html" in refused.headers["content-type"]) == (422, True)
        assert "“toppic” is not a query parameter of this address: " in refused.text


def test_the_page_that_refuses_a_parameter_lists_the_known_ones(admin: httpx.Client) -> None:
    assert "known are deadline_basis, event, order, outlet, page, status, topic" in admin.get("/questions?tag=a").text
    assert "known are first, second" in admin.get("/compare?third=a").text
    assert "`worded` is now called `verbal`: ask with verbal=..." in admin.get("/?worded=true").text


def test_feeds_and_cards_ignore_what_other_sites_add(admin: httpx.Client) -> None:
    record_one(admin)
    for address in (
        "/deadlines.ics",
        "/resolutions.atom",
        "/questions/rain/card",
        "/commentators/ann-invented/badge.svg",
    ):
        assert admin.get(f"{address}?nocache=1").status_code == 200


@pytest.fixture
def cached(settings: Settings, clock: FakeClock) -> Iterator[tuple[httpx.Client, "dict[object, object]"]]:
    """A reader, and the pages that the app has cached."""
    app = create_app(settings, clock=clock)
    with serving(app) as url, httpx.Client(base_url=url) as reader:
        yield reader, app.state.leaderboard_cache._pages


def test_parameters_without_meaning_do_not_fill_the_cache(cached: tuple[httpx.Client, "dict[object, object]"]) -> None:
    reader, pages = cached
    for count in range(5):
        assert reader.get(f"/?utm_source={count}&topic=&fbclid={count}").status_code == 200
        assert reader.get(f"/?nothing={count}").status_code == 422
        reader.get(("/?topic=a&kind=person", "/?kind=person&topic=a")[count % 2])
    assert len(pages) == 2


def test_an_error_page_shows_a_signed_in_editor_their_menu(admin: httpx.Client, base_url: str) -> None:
    record_one(admin)
    with httpx.Client(base_url=base_url, headers=BROWSER) as browser:
        sign_in(browser)
        for address in ("/?toppic=weather", "/questions/nothing"):
            assert "Sign out" in browser.get(address).text, address
