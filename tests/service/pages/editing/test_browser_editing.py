"""Editors in a real browser: from recording a prediction to the changed board, by mouse, by keyboard, on a phone,
without scripts; and accessibility."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sqlalchemy import Engine

from predictions.hedges.interpret import read_hedge
from service.pages.rendering.formatting import brier
from service.scheduling.scheduler import run_once
from service.settings import Settings
from tests.conftest import ADMIN_KEY
from tests.service.pages.public.test_pages_browser import FOCUS, Traffic, check_accessibility, check_phone, violations
from tests.support.fake_clock import FakeClock
from tests.support.sample_prediction import record_one

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

QUESTION = "Will the canal reopen by 31 March 2025?"
PROPOSAL = {
    "outcome": "no",
    "known_at": "2025-03-19",
    "rationale": "The gauge stayed dry.",
    "evidence": [{"url": "https://example.org/a-long-address-without-any-break/" + "x" * 120, "note": "The gauge."}],
}
PATHS = (
    "/record",
    "/record?question=rain",
    "/due",
    "/due?done=rain",
    "/predictions/1/correct",
    "/commentators/ann-invented/correct",
    "/questions/rain/resolve",
    "/questions/rain/probe",
    "/questions/rain",
    "/channels",
    "/channels/1",
    "/sign-out",
    "/sign-in",
)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here depends on the database."""
    return sqlite_url


@pytest.fixture
def signed_in(chromium: "Browser", base_url: str) -> "Iterator[Callable[..., Page]]":
    """Opens a page of a browser that has signed in with the admin's key, at a path."""
    contexts = []

    def open_page(path: str, **options: Any) -> "Page":
        contexts.append(chromium.new_context(base_url=base_url, **options))
        page = contexts[-1].new_page()
        page.goto("/sign-in?next=" + path)
        page.get_by_label("Your API key").fill(ADMIN_KEY)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**" + path)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def waiting(admin: httpx.Client, engine: Engine, settings: Settings, clock: FakeClock) -> None:
    """One prediction whose question is overdue, with two proposals that contradict one another; a channel in vain."""
    record_one(admin)
    for outcome in ("no", "yes"):
        admin.post("/api/questions/rain/proposals", json=PROPOSAL | {"outcome": outcome})
    assert admin.post("/api/channels", json={"name": "desk", "target": "http://127.0.0.1:9/"}).status_code == 201
    run_once(engine, settings, clock)


def fill_in(page: "Page") -> None:
    page.get_by_role("combobox", name="Name").fill("Cleo Invented")
    page.get_by_text("Enter a new question").click()
    page.get_by_label("Question", exact=True).fill(QUESTION)
    page.get_by_label("Resolution criteria").fill("Yes if the canal office says so.")
    page.get_by_label("Deadline", exact=True).fill("2025-03-31")
    page.get_by_label("Deadline basis").select_option("stated")
    page.get_by_label("Words that carried the probability").fill("seems unlikely")
    page.get_by_label("Address of the article").fill("https://example.org/canal")
    page.get_by_label("Date", exact=True).fill("2025-02-01")


@pytest.mark.parametrize("scripts", [True, False])
def test_the_whole_story_from_recording_through_the_inbox_to_the_board(
    signed_in: "Callable[..., Page]", engine: Engine, settings: Settings, clock: FakeClock, scripts: bool
) -> None:
    page = signed_in("/record", java_script_enabled=scripts)
    fill_in(page)
    if scripts:
        page.locator("#interpretation strong").wait_for()
        assert page.locator("#interpretation strong").inner_text().endswith("%")
    page.get_by_role("button", name="Record the prediction").click()
    page.get_by_role("button", name="Record anyway").click()  # the deadline has passed
    assert "Recorded." in page.locator(".saved").inner_text()
    run_once(engine, settings, clock)
    page.goto("/?include=resolved")
    score = brier(read_hedge("seems unlikely").best ** 2)
    assert score not in page.locator("main").inner_text()
    page.get_by_role("link", name="Inbox").click()
    card = page.locator("li.card", has_text=QUESTION)
    card.get_by_text("Resolve or annul").click()
    card.get_by_label("no", exact=True).check()
    card.get_by_label("When it became public").fill("2025-03-31")
    card.get_by_label("Evidence").fill("https://example.org/closed")
    card.get_by_role("button", name="Resolve the question").click()
    assert "Outcome on record: no" in page.locator("#done").inner_text()
    page.goto("/?include=resolved")
    assert score in page.locator("main tr", has_text="Cleo Invented").first.inner_text()
    page.get_by_role("link", name="Cleo Invented").first.click()
    assert QUESTION in page.locator("main").inner_text()
    page.get_by_role("link", name="Sign out").click()
    page.get_by_role("button", name="Sign out").click()
    assert page.get_by_role("link", name="Sign in").count() == 1


