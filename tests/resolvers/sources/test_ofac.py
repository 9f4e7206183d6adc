"""The resolver for US sanctions, on files in OFAC's format."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from resolvers.errors import SourceChanged, SourceUnavailable, TooLarge
from resolvers.sources.evidence import Basis, Probe
from resolvers.sources.ofac_parser import parse_delta
from tests.support.http_source_server import redirect, reply
from tests.support.sample_world import World, fixture, question

PROGRAMS = ["RUSSIA-EO14024", "RUSSIA-EO14065", "UKRAINE-EO13660", "UKRAINE-EO13661", "UKRAINE-EO13662"]
HALF_YEAR = question(deadline="2025-09-18T23:59:59-04:00")
FULL_YEAR = question(deadline="2026-03-18T23:59:59-04:00")
AFTER = datetime(2025, 9, 20, 12, 0, tzinfo=UTC)


def delta(day: str, entities: str = "", offset: str = "-04:00") -> bytes:
    return (
        '<sanctionsData xmlns="https://www.treasury.gov/ofac/DeltaFile/1.0"><publicationInfo>'
        f"<datePublished>{day}T00:00:00{offset}</datePublished></publicationInfo>"
        f"<entities>{entities}</entities></sanctionsData>"
    ).encode()


def entity(number: int, name: str, action: str = "add", program: str = "RUSSIA-EO14024") -> str:
    return (
        f'<entity id="{number}" action="{action}">'
        '<generalInfo><entityType refId="601">Entity</entityType></generalInfo>'
        f"<sanctionsPrograms><sanctionsProgram>{program}</sanctionsProgram></sanctionsPrograms>"
        f"<names><name><isPrimary>true</isPrimary><translations><translation><formattedFullName>{name}"
        "</formattedFullName></translation></translations></name></names></entity>"
    )


@pytest.fixture
def ofac(world: World) -> World:
    """A year of OFAC: the designation comes on 22 October; a change in place on 10 June concerns others."""
    world.serve("/changes/history/2025", "ofac_history.json")
    world.serve_bytes("/changes/history/2026", b"[]", content_type="application/json")
    world.serve("/changes/900", "ofac_delta_add.xml")  # before the question opened, and so never to be asked for
    world.serve("/changes/901", "ofac_delta_other_program.xml")
    world.serve_bytes("/changes/902", delta("2025-06-10"))
    world.serve_bytes("/changes/903", delta("2025-09-18"))
    world.serve("/changes/904", "ofac_delta_add.xml")
    world.serve("/changes/905", "ofac_delta_remove.xml")
    return world


def run_probe(world: World, probed: Any = FULL_YEAR, **settings: Any) -> Probe:
    config = {"programs": PROGRAMS, "names": ["Example Oil Company", "Example Gas"], "entity_type": "Entity"}
    return world.probe(probed, "ofac", **{**config, "base_url": world.url, **settings})


# Yes


def test_a_new_designation_proposes_yes_on_the_day_of_its_publication(ofac: World) -> None:
    proposal = run_probe(ofac).proposal
    assert proposal is not None
    assert (proposal.outcome, proposal.event_date, proposal.basis) == ("yes", date(2025, 10, 22), Basis.POSITIVE)
    assert proposal.confidence == 0.6, "matched by name alone"
    evidence = proposal.evidence[0]
    assert evidence.url == f"{ofac.url}/changes/904"
    assert evidence.locator == "entity[@id='90001']"
    assert evidence.excerpt == "add 90001 PUBLIC JOINT STOCK COMPANY EXAMPLE OIL COMPANY [RUSSIA-EO14024]"
    assert evidence.snapshot == evidence.sha256
    assert ofac.snapshots.get(evidence.sha256) == fixture("ofac_delta_add.xml")


def test_a_probe_lists_what_it_read(ofac: World) -> None:
    probe = run_probe(ofac)
    assert probe.observed == (
        "2025-10-22 publication 904: add 90001 PUBLIC JOINT STOCK COMPANY EXAMPLE OIL COMPANY [RUSSIA-EO14024]",
        "5 publications read: 1 matching entities, 1 wanted",
    )
    assert "/changes/900" not in ofac.server.targets()


def test_an_id_on_the_list_is_the_strongest_match(ofac: World) -> None:
    proposal = run_probe(ofac, names=[], entity_ids=["90001"]).proposal
    assert proposal is not None
    assert (proposal.outcome, proposal.confidence) == ("yes", 0.95)


def test_a_programme_alone_counts_everyone_under_it(ofac: World) -> None:
    proposal = run_probe(ofac, names=[], min_count=2).proposal
    assert proposal is not None
    assert (proposal.confidence, len(proposal.evidence)) == (0.95, 2)
    assert run_probe(ofac, names=[], min_count=3).proposal is None, "the third is an individual"
    assert run_probe(ofac, names=[], min_count=3, entity_type=None).proposal is not None


@pytest.mark.parametrize(
    "name", ["example oil company", "EXAMPLE  OIL-COMPANY", "Public Joint Stock Company Example Oil Company"]
)
def test_a_name_is_found_without_regard_to_case_and_signs(ofac: World, name: str) -> None:
    assert run_probe(ofac, names=[name]).proposal is not None


@pytest.mark.parametrize("name", ["ПРИМЕРНЕФТЬ", "Primerneft"])
def test_a_name_is_found_among_the_aliases_in_any_script(ofac: World, name: str) -> None:
    assert run_probe(ofac, names=[name]).proposal is not None


@pytest.mark.parametrize("name", ["Example Oil Compan", "Oil Example Company", "ample Oil", "Sample Oil Company"])
def test_only_whole_words_in_their_order_are_a_match(ofac: World, name: str) -> None:
    assert run_probe(ofac, names=[name]).proposal is None


def test_a_whole_name_leaves_out_subsidiaries(ofac: World) -> None:
    assert run_probe(ofac, names=["Example Oil"], min_count=2).proposal is not None
    assert run_probe(ofac, names=["Example Oil"], match="whole").proposal is None
    assert run_probe(ofac, names=["Example Oil Trading LLC"], match="whole").proposal is not None


def test_an_excluded_id_does_not_count(ofac: World) -> None:
    assert run_probe(ofac, exclude_ids=["90001"]).proposal is None


def test_another_programme_another_list_and_another_action_do_not_count(ofac: World) -> None:
    assert run_probe(ofac, programs=["CUBA"]).proposal is None
    assert run_probe(ofac, lists=["Sectoral Sanctions Identifications List"]).proposal is None
    removed = run_probe(ofac, actions=["remove"]).proposal
    assert removed is not None
    assert removed.event_date == date(2025, 4, 2), "the removal that other_program.xml has under a Russia programme"


def test_a_removal_is_not_a_designation(ofac: World) -> None:
    ofac.serve("/changes/904", "ofac_delta_remove.xml")
    assert run_probe(ofac).proposal is None


def test_a_later_removal_does_not_undo_that_it_happened(ofac: World) -> None:
    proposal = run_probe(ofac).proposal
    assert proposal is not None
    assert proposal.outcome == "yes"


def test_an_entity_listed_before_counts_once_a_change_puts_it_on_the_list(ofac: World) -> None:
    """A company under sectoral sanctions that is then blocked keeps its entry: the delta has a change, no addition."""
    ofac.serve("/changes/902", "ofac_delta_change.xml")
    proposal = run_probe(ofac, names=["Example Gas"]).proposal
    assert proposal is not None
    assert (proposal.event_date, proposal.evidence[0].locator) == (date(2025, 6, 10), "entity[@id='92001']")


def test_a_change_of_something_else_is_not_a_designation(ofac: World) -> None:
    ofac.serve("/changes/902", "ofac_delta_change.xml")
    assert run_probe(ofac, names=["Example Bank"]).proposal is None


def test_the_same_probe_twice_is_the_same_proposal(ofac: World) -> None:
    one, two = run_probe(ofac).proposal, run_probe(ofac).proposal
    assert one is not None
    assert two is not None
    assert one.key == two.key
    other = run_probe(ofac, min_count=1, names=["Example Oil Company"]).proposal
    assert other is not None
    assert other.key != one.key, "other settings"


# When it counts


@pytest.mark.parametrize(
    ("zone", "published", "deadline", "counts"),
    [
        ("America/New_York", "2025-09-18T23:30:00.1", "2025-09-18T23:59:59-04:00", True),
        ("UTC", "2025-09-18T23:30:00.1", "2025-09-18T23:59:59+00:00", False),
        ("UTC", "2025-09-18T19:30:00.1", "2025-09-18T23:59:59+00:00", True),
        ("Asia/Tokyo", "2025-09-18T10:30:00.1", "2025-09-18T23:59:59+09:00", True),
        ("Asia/Tokyo", "2025-09-18T11:30:00.1", "2025-09-18T23:59:59+09:00", False),
        ("UTC", "2025-09-18T00:00:00", "2025-09-18T23:59:59+00:00", True),
    ],
)
def test_days_are_counted_in_the_zone_of_the_question(
    world: World, zone: str, published: str, deadline: str, counts: bool
) -> None:
    """OFAC's own times are US Eastern; a stamp of midnight is a date and not a time."""
    world.serve_bytes("/changes/history/2025", f'[{{"publicationID":1,"datePublished":"{published}"}}]'.encode())
    world.serve_bytes("/changes/1", delta("2025-09-18", entity(1, "EXAMPLE GAS")))
    probed = question(opened="2025-09-01", deadline=deadline, deadline_zone=zone)
    proposal = run_probe(world, probed).proposal
    assert (proposal is not None and proposal.outcome == "yes") is counts


