"""What other sites embed: badges, cards, and the image shown with a link."""

import io
from collections.abc import Callable
from html import unescape
from typing import Any

import httpx
import pytest
from defusedxml.ElementTree import fromstring
from PIL import Image

from predictions.schemas.board_item import BoardItem
from predictions.schemas.estimates import BoardStatistics, Estimate
from service.app import create_app
from service.pages.embeds.cards import badge_text
from service.pages.embeds.link_image import Picture, draw_picture
from service.settings import Settings
from tests.conftest import ADMIN_KEY
from tests.support.fake_clock import FakeClock
from tests.support.sample_prediction import record_one, resolve

PAGES = ("/", "/commentators/ann-invented", "/questions/rain", "/method")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What these tests promise has nothing to do with the kind of database."""
    return sqlite_url


def test_a_badge_shows_score_and_status(admin: httpx.Client) -> None:
    record_one(admin)
    badge = "/commentators/ann-invented/badge.svg"
    assert "no score yet, 1 open" in admin.get(badge).text
    resolve(admin)
    reply = admin.get(badge)
    assert reply.headers["content-type"].startswith("image/svg+xml")
    assert fromstring(reply.content).tag == "{http://www.w3.org/2000/svg}svg"
    assert "1 resolved" in reply.text
    question = admin.get("/questions/rain/badge.svg")
    fromstring(question.content)
    assert "Will it rain &lt;b&gt;hard&lt;/b&gt;?" in question.text
    assert ">yes<" in question.text


def test_only_embeds_may_be_framed(admin: httpx.Client) -> None:
    record_one(admin)
    for path in PAGES:
        assert "frame-ancestors 'none'" in admin.get(path).headers["content-security-policy"], path
    for path in ("/commentators/ann-invented/card", "/questions/rain/card"):
        reply = admin.get(path)
        assert reply.status_code == 200
        assert "frame-ancestors *" in reply.headers["content-security-policy"], path
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


def image_of(title: str, otherwise: str = "Commentator 1", **changes: Any) -> Image.Image:
    facts = (("Brier score", "0.123"), ("Rank", "a rank of very many words"))
    given: dict[str, Any] = {"text": "Too few. " * 30, "facts": facts, "host": "example.org" * 9, "demo": True}
    picture = Picture(title=title, fallback_title=otherwise, **given | {"interval": (0.1, 0.2, 0.9)} | changes)
    return Image.open(io.BytesIO(draw_picture(picture))).convert("L")


@pytest.mark.parametrize("interval", [None, (None, 0.2, None), (0.1, 0.2, 0.9)])
@pytest.mark.parametrize("title", ["Zoë Đurić-Łęcka", "W" * 200, "Will it rain? " * 40, "Иван", "محمد", "x"])
def test_any_title_fits_on_the_image(title: str, interval: Any) -> None:
    right_edge = image_of(title, interval=interval).crop((1150, 20, 1200, 630)).getextrema()
    assert right_edge[0] == right_edge[1], "nothing is written beyond the margin"


@pytest.mark.parametrize("title", ["習近平", "ประยุทธ์", "Ann 習"])
def test_a_name_in_a_script_that_the_font_lacks_is_replaced_by_its_number(title: str) -> None:
    assert image_of(title).tobytes() == image_of("Commentator 1").tobytes()
    assert image_of(title).tobytes() != image_of(title, "Commentator 2").tobytes()


def test_a_link_to_a_question_is_shown_with_an_image_of_it(admin: httpx.Client) -> None:
    record_one(admin)
    address = "/questions/rain/question.png"
    assert f'property="og:image" content="http://127.0.0.1:8000{address}"' in admin.get("/questions/rain").text
    reply = admin.get(address)
    assert Image.open(io.BytesIO(reply.content)).size == (1200, 630)
    assert admin.get(address, headers={"If-None-Match": reply.headers["etag"]}).status_code == 304
    resolve(admin)
    assert admin.get(address).headers["etag"] != reply.headers["etag"]


def test_a_badge_and_a_card_of_a_short_record_say_that_events_are_too_few(admin: httpx.Client) -> None:
    record_one(admin)
    resolve(admin)
    badge = admin.get("/commentators/ann-invented/badge.svg").text
    assert "1 resolved, too few events to rank" in badge
    assert "too few events to rank" in admin.get("/commentators/ann-invented/card").text


def test_a_badge_gives_the_interval_of_its_score() -> None:
    known: dict[str, Any] = {name: None for name, field in BoardItem.model_fields.items() if field.is_required()}
    known |= {"status": "ranked", "rank": 2, "resolved": 1234}
    known["statistics"] = BoardStatistics(brier=Estimate(value=0.18, low=0.1, high=0.25))
    text = badge_text(BoardItem.model_construct(**known))
    assert text == "Brier 0.180, 90% interval 0.100 to 0.250, 1,234 resolved"


@pytest.mark.parametrize("what", ["badge.svg", "card", "record.png", "question.png"])
def test_embeds_of_unknown_commentators_and_questions_are_not_found(admin: httpx.Client, what: str) -> None:
    for kind in ("commentators", "questions"):
        assert admin.get(f"/{kind}/nobody/{what}").status_code == 404


EMBEDS = ("/commentators/ann-invented/badge.svg", "/commentators/ann-invented/card", "/questions/rain/question.png")


def test_shared_caches_may_store_embeds_for_minutes_but_not_pages(admin: httpx.Client) -> None:
    record_one(admin)
    for path in EMBEDS:
        headers = admin.get(path).headers
        assert headers["cache-control"] == "public, max-age=300", path
        assert "Cookie" not in headers["vary"]
    assert admin.get("/questions/rain").headers["cache-control"] == "private, no-cache"


def test_without_public_reading_shared_caches_may_store_nothing(
    settings: Settings, clock: FakeClock, serve: Callable[[Any], str]
) -> None:
    url = serve(create_app(settings.model_copy(update={"public_read": False}), clock=clock))
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {ADMIN_KEY}"}) as reader:
        record_one(reader)
        for path in EMBEDS:
            reply = reader.get(path)
            assert (reply.status_code, reply.headers["cache-control"]) == (200, "private, no-cache"), path
