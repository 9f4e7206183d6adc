"""What is not the whole content of a source, or can be read in two ways, resolves no question, automatic or not."""

import re
from typing import Any

import pytest
from sqlalchemy import Engine

from predictions.enums import QuestionStatus
from resolvers.errors import SourceChanged
from resolvers.probing.models import ProbeStatus
from resolvers.probing.worker import Prober
from resolvers.sources.evidence import Probe
from service.db.engine import read_transaction
from tests.resolvers.sources.test_ofac import delta, entity
from tests.support.fake_clock import FakeClock
from tests.support.http_source_server import RawServer, raw, reply
from tests.support.probing_helpers import (
    HAPPENED,
    JSON,
    NOON,
    all_proposals,
    attach_resolver,
    attached_row,
    json_config,
    question_named,
    run_due,
    serve_answer,
)
from tests.support.sample_world import World, fixture, question

WHOLE = HAPPENED.encode()
CHANGED, UNAVAILABLE = ProbeStatus.CHANGED, ProbeStatus.UNAVAILABLE
TWICE = '{"happened": false, "happened": true, "day": "2025-11-20"}'

BEHAVIOURS: dict[str, tuple[Any, ProbeStatus]] = {
    **{str(status): (reply(WHOLE, status=status, content_type=JSON), CHANGED) for status in (201, 203, 206, 207, 226)},
    "202": (reply(WHOLE, status=202, content_type=JSON), UNAVAILABLE),
    "204": (raw(b"HTTP/1.1 204 No Content\r\n\r\n"), CHANGED),
    "299, which nobody has defined": (reply(WHOLE, status=299, content_type=JSON), UNAVAILABLE),
    "304 that was not requested": (raw(b"HTTP/1.1 304 Not Modified\r\n\r\n"), UNAVAILABLE),
    "200 of a part": (reply(WHOLE, content_type=JSON, content_range="bytes 0-40/90"), CHANGED),
    "less than was announced": (
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\nContent-Type: application/json\r\n\r\n" + WHOLE),
        UNAVAILABLE,
    ),
    "a chunk that breaks off": (
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(WHOLE) + WHOLE + b"\r\n"),
        UNAVAILABLE,
    ),
    "half a document without a length": (raw(b"HTTP/1.0 200 OK\r\n\r\n" + WHOLE[:-5]), CHANGED),
    "two documents": (reply(WHOLE * 2, content_type=JSON), CHANGED),
    "a name twice": (reply(TWICE.encode(), content_type=JSON), CHANGED),
    "a name twice, spelled differently": (
        reply(TWICE.replace('"happened": true', '"\\u0068appened": true').encode(), content_type=JSON),
        CHANGED,
    ),
    "a name twice further in": (reply(f'{{"a": [{{"b": {TWICE}}}]}}'.encode(), content_type=JSON), CHANGED),
    "a name twice with one value": (reply(b'{"happened": 1, "happened": 1}', content_type=JSON), CHANGED),
}


@pytest.mark.parametrize(("behaviour", "state"), BEHAVIOURS.values(), ids=BEHAVIOURS)
def test_an_automatic_resolver_resolves_nothing_by_a_part_or_an_ambiguous_document(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober, behaviour: Any, state: ProbeStatus
) -> None:
    server.routes["/feed"] = behaviour
    attach_resolver(engine, "q", json_config(server), automatic=True)
    run_due(prober)
    row = attached_row(engine, "q")
    assert (row.state, row.last_good_at) == (state, None)
    assert row.reason
    assert all_proposals(engine) == []
    with read_transaction(engine) as session:
        assert question_named(session, "q").status is QuestionStatus.OPEN


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


def test_the_whole_of_it_resolves_the_question(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    """So that the test above says something."""
    serve_answer(server, HAPPENED)
    attach_resolver(engine, "q", json_config(server), automatic=True)
    run_due(prober)
    with read_transaction(engine) as session:
        assert question_named(session, "q").outcome == "yes"


def test_the_reason_names_what_is_ambiguous(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    serve_answer(server, TWICE)
    attach_resolver(engine, "q", json_config(server))
    run_due(prober)
    assert "'happened' twice in one object" in attached_row(engine, "q").reason


# Other formats


def ofac_probe(world: World, history: str, body: bytes) -> Probe:
    world.serve_bytes("/changes/history/2025", history.encode(), content_type=JSON)
    world.serve_bytes("/changes/1", body, content_type="application/xml")
    return world.probe(question(), "ofac", programs=["RUSSIA-EO14024"], base_url=world.url)


ONE = '[{"publicationID": 1, "datePublished": "2025-06-10T09:00:00"}]'
ADDED = delta("2025-06-10", entity(7, "Example"))


@pytest.mark.parametrize(
    ("history", "body", "reason"),
    [
        (ONE.replace("}]", '}, {"publicationID": 1, "datePublished": "2025-06-11T09:00:00"}]'), ADDED, "two times"),
        (ONE.replace('"publicationID": 1', '"publicationID": 2, "publicationID": 1'), ADDED, "twice in one object"),
        (ONE, ADDED.replace(b"<entities>", b"<entities></entities><entities>"), "entities twice"),
        (
            ONE,
            ADDED.replace(
                b"<entities>",
                b"<publicationInfo><datePublished>2025-06-01T00:00:00</datePublished></publicationInfo><entities>",
            ),
            "publicationInfo twice",
        ),
        (ONE, delta("2025-06-10", entity(7, "A") + entity(7, "A", "remove")), "adds and removes the entity 7"),
        (ONE, ADDED[:-20], "invalid XML"),
        (ONE, ADDED.replace(b'id="7"', b'id="7" id="8"'), "invalid XML"),
    ],
)
def test_an_ambiguous_publication_of_ofac_is_a_changed_source(
    world: World, history: str, body: bytes, reason: str
) -> None:
    assert ofac_probe(world, ONE, ADDED).proposal is not None
    world.memory._pages.clear()
    with pytest.raises(SourceChanged, match=reason):
        ofac_probe(world, history, body)


@pytest.mark.parametrize("name", ["rss.xml", "atom.xml"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_feed_that_breaks_off_is_a_changed_source(world: World, name: str, encoding: str) -> None:
    text = re.sub('encoding="utf-8"', f'encoding="{encoding}"', fixture(name).decode(), flags=re.IGNORECASE)
    whole = text.encode(encoding)
    settings = {"url": f"{world.url}/feed", "any": ["sanctions", "oil"]}
    for tail in (b"", "\n<!-- made in 0.1 s -->\n".encode(encoding).removeprefix(b"\xff\xfe")):
        world.serve_bytes("/feed", whole + tail, content_type="application/xml")
        assert world.probe(question(), "feed", **settings).observed
    for length in (len(whole) - 8, len(whole) * 2 // 3):
        world.serve_bytes("/feed", whole[: length // 2 * 2], content_type="application/xml")
        with pytest.raises(SourceChanged, match="breaks off"):
            world.probe(question(), "feed", **settings)
