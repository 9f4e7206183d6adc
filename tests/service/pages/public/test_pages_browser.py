"""The public pages in a real browser: following links, the keyboard, a phone, a screen reader, and no other host."""

import html
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from predictions.starting_record.load import load_starting_record
from service.app import create_app
from service.db.engine import make_engine, write_transaction
from service.settings import Settings
from tests.conftest import serving
from tests.support.fake_clock import FakeClock
from tests.support.generated_record import fill

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

MOST_LINKS = 250
AXE = Path(__file__).with_name("vendor") / "axe.min.js"
PATHS = (
    "/",
    "/?sort=name&topic=energy",
    "/commentators/invented-person-1",
    "/commentators/graham-allison",
    "/questions",
    "/questions/question-1",
    "/questions/new-sanctions-12-months",
    "/questions/question-65",
    "/sources",
    "/sources/1",
    "/search?q=invented",
    "/compare?first=invented-person-1&second=invented-person-2",
    "/calibration",
    "/method?words=seems+unlikely",
    "/due",
    "/ledger",
    "/nothing-here",
)
STICKS_OUT = """() => [...document.querySelectorAll('body *')]
  .filter(e => !e.closest('.scroll, .skip, .visually-hidden') && e.getBoundingClientRect().right > innerWidth + 1)
  .map(e => e.tagName + ' ' + e.textContent.slice(0, 40))"""
FOCUS = """() => { const e = document.activeElement, s = getComputedStyle(e);
  return {text: (e.textContent || e.getAttribute('aria-label') || e.name || '').trim().slice(0, 40), tag: e.tagName,
          href: e.getAttribute('href'), outline: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2} }"""


@dataclass(frozen=True)
class Site:
    """A served record: its address, and a way to open a page of a browser on it."""

    url: str
    open: Callable[..., "Page"]


@pytest.fixture(scope="module")
def site_url(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[str]:
    """The address of an app with the starting record and an invented one."""
    folder, clock = tmp_path_factory.mktemp("site"), FakeClock()
    path = shutil.copy(sqlite_template, folder / "trackrecord.db")
    settings = Settings(
        _env_file=None, database_url=f"sqlite:///{path}", state_dir=folder / "state", contact="desk@example.org"
    )
    clock.advance(365 * 86400 * 1.6)
    engine = make_engine(settings.database)
    with write_transaction(engine) as session:
        load_starting_record(session, now=clock.now())
        fill(session, now=clock.now(), people=12, questions=70)
    engine.dispose()
    with serving(create_app(settings, clock=clock)) as url:
        yield url


@pytest.fixture
def site(site_url: str, chromium: "Browser") -> Iterator[Site]:
    """The site, with fresh pages of a browser that close in the end."""
    contexts = []

    def open_page(path: str = "/", **options: Any) -> "Page":
        contexts.append(chromium.new_context(base_url=site_url, **options))
        page = contexts[-1].new_page()
        page.goto(path)
        return page

    yield Site(site_url, open_page)
    for context in contexts:
        context.close()


def test_a_reader_goes_from_the_board_to_a_record_a_question_and_its_source_without_scripts(site: Site) -> None:
    page = site.open("/", java_script_enabled=False)
    page.get_by_role("link", name="Invented Person").first.click()
    assert "Reliability diagram" in page.content()
    page.locator("#scored ~ .scroll tbody a[href^='/questions/']").first.click()
    assert page.get_by_role("heading", name="Predictions over time").is_visible()
    page.locator("#predictions ~ .scroll a[href^='/sources/']").first.click()
    assert page.get_by_role("heading", name="Scorecard").is_visible()
    page.get_by_role("link", name="Track Record").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Whose predictions hold up?"


def test_a_reader_filters_and_sorts_the_board_without_scripts(site: Site) -> None:
    page = site.open("/", java_script_enabled=False)
    page.get_by_text("Filter the leaderboard").click()
    page.get_by_label("Topic").select_option("energy")
    page.get_by_role("button", name="Show").click()
    assert "topic=energy" in page.url
    assert page.get_by_label("Topic").input_value() == "energy"
    page.locator("#board").get_by_role("link", name="Brier score").click()
    assert "sort=brier" in page.url
    assert "topic=energy" in page.url
    assert page.locator("#board th[aria-sort=ascending]").inner_text().startswith("Brier score")
    scores = [float(text) for text in page.locator("#board tbody td:nth-child(4) .num").all_inner_texts()]
    assert len(scores) == 12
    assert scores == sorted(scores)


def test_a_reader_searches_from_any_page(site: Site) -> None:
    page = site.open("/method")
    page.get_by_label("Search commentators").fill("newly block")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="within twelve months").click()
    assert page.url.endswith("/questions/new-sanctions-12-months")


