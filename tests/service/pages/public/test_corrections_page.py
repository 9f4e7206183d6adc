"""Every correction is listed in public: on a page, in a feed and over the API, newest first."""

import httpx
import pytest
from defusedxml.ElementTree import fromstring

from service.pages.public import corrections
from tests.support.sample_prediction import corrected_everything

NAMES = {"": "http://www.w3.org/2005/Atom"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What these tests promise has nothing to do with the kind of database."""
    return sqlite_url


def test_the_page_and_the_feed_say_the_same_in_words(admin: httpx.Client, base_url: str) -> None:
    corrected_everything(admin)
    page = admin.get("/corrections").text
    changes = ("<del><bdi>Ann Invented</bdi></del>", "<ins><bdi>Ann Renamed</bdi></ins>", "rivers; weather")
    for words in ("Prediction withdrawn", *changes):
        assert words in page
    assert page.index("Outcome retracted") < page.index("Question corrected")
    feed = fromstring(httpx.get(f"{base_url}/corrections.atom").content)
    entries = feed.findall("entry", NAMES)
    assert len(entries) == 10
    assert entries[3].findtext("title", "", NAMES) == "Commentator corrected: Ann Renamed"
    assert entries[3].findtext("summary", "", NAMES) == "name: Ann Invented became Ann Renamed. By first admin."
    link = entries[3].find("link", NAMES)
    assert link is not None
    assert feed.findtext("updated", "", NAMES) == entries[0].findtext("updated", "", NAMES)
    shown = httpx.get(link.get("href", "").replace("http://127.0.0.1:8000", base_url)).text
    assert 'id="c' + link.get("href", "").rpartition("#c")[2] + '"' in shown
    assert 'href="/corrections"' in admin.get("/method").text


def test_the_list_goes_on_at_the_next_page_and_ends(admin: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "No corrections yet" in admin.get("/corrections").text
    corrected_everything(admin)
    monkeypatch.setattr(corrections, "PAGE", 5)
    first = admin.get("/corrections").text
    older = first.partition('rel="next" href="')[2].partition('"')[0]
    assert older.startswith("/corrections?before=")
    assert first.count("<li id=") == 5
    last = admin.get(older).text
    assert (last.count("<li id="), 'rel="next"' in last) == (5, False)