def test_a_stamp_of_midnight_is_a_day_and_counts_as_a_whole(world: World) -> None:
    world.serve_bytes("/changes/history/2025", b'[{"publicationID":1,"datePublished":"2025-09-02T00:00:00"}]')
    world.serve_bytes("/changes/1", delta("2025-09-02", entity(1, "EXAMPLE GAS")))
    proposal = run_probe(world, question(opened="2025-09-02T13:00:00+00:00")).proposal
    assert proposal is not None
    assert proposal.event_date == date(2025, 9, 2)
    minute = b'[{"publicationID":1,"datePublished":"2025-09-02T08:00:00"}]'
    world.serve_bytes("/changes/history/2025", minute)
    assert run_probe(world, question(opened="2025-09-02T13:00:00+00:00", deadline="2025-12-31")).proposal is None


def test_where_history_and_delta_name_two_days_that_of_the_delta_holds(world: World) -> None:
    world.serve_bytes("/changes/history/2025", b'[{"publicationID":1,"datePublished":"2025-09-19T09:00:00"}]')
    world.serve_bytes("/changes/1", delta("2025-09-18", entity(1, "EXAMPLE GAS")))
    proposal = run_probe(world, HALF_YEAR).proposal
    assert proposal is not None
    assert (proposal.outcome, proposal.event_date) == ("yes", date(2025, 9, 18))