def test_commentators_and_questions_on_record_are_suggested_as_one_types(
    signed_in: "Callable[..., Page]", waiting: None
) -> None:
    page = signed_in("/record")
    commentator, question = (
        page.get_by_role("combobox", name="Name"),
        page.get_by_role("combobox", name="Question on record"),
    )
    commentator.press_sequentially("ann in")
    page.locator("#on-record-people", has_text="entered as new").wait_for()
    assert page.locator("#people option").evaluate_all("all => all.map(e => e.value)") == ["Ann Invented"]
    commentator.press_sequentially("vented")
    page.locator("#on-record-people", has_text="Ann Invented is on record").wait_for()
    question.press_sequentially("will it")
    page.locator("#questions option[value^='Will it rain']").wait_for(state="attached")
    question.fill("Will it rain <b>hard</b>?")
    message = page.locator("#on-record-questions", has_text="assigned by a recorder")
    message.wait_for()
    assert "due" in message.inner_text()


def test_a_hedge_is_interpreted_as_one_types_and_only_the_newest_reply_is_shown(
    signed_in: "Callable[..., Page]",
) -> None:
    page = signed_in("/record")
    hedge = page.get_by_label("Words that carried the probability")
    hedge.press_sequentially("almost certain", delay=5)
    page.locator("#interpretation", has_text="almost certain").wait_for()
    best = page.locator("#interpretation strong").inner_text()
    page.get_by_label("refer to the opposite").check()
    page.locator("#interpretation", has_text="about the opposite").wait_for()
    assert int(best[:-1]) + int(page.locator("#interpretation strong").inner_text()[:-1]) == 100
    hedge.fill("zzz")
    page.locator("#interpretation .warning", has_text="has no entry for").wait_for()


def test_an_assigned_deadline_is_warned_about_at_once_without_scripts(signed_in: "Callable[..., Page]") -> None:
    page = signed_in("/record", java_script_enabled=False)
    page.get_by_text("Enter a new question").click()
    assert not page.locator(".when-assigned").is_visible()
    page.get_by_label("Deadline basis").select_option("assigned")
    assert page.locator(".when-assigned").is_visible()


def test_an_error_takes_the_focus_and_links_to_its_field(signed_in: "Callable[..., Page]") -> None:
    page = signed_in("/record")
    fill_in(page)
    page.get_by_label("Words that carried the probability").fill("zzz")
    page.get_by_role("button", name="Record the prediction").click()
    page.locator("#form-errors:focus").wait_for()
    page.locator("#form-errors a").click()
    assert page.evaluate("document.activeElement.name") == "hedge"
    assert page.get_by_label("Resolution criteria").input_value() == "Yes if the canal office says so."
    assert violations(page, {}) == {}


def test_a_question_is_resolved_by_keyboard_alone(signed_in: "Callable[..., Page]", waiting: None) -> None:
    page = signed_in("/due")
    for _ in range(60):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        assert stop["outline"], stop
        if stop["tag"] == "SUMMARY" and stop["text"].startswith("Resolve or annul"):
            break
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("03202025")
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.type") != "url":
        page.keyboard.press("Tab")
    page.keyboard.type("https://example.org/rain")
    page.keyboard.press("Enter")
    page.locator("#done", has_text="Outcome on record: yes").wait_for()


def test_every_page_is_accessible_suits_a_phone_and_asks_no_other_host(
    signed_in: "Callable[..., Page]", waiting: None, base_url: str
) -> None:
    page = signed_in("/record")
    traffic = Traffic(page)
    for path in PATHS:
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(path)
        check_accessibility(page)
        check_phone(page)
    traffic.check(base_url)


def test_scripts_cannot_read_the_session_cookie(signed_in: "Callable[..., Page]") -> None:
    page = signed_in("/record")
    assert page.evaluate("document.cookie") == ""
    [cookie] = page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
