"""What others show in their own pages: badges, cards, and the image beside a link."""

import io
from html import unescape

import httpx
import pytest
from defusedxml.ElementTree import fromstring
from PIL import Image

from service.pages.social import Figures, record_image
from tests.service.one_prediction import record_one, resolve

PAGES = ("/", "/commentators/ann-invented", "/questions/rain", "/method")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What these tests promise has nothing to do with the kind of database."""
    return sqlite_url


def test_a_badge_tells_score_and_status_and_that_the_record_is_invented(admin: httpx.Client) -> None:
    record_one(admin)
    badge = "/commentators/ann-invented/badge.svg"
    assert "invented: no score yet, 1 open" in admin.get(badge).text
    assert "invented: " in admin.get("/questions/rain/badge.svg").text
    resolve(admin)
    reply = admin.get(badge)
    assert reply.headers["content-type"].startswith("image/svg+xml")
    assert fromstring(reply.content).tag == "{http://www.w3.org/2000/svg}svg"
    assert "1 resolved" in reply.text
    question = admin.get("/questions/rain/badge.svg")
    fromstring(question.content)
    assert "Will it rain &lt;b&gt;hard&lt;/b&gt;?" in question.text
    assert "invented: yes" in question.text


def test_only_what_is_made_for_it_may_be_framed(admin: httpx.Client) -> None:
    record_one(admin)
    for path in PAGES:
        assert "frame-ancestors 'none'" in admin.get(path).headers["content-security-policy"], path
    for path in ("/commentators/ann-invented/card", "/questions/rain/card"):
        reply = admin.get(path)
        assert reply.status_code == 200
        assert "frame-ancestors *" in reply.headers["content-security-policy"], path
        assert "invented" in reply.text
        assert "<form" not in reply.text, "nothing in a frame can be clicked by mistake"


def test_the_page_gives_the_code_that_shows_badge_and_card_elsewhere(admin: httpx.Client) -> None:
    record_one(admin)
    for path in PAGES[1:3]:
        text = unescape(admin.get(path).text)
        assert f'{path}/badge.svg" alt="' in text
        assert f'<iframe src="http://127.0.0.1:8000{path}/card"' in text
    assert "on Track Record" in text
    assert "<b>hard" not in admin.get("/questions/rain").text


def test_a_link_to_a_record_is_shown_with_an_image_of_it(admin: httpx.Client) -> None:
    record_one(admin)
    text = admin.get("/commentators/ann-invented").text
    assert 'property="og:image" content="http://127.0.0.1:8000/commentators/ann-invented/record.png"' in text
    reply = admin.get("/commentators/ann-invented/record.png")
    assert reply.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(reply.content)).size == (1200, 630)
    again = admin.get("/commentators/ann-invented/record.png", headers={"If-None-Match": reply.headers["etag"]})
    assert again.status_code == 304
    resolve(admin)
    assert admin.get("/commentators/ann-invented/record.png").headers["etag"] != reply.headers["etag"]


@pytest.mark.parametrize("name", ["Zoë Đurić-Łęcka", "W" * 200, "Иван", "x"])
def test_any_name_fits_on_the_image(name: str) -> None:
    figures = Figures(name, "Too few. " * 30, "0.123", (0.1, 0.2, 0.9), "12", "3", "1–4", "example.org", invented=True)
    image = Image.open(io.BytesIO(record_image(figures)))
    right_edge = image.convert("L").crop((1150, 20, 1200, 630)).getextrema()
    assert right_edge[0] == right_edge[1], "nothing is written beyond the margin"
