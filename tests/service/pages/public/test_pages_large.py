"""The pages of a large record: 3,000 commentators, and a question on which all of them predicted."""

import gzip
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from predictions.schemas.inputs import CommentatorIn, PredictionIn, QuestionRef
from predictions.submissions.record import record_predictions
from service.app import create_app
from service.db.engine import make_engine, write_transaction
from service.settings import Settings
from tests.conftest import serving
from tests.support.fake_clock import FakeClock
from tests.support.generated_record import fill

PEOPLE = 3000
REGULARS = 110
PATHS = (
    "/",
    "/?page=2",
    "/?page=30",
    "/?sort=name&topic=energy",
    "/?recorded_late=true",
    "/commentators/invented-person-1",
    "/questions",
    "/questions/question-29",
    "/questions/question-29?page=3",
    "/questions/question-1",
    "/sources",
    "/search?q=invented",
    "/method",
)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[httpx.Client]:
    """A client of an app with 3,000 commentators, some of them ranked; all predicted on the last question."""
    folder, clock = tmp_path_factory.mktemp("large"), FakeClock()
    path = shutil.copy(sqlite_template, folder / "trackrecord.db")
    settings = Settings(_env_file=None, database_url=f"sqlite:///{path}", state_dir=folder / "state")
    engine = make_engine(settings.database)
    with write_transaction(engine) as session:
        fill(session, now=clock.now(), people=REGULARS, questions=30)
        everyone = [
            PredictionIn(
                commentator=CommentatorIn(name=f"Invented Person {who}"),
                question=QuestionRef(slug="question-29"),
                made_at=clock.now() - timedelta(days=1 + who % 20),
                probability=who % 100 / 100,
            )
            for who in range(REGULARS, PEOPLE)
        ]
        record_predictions(session, everyone, now=clock.now(), actor="the tests")
    engine.dispose()
    with serving(create_app(settings, clock=clock)) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


def transferred(client: httpx.Client, path: str) -> tuple[int, str]:
    """The bytes that a browser is sent for a page, and its text."""
    with client.stream("GET", path, headers={"Accept-Encoding": "gzip", "Accept": "text/html"}) as reply:
        raw = b"".join(reply.iter_raw())
        assert reply.status_code == 200, path
        return len(raw), (gzip.decompress(raw) if reply.headers.get("content-encoding") else raw).decode()


def test_every_page_stays_small(large: httpx.Client) -> None:
    for path in PATHS:
        size, text = transferred(large, path)
        assert "<h1>" in text, path
        assert size < 60_000, path


def test_the_board_with_all_it_loads_is_under_100_kilobytes(large: httpx.Client) -> None:
    size, text = transferred(large, "/")
    files = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', text))
    assert files
    assert size + sum(transferred_file(large, path) for path in files) < 100_000


def transferred_file(client: httpx.Client, path: str) -> int:
    reply = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert reply.status_code == 200
    return len(reply.content)


def test_neighbouring_pages_of_the_board_share_nobody_and_the_last_one_ends_it(large: httpx.Client) -> None:
    names: list[str] = []
    for page in (1, 2, PEOPLE // 100):
        text = large.get(f"/?page={page}").text
        here = re.findall(r'<th scope="row"><a href="/commentators/([^"]+)"', text)
        assert len(here) == 100
        names += here
    assert len(set(names)) == 300
    assert 'rel="next"' not in text
    assert f"2,901–{PEOPLE:,} of {PEOPLE:,}" in text


def test_ranked_commentators_come_before_unranked_ones(large: httpx.Client) -> None:
    first, second = large.get("/").text, large.get("/?page=2").text
    assert "Too few events to rank" not in first
    assert "Too few events to rank" in second
    assert second.index("Tier") < second.index("Too few events to rank")


def test_a_question_with_thousands_of_predictions_says_how_many_it_draws(large: httpx.Client) -> None:
    text = large.get("/questions/question-29").text
    assert "The first 2,000 predictions" in text
    assert "mean of 1,999 commentators" in text  # one prediction was corrected
