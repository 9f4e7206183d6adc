"""The times in OFAC's history of publications."""

import pytest

from resolvers.sources.ofac_parser import parse_history
from tests.support.sample_world import World


@pytest.mark.parametrize("stamp", ["2025-06-10T02:00:00.1234567Z", "2025-06-10T04:00:00+02:00"])
def test_a_time_of_the_history_that_names_its_offset_is_read_in_us_eastern_time(world: World, stamp: str) -> None:
    row = f'[{{"publicationID":1,"datePublished":"{stamp}"}}]'
    world.serve_bytes("/changes/history/2025", row.encode())
    (publication,) = parse_history(world.fetch.get(f"{world.url}/changes/history/2025"))
    assert f"{publication.published:%Y-%m-%d %H:%M}" == "2025-06-09 22:00"
