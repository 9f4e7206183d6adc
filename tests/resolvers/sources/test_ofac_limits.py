"""The number of publications that one probe of OFAC reads."""

import json
from datetime import UTC, datetime

import pytest

from resolvers.errors import NotConfigured
from resolvers.sources.ofac import MAX_PUBLICATIONS
from tests.support.sample_world import World, question


def test_a_question_with_too_many_publications_is_refused_before_any_is_read(world: World) -> None:
    world.clock.set(datetime(2025, 9, 20, tzinfo=UTC))
    entries = [
        {"publicationID": number, "datePublished": "2025-04-02T10:05:12"} for number in range(MAX_PUBLICATIONS + 1)
    ]
    world.serve_bytes("/changes/history/2025", json.dumps(entries).encode(), content_type="application/json")
    with pytest.raises(NotConfigured, match="give the question a later opening"):
        world.probe(question(), "ofac", programs=["RUSSIA-EO14024"], base_url=world.url)
    assert world.server.targets() == ["/changes/history/2025"]
