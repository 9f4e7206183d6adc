"""The resolver for RSS and Atom feeds."""

import time
from datetime import UTC, date, datetime
from typing import Any

import pytest

from predictions.errors import InvalidInput
from resolvers.errors import SourceChanged, SourceUnavailable
from resolvers.sources.evidence import Probe
from resolvers.sources.registry import validate_config
from tests.support.http_source_server import reply
from tests.support.sample_world import World, fixture, question

QUESTION = question(opened="2025-03-18", deadline="2025-09-18T23:59:59-04:00")
WORDS = {"all": ["adopts new sanctions"], "any": ["Exampleland", "Elsewhere"]}


def run_probe(world: World, probed: Any = QUESTION, **settings: Any) -> Probe:
    return world.probe(probed, "feed", **{"url": f"{world.url}/feed", **WORDS, **settings})


def probe_body(world: World, body: bytes, **settings: Any) -> Probe:
    world.serve_bytes("/feed", body, content_type="application/rss+xml")
    return run_probe(world, **settings)


def rss(item: str, kind: bytes = b'<?xml version="1.0" encoding="utf-8"?>') -> bytes:
    date = "<pubDate>Tue, 10 Jun 2025 10:00:00 GMT</pubDate>"
    return kind + f'<rss version="2.0"><channel><title>x</title><item>{item}{date}</item></channel></rss>'.encode()


def test_a_matching_entry_is_proposed_with_the_lowest_confidence(world: World) -> None:
    world.serve("/feed", "rss.xml")
    probe = run_probe(world)
    assert probe.proposal is not None
    assert (probe.proposal.outcome, probe.proposal.event_date) == ("yes", date(2025, 6, 10))
    assert probe.proposal.confidence == 0.4
    assert probe.proposal.rationale.startswith("A suggestion only")
    assert probe.proposal.evidence[0].locator == "entry press-3"
    assert world.snapshots.get(probe.proposal.evidence[0].sha256) == fixture("rss.xml")


def test_an_entry_sent_twice_counts_once_and_one_without_date_never(world: World) -> None:
    world.serve("/feed", "rss.xml")
    assert run_probe(world).observed[0] == "3 entries with a date, 1 without; 2 match"


def test_an_entry_before_the_opening_is_shown_and_not_proposed(world: World) -> None:
    world.serve("/feed", "rss.xml")
    probe = run_probe(world, all=["first package"])
    assert probe.proposal is None
    assert "2025-03-03" in probe.observed[1]


def test_an_atom_feed_is_read_and_dated_in_the_zone_of_the_question(world: World) -> None:
    world.serve("/feed", "atom.xml")
    proposal = run_probe(world).proposal
    assert proposal is not None
    assert proposal.event_date == date(2025, 8, 1), "half past ten in the evening, US Eastern"
    assert "https://ministry.example/7" in proposal.rationale


def test_a_feed_with_faults_is_read_as_far_as_it_goes(world: World) -> None:
    world.serve("/feed", "bozo.xml")
    proposal = run_probe(world).proposal
    assert proposal is not None
    assert proposal.evidence[0].locator == "entry b1"


@pytest.mark.parametrize(
    ("settings", "fits"),
    [
        ({"all": ["énergie exemple"], "any": []}, True),
        ({"all": ["ENERGIE EXEMPLE"], "any": []}, True),
        ({"all": ["Exampleland's oil sector"], "any": []}, True),
        ({"all": ["exampl"], "any": []}, False),
        ({"all": ["sanctions new"], "any": []}, False),
        ({"all": [], "any": ["nothing", "oil"]}, True),
        ({"all": [], "any": ["nothing"]}, False),
        ({"all": ["oil"], "any": [], "none": ["package"]}, False),
        ({"all": ["oil"], "any": [], "none": ["coal"]}, True),
        ({"all": ["oil"], "any": [], "since": "2025-06-10"}, True),
        ({"all": ["oil"], "any": [], "since": "2025-06-11"}, False),
        ({"all": ["Énergie Exemple and others"], "any": []}, True),
    ],
)
def test_words_are_whole_and_in_order_without_regard_to_case_accents_and_markup(
    world: World, settings: dict[str, Any], fits: bool
) -> None:
    world.serve("/feed", "rss.xml")
    assert (run_probe(world, **settings).proposal is not None) is fits


def test_no_match_is_never_no(world: World) -> None:
    world.serve("/feed", "rss.xml")
    world.clock.set(datetime(2026, 9, 1, tzinfo=UTC))
    assert run_probe(world, all=["peace"]).proposal is None