@pytest.mark.parametrize(("listed", "counts"), [("2025-06-10", True), ("2022-02-24", False)])
def test_a_list_entry_published_with_the_delta_is_new(ofac: World, listed: str, counts: bool) -> None:
    changed = entity(5, "EXAMPLE GAS").replace(' action="add"', "")
    entry = f'<sanctionsLists><sanctionsList datePublished="{listed}">SDN List</sanctionsList></sanctionsLists>'
    ofac.serve_bytes("/changes/902", delta("2025-06-10", changed.replace("<names>", f"{entry}<names>")))
    proposal = run_probe(ofac, names=["Example Gas"]).proposal
    assert (proposal is not None) is counts


def test_what_was_published_before_the_opening_or_after_the_deadline_does_not_count(ofac: World) -> None:
    late = run_probe(ofac, question(opened="2025-10-23", deadline="2026-03-18"))
    assert late.proposal is None
    early = run_probe(ofac, HALF_YEAR).proposal
    assert early is not None
    assert early.outcome == "no"


def test_a_window_over_the_turn_of_the_year_reads_both_years(world: World) -> None:
    world.clock.set(datetime(2026, 2, 1, tzinfo=UTC))
    world.serve_bytes("/changes/history/2025", b'[{"publicationID":1,"datePublished":"2025-12-30T10:00:00"}]')
    world.serve_bytes("/changes/history/2026", b'[{"publicationID":2,"datePublished":"2026-01-16T10:01:44.740051"}]')
    world.serve_bytes("/changes/1", delta("2025-12-30"))
    world.serve_bytes("/changes/2", delta("2026-01-16", entity(1, "EXAMPLE GAS"), offset="-05:00"))
    proposal = run_probe(world).proposal
    assert proposal is not None
    assert proposal.event_date == date(2026, 1, 16)