def test_the_keyboard_reaches_everything_in_order_and_its_place_is_always_seen(site: Site) -> None:
    page = site.open("/")
    page.keyboard.press("Tab")
    first = page.evaluate(FOCUS)
    assert first["text"] == "Skip to content"
    assert page.locator(".skip").bounding_box()["y"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    assert page.url.endswith("#content")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    page.goto("/")
    seen = []
    for _ in range(24):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(FOCUS))
    assert all(stop["outline"] for stop in seen), [stop for stop in seen if not stop["outline"]]
    names = [stop["text"] for stop in seen]
    order = ["Skip to content", "Track Record", "Leaderboard", "Questions", "Sources", "Method"]
    assert names[: len(order)] == order
    assert any(stop["href"] and stop["href"].startswith("/commentators/") for stop in seen)


def test_filters_open_and_apply_by_keyboard_alone(site: Site) -> None:
    page = site.open("/")
    page.locator("summary", has_text="Filter the leaderboard").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("energy")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Show").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**topic=energy**")


@dataclass
class Traffic:
    """What a page asks for, and what the browser complains of, from now on."""

    page: "Page"
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", self._complain)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _complain(self, message: "ConsoleMessage") -> None:
        if message.location["url"] != self.page.url:  # the browser remarks that a page itself answered 404
            self.complaints.append(message.text)

    def check(self, base_url: str) -> None:
        assert self.asked
        assert [url for url in self.asked if not url.startswith((base_url, "data:"))] == []
        assert self.complaints == []


def check_phone(page: "Page") -> None:
    """Nothing sticks out of a narrow window, with everything folded open."""
    page.set_viewport_size({"width": 375, "height": 812})
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert page.evaluate(STICKS_OUT) == []


def check_accessibility(page: "Page") -> None:
    """axe finds nothing by day, and enough contrast in the dark."""
    page.emulate_media(color_scheme="light")
    broken = violations(page, {})
    assert broken == {}, json.dumps(broken, indent=1)
    page.emulate_media(color_scheme="dark")
    broken = violations(page, {"runOnly": ["color-contrast"]})
    assert broken == {}, json.dumps(broken, indent=1)


def violations(page: "Page", options: dict[str, Any]) -> dict[str, list[str]]:
    """What axe objects to, with everything folded open: the rule, and the first places."""
    if not page.evaluate("'axe' in window"):
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        page.evaluate(AXE.read_text())
    found = page.evaluate("options => axe.run(document, {...options, resultTypes: ['violations']})", options)
    assert found["passes"]
    return {each["id"]: [node["html"][:160] for node in each["nodes"][:3]] for each in found["violations"]}


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_accessible_suits_a_phone_and_asks_no_other_host(site: Site, path: str) -> None:
    page = site.open("about:blank")
    traffic = Traffic(page)
    page.goto(path)
    check_accessibility(page)
    check_phone(page)
    traffic.check(site.url)


def test_axe_finds_what_is_broken(site: Site) -> None:
    page = site.open("/method")
    page.evaluate("document.querySelector('main').innerHTML = '<img src=\"/static/icon.svg\"><input>'")
    assert {"image-alt", "label"} <= set(violations(page, {}))


def test_no_link_is_broken(site_url: str) -> None:
    seen, waiting = {"/"}, ["/"]
    with httpx.Client(base_url=site_url, headers={"Accept": "text/html"}) as client:
        for path in waiting:
            reply = client.get(path, follow_redirects=True)
            assert reply.status_code == 200, path
            found = (
                re.findall(r'(?:href|src)="(/[^"#]*)', reply.text)
                if "text/html" in reply.headers["content-type"]
                else []
            )
            fresh = {html.unescape(link) for link in found} - seen
            seen |= fresh
            waiting += sorted(fresh)[: max(0, MOST_LINKS - len(waiting))]
    assert len(waiting) == MOST_LINKS


def test_headings_are_nested_and_every_page_has_one_first_heading_and_a_title(site: Site) -> None:
    page = site.open()
    for path in PATHS:
        page.goto(path)
        levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(e => +e.tagName[1])")
        assert levels.count(1) == 1, path
        assert all(after <= before + 1 for before, after in pairwise(levels)), (path, levels)
        assert "Track Record" in page.title(), path


def test_charts_are_described_and_have_tables_of_their_values(site: Site) -> None:
    page = site.open("/commentators/invented-person-1")
    for chart in page.locator("svg.chart").all():
        assert chart.get_attribute("role") == "img"
        named = chart.get_attribute("aria-labelledby") or ""
        assert all(len(page.locator(f"#{each}").text_content() or "") > 20 for each in named.split())
    assert page.locator("details", has_text="Values as a table").count() == 2


def test_print_leaves_navigation_and_filters_out(site: Site) -> None:
    page = site.open("/")
    page.emulate_media(media="print")
    assert not page.locator("header.site").is_visible()
    assert page.locator("#board").is_visible()