@pytest.mark.parametrize("body", [b"", b"{}", b"<html><body>Maintenance</body></html>", b"\x00\xff" * 50, b"<rss"])
def test_what_is_no_feed_is_a_fault(world: World, body: bytes) -> None:
    with pytest.raises(SourceChanged):
        probe_body(world, body)


ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x "adopts new sanctions Exampleland">]>',
    b'<?xml version="1.0"?><!-- ' + b"x" * 20_000 + b' --><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    b'<?xml version="1.0"?><!doctype r [<!ENTITY a "aa"><!ENTITY x "&a;&a;&a;">]>',
)


@pytest.mark.parametrize("prolog", ENTITIES)
def test_a_feed_with_a_dtd_is_refused(world: World, prolog: bytes) -> None:
    with pytest.raises(SourceChanged, match="DTD"):
        probe_body(world, rss("<title>&x;</title>", prolog))


def test_a_dtd_in_another_encoding_is_refused_too(world: World) -> None:
    text = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE r [<!ENTITY x "y">]><rss version="2.0"/>'
    with pytest.raises(SourceChanged, match="DTD"):
        probe_body(world, text.encode("utf-16"))


def test_a_page_quoted_inside_an_entry_is_no_dtd(world: World) -> None:
    item = "<title>adopts new sanctions Exampleland</title><description><![CDATA[<!DOCTYPE html>]]></description>"
    assert probe_body(world, rss(item)).proposal is not None


def test_a_script_in_an_entry_is_text_and_a_link_to_a_script_is_none(world: World) -> None:
    item = (
        "<title>&lt;script&gt;x()&lt;/script&gt; adopts new sanctions Exampleland</title>"
        "<link>javascript:alert(1)</link>"
    )
    probe = probe_body(world, rss(item))
    assert probe.proposal is not None
    assert "<script" not in repr(probe)
    assert "javascript:" not in probe.proposal.rationale


def test_a_field_without_end_is_cut(world: World) -> None:
    item = f"<title>{'x ' * 100_000} adopts new sanctions Exampleland</title>"
    assert probe_body(world, rss(item)).proposal is None


def test_brackets_that_are_never_closed_cost_little_time(world: World) -> None:
    items = "".join(
        f"<item><guid>{number}</guid><title><![CDATA[{'<' * 9_900}]]></title>"
        "<pubDate>Wed, 11 Jun 2025 10:00:00 GMT</pubDate></item>"
        for number in range(190)
    )
    body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>{items}</channel></rss>'
    world.serve_bytes("/feed", body.encode(), content_type="application/xml")
    began = time.process_time()
    assert run_probe(world).observed[0].startswith("190 entries")
    assert time.process_time() - began < 5.0, "it took 11 seconds on a quick machine"


def test_an_address_in_place_of_a_feed_is_not_followed(world: World) -> None:
    """The library would fetch an address; it is given bytes only, and takes them as data."""
    with pytest.raises(SourceChanged):
        probe_body(world, f"{world.url}/elsewhere".encode())
    assert world.server.targets() == ["/feed"]


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_feed_that_is_down_is_an_error(world: World, status: int) -> None:
    world.server.routes["/feed"] = reply(fixture("rss.xml"), status=status)
    with pytest.raises(SourceUnavailable):
        run_probe(world)


def test_a_new_entry_elsewhere_in_the_feed_does_not_make_another_proposal(world: World) -> None:
    world.serve("/feed", "rss.xml")
    one = run_probe(world).proposal
    more = fixture("rss.xml").replace(b"</channel>", b"<item><title>Other</title><guid>o</guid></item></channel>")
    two = probe_body(world, more).proposal
    assert one is not None
    assert two is not None
    assert one.key == two.key


@pytest.mark.parametrize(
    ("settings", "pointer"),
    [
        ({"url": "https://a.example/"}, "/config"),
        ({"url": "https://a.example/", "all": ["a"]}, "/config/all/0"),
        ({"url": "https://a.example/", "any": ["  "]}, "/config/any/0"),
        ({"url": "file:///etc/passwd", "all": ["ab"]}, "/config/url"),
        ({"all": ["ab"]}, "/config/url"),
    ],
)
def test_wrong_settings_are_refused_with_a_pointer(settings: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        validate_config("feed", settings)
    assert [fault.pointer for fault in raised.value.faults] == [pointer]
