"""If-None-Match is evaluated alike by API, pages and stored snapshots."""

from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from predictions.models import Question
from predictions.questions.proposals import Finding, propose_finding
from resolvers.outbound.response import FetchedResponse
from service.db.engine import write_transaction
from service.settings import Settings
from service.wiring.probing import snapshot_store
from tests.support.sample_prediction import record_one

NOW = datetime(2025, 3, 1, tzinfo=UTC)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What these tests promise has nothing to do with the kind of database."""
    return sqlite_url


@pytest.fixture
def doors(admin: httpx.Client, engine: Engine, settings: Settings) -> list[str]:
    record_one(admin)
    body = b"what the source said"
    url = "https://example.org/"
    key = snapshot_store(settings).put(FetchedResponse(url, url, 200, {}, body, NOW))
    finding = Finding("json", "", "yes", NOW, 0.9, "seen", [{"url": url, "snapshot": key}], "0" * 64)
    with write_transaction(engine) as session:
        question = session.execute(select(Question).where(col(Question.slug) == "rain")).scalar_one()
        propose_finding(session, question, finding, now=NOW, actor="resolver json")
    return ["/api/questions/rain", "/questions/rain", "/api/leaderboard", f"/snapshots/{key}"]


def test_a_list_a_weak_tag_a_strong_tag_and_a_star_name_what_the_client_holds(
    admin: httpx.Client, doors: list[str]
) -> None:
    for address in doors:
        tag = admin.get(address).headers["etag"]
        assert tag.startswith('W/"'), address
        opaque = tag.removeprefix("W/")
        for held in (tag, opaque, f'"other", {tag}', f'W/"a,b",{opaque} , "c"', "*"):
            reply = admin.get(address, headers={"If-None-Match": held})
            assert (reply.status_code, reply.content, reply.headers["etag"]) == (304, b"", tag), (address, held)
        lines = [("If-None-Match", '"other"'), ("If-None-Match", tag)]
        assert admin.get(address, headers=lines).status_code == 304, address


def test_what_only_contains_or_resembles_the_tag_does_not_name_it(admin: httpx.Client, doors: list[str]) -> None:
    for address in doors:
        opaque = admin.get(address).headers["etag"].removeprefix("W/")
        longer, bare = f'"x{opaque.strip(chr(34))}"', opaque.strip('"')
        for held in ("", '""', '"other"', longer, bare, f'"other{opaque}', f'"*", {longer}', '"*"'):
            assert admin.get(address, headers={"If-None-Match": held}).status_code == 200, (address, held)