# No


def test_no_match_means_no_only_after_deadline_and_grace(ofac: World) -> None:
    for now in ("2025-09-01T12:00", "2025-09-19T03:59", "2025-09-20T03:59"):
        ofac.clock.set(datetime.fromisoformat(now).replace(tzinfo=UTC))
        probe = run_probe(ofac, HALF_YEAR)
        assert probe.proposal is None
        assert "no is not proposed before 2025-09-20 03:59 UTC" in probe.reason
    ofac.clock.set(AFTER)
    proposal = run_probe(ofac, HALF_YEAR).proposal
    assert proposal is not None
    assert (proposal.outcome, proposal.basis, proposal.confidence) == ("no", Basis.ABSENT, 0.6)
    assert "all" not in proposal.rationale
    assert "the 3 publications" in proposal.rationale
    assert "the last is 903 of 2025-09-18" in proposal.rationale


def test_an_unavailable_delta_means_no_proposal_and_never_no(ofac: World) -> None:
    ofac.clock.set(AFTER)
    for status in (404, 500, 503):
        ofac.server.routes["/changes/902"] = reply(status=status)
        with pytest.raises(SourceUnavailable):
            run_probe(ofac, HALF_YEAR)


@pytest.mark.parametrize("history", [b"[]", b'[{"publicationID":900,"datePublished":"2025-03-14T10:00:00"}]'])
def test_an_empty_history_proves_nothing(ofac: World, history: bytes) -> None:
    ofac.clock.set(AFTER)
    ofac.serve_bytes("/changes/history/2025", history)
    probe = run_probe(ofac, HALF_YEAR)
    assert probe.proposal is None
    assert "proves nothing" in probe.reason


def test_a_change_without_a_name_prevents_a_no(ofac: World) -> None:
    """A delta may leave out the name of an entity it changes; so whether the question concerns it is unknown."""
    ofac.serve("/changes/902", "ofac_delta_change.xml")
    ofac.clock.set(AFTER)
    probe = run_probe(ofac, HALF_YEAR, names=["Example Steel"])
    assert probe.proposal is None
    assert "entity 92003" in probe.reason
    excluded = run_probe(ofac, HALF_YEAR, names=["Example Steel"], exclude_ids=["92003"]).proposal
    assert excluded is not None
    assert excluded.outcome == "no"


def test_deltas_are_fetched_once_and_the_history_each_time(ofac: World) -> None:
    run_probe(ofac)
    run_probe(ofac)
    targets = ofac.server.targets()
    assert targets.count("/changes/904") == 1
    assert targets.count("/changes/history/2025") == 2


# Sources that are down, refuse, or have changed


def test_a_refusal_says_what_to_do_instead(ofac: World) -> None:
    ofac.server.routes["/changes/history/2025"] = reply(b"<html>Forbidden</html>", status=403)
    with pytest.raises(SourceUnavailable, match="by hand") as raised:
        run_probe(ofac)
    assert raised.value.status == 403


def test_the_redirect_to_the_file_store_is_followed_and_its_signature_not_stored(ofac: World) -> None:
    stored = "/DeltaArchive/2025-10-22_delta.xml"
    ofac.server.routes["/changes/904"] = redirect(f"{ofac.url}{stored}?X-Amz-Signature=abc&X-Amz-Expires=3600")
    ofac.serve(stored, "ofac_delta_add.xml")
    proposal = run_probe(ofac).proposal
    assert proposal is not None
    assert proposal.evidence[0].url == f"{ofac.url}/changes/904"
    assert proposal.evidence[0].final_url == f"{ofac.url}{stored}?X-Amz-Signature=REDACTED&X-Amz-Expires=3600"


BOMB = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b"<sanctionsData><entities>&b;</entities></sanctionsData>"
)
OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><sanctionsData>&a;</sanctionsData>'
CHANGED = {
    "another root": fixture("ofac_delta_bad_root.xml"),
    "a web page": b"<html><body>Maintenance</body></html>",
    "no XML": b"Service unavailable",
    "nothing": b"",
    "broken off": fixture("ofac_delta_add.xml")[:1500],
    "no date": b"<sanctionsData><entities/></sanctionsData>",
    "no list of entities": delta("2025-10-22").replace(b"<entities></entities>", b""),
    "a date that is none": delta("soon"),
    "an action that is not known": delta("2025-10-22", entity(1, "X", action="suspend")),
    "entities that unfold": BOMB,
    "an entity from outside": OUTSIDE,
    "a DTD": b"<!DOCTYPE sanctionsData>" + delta("2025-10-22"),
    "an encoding that is none": b'<?xml version="1.0" encoding="x-none"?>' + delta("2025-10-22"),
}


