"""Feeds: resolutions as Atom, deadlines as a calendar; and HEAD wherever GET is answered."""

from datetime import UTC, datetime
from xml.etree.ElementTree import Element

import httpx
import pytest
from defusedxml.ElementTree import fromstring
from icalendar import Calendar

from tests.support.addresses import every_address
from tests.support.fake_clock import FakeClock
from tests.support.sample_prediction import QUESTION, record_one, resolve

NAMES = {"": "http://www.w3.org/2005/Atom"}
OPEN = QUESTION | {"slug": "snow", "text": "Will it snow; or, as\nsome say, not?", "deadline": "2031-03-20"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What these tests promise has nothing to do with the kind of database."""
    return sqlite_url


def feed_of(base_url: str, query: str = "") -> Element:
    reply = httpx.get(f"{base_url}/resolutions.atom{query}")
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"].startswith("application/atom+xml")
    return fromstring(reply.content)


def test_the_feed_of_an_empty_record_is_valid(base_url: str) -> None:
    feed = feed_of(base_url)
    assert [each.tag.split("}")[1] for each in feed][:3] == ["id", "title", "updated"]
    assert feed.findall("entry", NAMES) == []
    assert Calendar.from_ical(httpx.get(f"{base_url}/deadlines.ics").content).walk("VEVENT") == []


def test_a_resolution_and_its_correction_are_two_entries_newest_first(admin: httpx.Client, base_url: str) -> None:
    record_one(admin)
    resolve(admin, "yes")
    first = feed_of(base_url).findall("entry", NAMES)
    resolve(admin, "no")
    feed = feed_of(base_url)
    newest, oldest = feed.findall("entry", NAMES)
    assert newest.findtext("title", "", NAMES) == "Will it rain <b>hard</b>? – no, corrected"
    assert oldest.findtext("id", "", NAMES) == first[0].findtext("id", "", NAMES) != newest.findtext("id", "", NAMES)
    assert feed.findtext("updated", "", NAMES) == newest.findtext("updated", "", NAMES)
    links = {each.get("rel"): each.get("href", "") for each in newest.findall("link", NAMES)}
    assert links["alternate"].endswith("/questions/rain#resolution")
    assert links["related"] == "https://example.org/gauge"


def test_feeds_take_a_topic_and_a_commentator_and_say_so_in_their_own_address(
    admin: httpx.Client, base_url: str
) -> None:
    record_one(admin)
    resolve(admin)
    for query, number in (("?topic=weather", 1), ("?topic=sport", 0), ("?commentator=ann-invented", 1)):
        feed = feed_of(base_url, query)
        assert len(feed.findall("entry", NAMES)) == number, query
        own = [each.get("href", "") for each in feed.findall("link", NAMES) if each.get("rel") == "self"]
        assert own[0].endswith("/resolutions.atom" + query)
    assert httpx.get(f"{base_url}/resolutions.atom?commentator=nobody").status_code == 404


def test_an_open_deadline_is_an_instant_in_the_calendar_until_the_question_is_resolved(
    admin: httpx.Client, base_url: str
) -> None:
    record_one(admin, question=OPEN)
    reply = httpx.get(f"{base_url}/deadlines.ics?topic=weather")
    assert reply.headers["content-type"] == "text/calendar; charset=utf-8"
    assert all(len(line) <= 75 for line in reply.content.split(b"\r\n"))
    (event,) = Calendar.from_ical(reply.content).walk("VEVENT")
    assert event["summary"] == f"{OPEN['text']}"
    assert event.decoded("dtstart") == datetime(2031, 3, 20, 23, 59, 59, tzinfo=UTC)
    body = {"outcome": "yes", "known_at": "2025-03-10T12:00:00Z", "evidence": [{"url": "https://example.org/a"}]}
    assert admin.post("/api/questions/snow/resolutions", json=body).status_code == 201
    assert b"VEVENT" not in httpx.get(f"{base_url}/deadlines.ics").content


def test_a_postponed_deadline_keeps_its_uid_and_shows_a_later_stamp(
    admin: httpx.Client, base_url: str, clock: FakeClock
) -> None:
    record_one(admin, question=OPEN)
    (before,) = Calendar.from_ical(httpx.get(f"{base_url}/deadlines.ics").content).walk("VEVENT")
    clock.advance(3600)
    reply = admin.post("/api/questions/snow/postponements", json={"deadline": "2031-04-20", "reason": "As agreed."})
    assert reply.status_code < 300, reply.text
    (after,) = Calendar.from_ical(httpx.get(f"{base_url}/deadlines.ics").content).walk("VEVENT")
    assert after["uid"] == before["uid"]
    assert after.decoded("dtstamp") > before.decoded("dtstamp")
    assert after.decoded("dtstart") > before.decoded("dtstart")


def test_a_feed_that_has_not_changed_is_not_sent_again(base_url: str) -> None:
    for path in ("/resolutions.atom", "/deadlines.ics"):
        tag = httpx.get(base_url + path).headers["etag"]
        assert httpx.get(base_url + path, headers={"If-None-Match": tag}).status_code == 304


def test_every_address_that_answers_get_answers_head_alike_without_a_body(admin: httpx.Client) -> None:
    record_one(admin)
    resolve(admin)
    every = every_address()
    assert len(every) > 50
    for address in [*every, "/static/style.css", "/openapi.json", "/docs"]:
        whole, head = admin.get(address), admin.head(address)
        assert head.status_code == whole.status_code, address
        assert head.content == b""
        assert head.headers.get("content-type") == whole.headers.get("content-type")
