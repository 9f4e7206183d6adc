"""A demo is marked by its database: on every page, on what leaves the site, and in its exports."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import Session

from predictions.demo_mark import is_demo, mark_as_demo
from predictions.enums import CommentatorKind
from predictions.errors import Conflict
from predictions.models import Commentator
from service.app import create_app
from service.db.engine import make_engine, read_transaction, write_transaction
from service.pages.embeds.link_image import Picture, draw_picture
from service.settings import Settings
from tests.conftest import ADMIN_KEY, serving
from tests.support.cli_runner import Command
from tests.support.fake_clock import START, FakeClock
from tests.support.sample_prediction import record_one, resolve

BANNER = "every person, question and prediction here is invented"


@pytest.fixture
def demo(sqlite_url: str, tmp_path: Path, clock: FakeClock) -> Iterator[httpx.Client]:
    """A client of an app on the database of a demo with one prediction."""
    engine = make_engine(sqlite_url)
    with write_transaction(engine) as session:
        mark_as_demo(session, now=START)
    engine.dispose()
    settings = Settings(_env_file=None, database_url=sqlite_url, state_dir=tmp_path / "state", admin_key=ADMIN_KEY)
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    with serving(create_app(settings, clock=clock)) as url, httpx.Client(base_url=url, headers=headers) as client:
        record_one(client)
        resolve(client)
        yield client


def test_every_page_of_a_demo_has_a_banner_and_a_mark_in_its_title(demo: httpx.Client) -> None:
    pages = ("/", "/commentators/ann-invented", "/questions/rain", "/sources/1", "/questions", "/method", "/ledger")
    for path in (*pages, "/nothing"):
        text = demo.get(path, headers={"Accept": "text/html"}).text
        assert text.count(BANNER) == 1, path
        assert "<title>Demo · " in text, path


def test_what_leaves_the_site_of_a_demo_carries_the_mark(demo: httpx.Client) -> None:
    assert "invented: " in demo.get("/commentators/ann-invented/badge.svg").text
    assert "invented: yes" in demo.get("/questions/rain/badge.svg").text
    for path in ("/commentators/ann-invented/card", "/questions/rain/card"):
        assert "everything here is invented" in demo.get(path).text
    assert "<title>Track Record demo (invented): resolutions</title>" in demo.get("/resolutions.atom").text
    assert "X-WR-CALNAME:Track Record demo (invented): deadlines" in demo.get("/deadlines.ics").text
    assert demo.get("/healthz").json() == {"status": "ok", "demo": True}


def test_a_real_record_carries_no_mark(admin: httpx.Client) -> None:
    record_one(admin)
    for path in ("/", "/commentators/ann-invented", "/commentators/ann-invented/card", "/resolutions.atom"):
        text = admin.get(path).text
        assert BANNER not in text
        assert "Demo · " not in text
        assert "demo (invented)" not in text
    assert admin.get("/healthz").json() == {"status": "ok", "demo": False}


def test_the_link_image_of_a_demo_carries_the_mark() -> None:
    given: dict[str, Any] = {
        "title": "Will it rain?",
        "fallback_title": "",
        "text": "t",
        "facts": (("Status", "open"),),
        "host": "example.org",
    }
    assert draw_picture(Picture(**given, demo=True)) != draw_picture(Picture(**given, demo=False))


def test_a_database_with_a_real_record_cannot_become_a_demo(session: Session) -> None:
    session.add(Commentator(slug="a", name="A", name_key="a", kind=CommentatorKind.PERSON, created_at=START))
    session.flush()
    with pytest.raises(Conflict, match="a database of its own"):
        mark_as_demo(session, now=START)
    assert not is_demo(session)


@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
def test_only_the_database_of_a_demo_imports_what_a_demo_exports(
    demo: httpx.Client,
    sqlite_url: str,
    trackrecord: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    suffix: str,
) -> None:
    file = tmp_path / f"demo.{suffix}"
    assert trackrecord("export", "--format", suffix, "-o", str(file)).code == 0
    first = file.read_text().splitlines()[0 if suffix == "jsonl" else 1]
    assert (json.loads(first) == {"type": "demo"}) if suffix == "jsonl" else first.startswith("demo,")
    again = trackrecord("import", str(file))
    assert again.code == 0, again.err
    monkeypatch.setenv("TRACKRECORD_DATABASE_URL", f"sqlite:///{tmp_path / 'real.db'}")
    for option in ([], ["--partial"]):
        refused = trackrecord("import", str(file), *option)
        assert refused.code == 3
        assert "invented" in refused.err
    engine = make_engine(f"sqlite:///{tmp_path / 'real.db'}")
    with read_transaction(engine) as session:
        assert session.get(Commentator, 1) is None
    engine.dispose()


def test_the_former_mark_of_a_row_is_refused_by_name(admin: httpx.Client) -> None:
    reply = admin.post("/api/commentators", json={"name": "Bob", "invented": True})
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["pointer"] == "/invented"


@pytest.mark.parametrize("mark", ["false", "", "true"])
@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
def test_a_file_with_the_former_mark_is_imported_unless_something_in_it_is_invented(
    demo: httpx.Client,
    trackrecord: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    suffix: str,
    mark: str,
) -> None:
    question = {"slug": "rain", "text": "Will it rain?", "resolution_criteria": "Rain falls.", "deadline": "2027-01-01"}
    if suffix == "jsonl":
        invented = {"invented": mark == "true"} if mark else {}
        content = json.dumps({"type": "question", **question, "deadline_basis": "assigned", **invented})
        content += "\n" + json.dumps({"type": "commentator", "name": "Ann", **invented})
    else:
        names = "type,question,question_text,resolution_criteria,deadline,deadline_basis,commentator,invented"
        cells = ",".join(question.values())
        content = f"{names}\nquestion,{cells},assigned,,{mark}\ncommentator,,,,,,Ann,{mark}"
    file = tmp_path / f"former.{suffix}"
    file.write_text(content)
    demo_slug = content.replace("rain", "snow")
    (tmp_path / f"demo.{suffix}").write_text(demo_slug)
    accepted = trackrecord("import", str(tmp_path / f"demo.{suffix}"))
    assert accepted.code == 0, accepted.err
    monkeypatch.setenv("TRACKRECORD_DATABASE_URL", f"sqlite:///{tmp_path / 'real.db'}")
    reply = trackrecord("import", str(file))
    if mark == "true":
        assert reply.code == 3
        assert "invented" in reply.err
    else:
        assert reply.code == 0, reply.err