@pytest.mark.parametrize("body", CHANGED.values(), ids=CHANGED)
def test_a_delta_in_another_format_is_an_error_and_never_read_as_no(ofac: World, body: bytes) -> None:
    ofac.clock.set(AFTER)
    ofac.serve_bytes("/changes/902", body)
    with pytest.raises(SourceChanged):
        run_probe(ofac, HALF_YEAR)


def test_a_delta_with_another_root_is_an_error_that_names_it() -> None:
    with pytest.raises(SourceChanged, match="'sdnList' in place of a delta"):
        parse_delta(fixture("ofac_delta_bad_root.xml"))


HISTORIES = {
    "an object": b'{"error": "maintenance"}',
    "a web page": b"<html></html>",
    "an entry without id": b'[{"datePublished":"2025-04-02T10:05:12"}]',
    "an entry without date": b'[{"publicationID":901}]',
    "a date that is none": b'[{"publicationID":901,"datePublished":"soon"}]',
    "a null date": b'[{"publicationID":901,"datePublished":null}]',
    "rows that are no objects": b"[901]",
    "a null id": b'[{"publicationID":null,"datePublished":"2025-04-02T10:05:12"}]',
    "an id that is a truth value": b'[{"publicationID":true,"datePublished":"2025-04-02T10:05:12"}]',
    "an id that leads elsewhere": b'[{"publicationID":"../../x","datePublished":"2025-04-02T10:05:12"}]',
}


@pytest.mark.parametrize("body", HISTORIES.values(), ids=HISTORIES)
def test_a_history_in_another_format_is_an_error(ofac: World, body: bytes) -> None:
    ofac.clock.set(AFTER)
    ofac.serve_bytes("/changes/history/2025", body)
    with pytest.raises(SourceChanged):
        run_probe(ofac, HALF_YEAR)


@pytest.mark.parametrize(
    "ids", ["803", '"5b1c6f1e-0c1d-4f67-9a53-6c8f1c7d2b11"', '"803"'], ids=["number", "uuid", "text"]
)
def test_ids_of_publications_are_taken_as_they_come(world: World, ids: str) -> None:
    row = f'{{"publicationID":{ids},"datePublished":"2025-06-10T10:00:00"}}'
    world.serve_bytes("/changes/history/2025", f'{{"publications":[{row}]}}'.encode())
    world.serve_bytes(f"/changes/{ids.strip(chr(34))}", delta("2025-06-10", entity(1, "EXAMPLE GAS")))
    assert run_probe(world).proposal is not None


def test_the_namespace_does_not_matter() -> None:
    with_namespace = fixture("ofac_delta_add.xml")
    without = with_namespace.replace(b' xmlns="https://www.treasury.gov/ofac/DeltaFile/1.0"', b"")
    prefixed = with_namespace.replace(b"xmlns=", b"xmlns:d=").replace(b"</", b"</d:").replace(b"<", b"<d:")
    prefixed = prefixed.replace(b"<d:/d:", b"</d:").replace(b"<d:?", b"<?").replace(b"<d:!", b"<!")
    assert parse_delta(without) == parse_delta(with_namespace) == parse_delta(prefixed)


def test_a_delta_of_thousands_of_entities_is_read(ofac: World) -> None:
    many = "".join(entity(number, f"FILLER {number}", program="SDGT") for number in range(10_000))
    ofac.serve_bytes("/changes/902", delta("2025-06-10", many + entity(99_999, "EXAMPLE GAS")))
    proposal = run_probe(ofac).proposal
    assert proposal is not None
    assert proposal.event_date == date(2025, 6, 10)


def test_a_delta_over_the_size_limit_is_refused(ofac: World) -> None:
    ofac.serve_bytes("/changes/902", delta("2025-06-10", " " * 8_000_000))
    with pytest.raises(TooLarge):
        run_probe(ofac)
