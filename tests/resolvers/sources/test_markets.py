"""The resolvers for prediction markets, on responses in the format of each site."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from predictions.errors import InvalidInput
from resolvers.errors import NotConfigured, SourceChanged, SourceUnavailable
from resolvers.sources.evidence import Basis, Probe
from resolvers.sources.registry import validate_config
from tests.support.http_source_server import reply
from tests.support.sample_world import World, fixture, question

QUESTION = question(opened="2025-03-18", deadline="2025-09-18T23:59:59-04:00")
SITES = {
    "manifold": ("/v0/market/SynthMkt0001", "SynthMkt0001"),
    "polymarket": ("/markets", "synthetic-will-the-example-happen-in-2025"),
    "kalshi": ("/markets/KXSYNTH-25SEP18", "KXSYNTH-25SEP18"),
    "metaculus": ("/api/posts/991/", "991"),
}


def run_probe(world: World, site: str, name: str | Any, probed: Any = QUESTION, **settings: Any) -> Probe:
    """Ask the mirror of a site that answers with a fixture, or with a value as JSON."""
    path, market = SITES[site]
    body = fixture(f"{name}.json") if isinstance(name, str) else json.dumps(name).encode()
    world.environment.setdefault("TRACKRECORD_FEED_METACULUS", "s3cret")
    world.serve_bytes(path, body, content_type="application/json; charset=utf-8")
    config = {"market": market, "criteria_match": True, "base_url": world.url}
    return world.probe(probed, site, **{**config, **settings})


SETTLED = [
    ("manifold", "manifold_yes", "yes", date(2025, 9, 4), Basis.SETTLED),
    ("manifold", "manifold_cancel", "annulled", date(2025, 9, 4), Basis.VOID),
    ("polymarket", "polymarket_yes", "yes", date(2025, 9, 11), Basis.SETTLED),
    ("polymarket", "polymarket_void", "annulled", date(2025, 9, 11), Basis.VOID),
    ("kalshi", "kalshi_finalized", "yes", date(2025, 9, 17), Basis.SETTLED),
    ("metaculus", "metaculus_no", "no", date(2025, 9, 18), Basis.SETTLED),
    ("metaculus", "metaculus_annulled", "annulled", date(2025, 9, 18), Basis.VOID),
]


@pytest.mark.parametrize(("site", "name", "outcome", "day", "basis"), SETTLED)
def test_a_settled_market_proposes_its_outcome(
    world: World, site: str, name: str, outcome: str, day: date, basis: Basis
) -> None:
    proposal = run_probe(world, site, name).proposal
    assert proposal is not None
    assert (proposal.outcome, proposal.event_date, proposal.basis) == (outcome, day, basis)
    assert (proposal.confidence, proposal.resolver) == (0.85, site)
    assert (proposal.evidence[0].snapshot is None) is (site == "metaculus"), "whose terms allow no copies"


WAITING = [
    ("manifold", "manifold_open", "not resolved"),
    ("manifold", "manifold_mkt", "share (0.4)"),
    ("polymarket", "polymarket_proposed", "proposed, which may still change"),
    ("polymarket", "polymarket_legacy", "without a resolution status"),
    ("kalshi", "kalshi_determined", "may still be disputed"),
    ("kalshi", "kalshi_scalar", "a scalar settlement at $0.3700 a share: it cannot be read as yes or no"),
    ("metaculus", "metaculus_hidden", "only users who predicted"),
]


@pytest.mark.parametrize(("site", "name", "reason"), WAITING)
def test_a_market_that_has_not_settled_on_an_outcome_is_shown_and_not_proposed(
    world: World, site: str, name: str, reason: str
) -> None:
    probe = run_probe(world, site, name)
    assert probe.proposal is None
    assert reason in probe.reason
    assert len(probe.observed) == 1


def manifold(**changes: Any) -> dict[str, Any]:
    return {**json.loads(fixture("manifold_yes.json")), **changes}


def polymarket(**changes: Any) -> list[dict[str, Any]]:
    return [{**json.loads(fixture("polymarket_yes.json"))[0], **changes}]


def kalshi(**changes: Any) -> dict[str, Any]:
    return {"market": {**json.loads(fixture("kalshi_finalized.json"))["market"], **changes}}


def metaculus(**changes: Any) -> dict[str, Any]:
    post: dict[str, Any] = json.loads(fixture("metaculus_no.json"))
    return {**post, "question": {**post["question"], **changes}}


NO_ANSWERS = [
    ("manifold", manifold(resolution="NO")),
    ("polymarket", polymarket(outcomePrices='["0", "1"]')),
    ("polymarket", polymarket(outcomes='["No", "Yes"]')),
    ("kalshi", kalshi(result="no")),
    ("metaculus", metaculus()),
]


@pytest.mark.parametrize(("site", "answer"), NO_ANSWERS)
def test_no_is_read_as_no(world: World, site: str, answer: Any) -> None:
    proposal = run_probe(world, site, answer).proposal
    assert proposal is not None
    assert proposal.outcome == "no"


@pytest.mark.parametrize(
    "prices", ['["NaN", "NaN"]', '["0.9995", "0.0005"]', '["1", "1"]', '["0", "0"]', '["0.999", "0.001"]']
)
def test_a_price_is_never_read_as_an_outcome(world: World, prices: str) -> None:
    probe = run_probe(world, "polymarket", polymarket(outcomePrices=prices))
    assert probe.proposal is None
    assert "not those of a settled market" in probe.reason


def test_prices_may_be_spelled_with_zeros(world: World) -> None:
    proposal = run_probe(world, "polymarket", polymarket(outcomePrices='["1.00", "0.0"]')).proposal
    assert proposal is not None
    assert proposal.outcome == "yes"


def test_the_outcome_that_means_yes_can_be_named(world: World) -> None:
    answer = polymarket(outcomes='["Smith", "Jones"]')
    assert run_probe(world, "polymarket", answer).proposal is None
    for name, outcome in (("Smith", "yes"), ("Jones", "no")):
        proposal = run_probe(world, "polymarket", answer, yes_outcome=name).proposal
        assert proposal is not None
        assert proposal.outcome == outcome


@pytest.mark.parametrize("status", ["initialized", "active", "inactive", "closed", "determined", "disputed", "amended"])
def test_kalshi_is_waited_for_until_it_is_final(world: World, status: str) -> None:
    assert run_probe(world, "kalshi", kalshi(status=status)).proposal is None


@pytest.mark.parametrize("status", ["upcoming", "open", "closed", "pending_resolution"])
def test_metaculus_is_waited_for_until_it_is_resolved(world: World, status: str) -> None:
    assert run_probe(world, "metaculus", metaculus(status=status)).proposal is None


@pytest.mark.parametrize("kind", ["MULTIPLE_CHOICE", "PSEUDO_NUMERIC", "FREE_RESPONSE"])
def test_a_manifold_market_of_another_kind_is_left_to_people(world: World, kind: str) -> None:
    probe = run_probe(world, "manifold", manifold(outcomeType=kind, resolution="abc"))
    assert probe.proposal is None
    assert kind in probe.reason


def test_a_metaculus_question_of_another_kind_or_a_group_is_left_to_people(world: World) -> None:
    assert "numeric" in run_probe(world, "metaculus", metaculus(type="numeric", resolution="42.5")).reason
    assert "exactly one question" in run_probe(world, "metaculus", {"id": 991, "group_of_questions": {}}).reason


FAULTY = [
    ("manifold", manifold(resolution="MAYBE")),
    ("manifold", manifold(isResolved="yes")),
    ("manifold", manifold(id="Another")),
    ("manifold", manifold(resolutionTime="soon")),
    ("manifold", []),
    ("polymarket", polymarket(outcomes=["Yes", "No"])),
    ("polymarket", polymarket(outcomePrices="[1")),
    ("polymarket", polymarket(outcomePrices='["one", "zero"]')),
    ("polymarket", polymarket(outcomePrices='["sNaN", "1"]')),
    ("polymarket", polymarket(outcomePrices='["1E99999999", "0"]')),
    ("polymarket", polymarket(outcomePrices="[" * 50_000)),
    ("polymarket", polymarket(closed="true")),
    ("polymarket", polymarket(slug="another")),
    ("polymarket", {"markets": []}),
    ("polymarket", polymarket() * 2),
    ("polymarket", polymarket(outcomePrices='[{"a": 1, "a": 2}, "0"]')),
    ("polymarket", []),
    ("polymarket", ["x"]),
    ("kalshi", kalshi(status="settling")),
    ("kalshi", kalshi(status=None)),
    ("kalshi", kalshi(status=["finalized"])),
    ("kalshi", kalshi(status={})),
    ("kalshi", kalshi(result=None)),
    ("kalshi", kalshi(ticker="KXOTHER")),
    ("kalshi", {"error": "x"}),
    ("metaculus", metaculus(resolution="maybe")),
    ("metaculus", {"id": 992}),
    ("metaculus", {"id": 991, "question": {}}),
    ("metaculus", None),
]


@pytest.mark.parametrize(("site", "answer"), FAULTY)
def test_a_response_in_another_format_is_an_error_and_never_an_outcome(world: World, site: str, answer: Any) -> None:
    with pytest.raises(SourceChanged):
        run_probe(world, site, answer)


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("status", [403, 404, 429, 503])
def test_a_site_that_is_down_is_never_an_outcome(world: World, site: str, status: int) -> None:
    run_probe(
        world,
        site,
        {"manifold": manifold(), "polymarket": polymarket(), "kalshi": kalshi(), "metaculus": metaculus()}[site],
    )
    world.server.routes[SITES[site][0]] = reply(status=status)
    with pytest.raises(SourceUnavailable):
        world.probe(QUESTION, site, market=SITES[site][1], base_url=world.url)


# Does the market answer our question?


def test_without_a_checked_match_the_confidence_is_lower_and_it_says_so(world: World) -> None:
    proposal = run_probe(world, "kalshi", "kalshi_finalized", criteria_match=False).proposal
    assert proposal is not None
    assert proposal.confidence == 0.6
    assert "Nobody has checked" in proposal.rationale


def test_without_a_checked_match_no_waits_for_the_deadline_of_the_question(world: World) -> None:
    world.clock.set(datetime(2025, 9, 12, tzinfo=UTC))
    answer = polymarket(outcomePrices='["0", "1"]')
    assert run_probe(world, "polymarket", answer, criteria_match=False).proposal is None
    assert run_probe(world, "polymarket", answer, criteria_match=True).proposal is not None
    world.clock.set(datetime(2025, 9, 20, tzinfo=UTC))
    assert run_probe(world, "polymarket", answer, criteria_match=False).proposal is not None


def test_a_market_settled_late_dates_the_event_before_it_closed(world: World) -> None:
    """Kalshi settles a day or more after trading ended, and after our deadline."""
    late = kalshi(settlement_ts="2025-09-25T15:00:00Z", close_time="2025-09-18T03:59:00Z")
    proposal = run_probe(world, "kalshi", late).proposal
    assert proposal is not None
    assert proposal.event_date == date(2025, 9, 17)


def test_yes_of_a_market_that_closed_after_the_deadline_is_not_proposed(world: World) -> None:
    probe = run_probe(world, "kalshi", kalshi(settlement_ts="2025-10-25T15:00:00Z", close_time="2025-10-24T03:59:00Z"))
    assert probe.proposal is None
    assert "is not between opening and deadline" in probe.reason


def test_yes_of_a_market_settled_before_the_opening_is_not_proposed(world: World) -> None:
    probed = question(opened="2025-09-10", deadline="2025-12-31T23:59:59-05:00")
    assert run_probe(world, "manifold", "manifold_yes", probed).proposal is None


# What is asked


def test_manifold_is_requested_by_id_or_slug(world: World) -> None:
    slug = "synthetic-will-the-example-happen"
    world.serve(f"/v0/slug/{slug}", "manifold_yes.json")
    assert run_probe(world, "manifold", "manifold_yes").proposal is not None
    probe = world.probe(QUESTION, "manifold", market=slug, by_slug=True, criteria_match=True, base_url=world.url)
    assert probe.proposal is not None
    assert world.server.targets() == ["/v0/market/SynthMkt0001", f"/v0/slug/{slug}"]


def test_closed_markets_of_polymarket_are_requested_first_since_it_hides_them(world: World) -> None:
    opened = polymarket(closed=False)
    body = json.dumps(opened).encode()
    world.server.routes["/markets"] = [reply(b"[]"), reply(body)]
    probe = world.probe(QUESTION, "polymarket", market=SITES["polymarket"][1], base_url=world.url)
    assert probe.reason == "the market is not closed"
    slug = SITES["polymarket"][1]
    assert world.server.targets() == [f"/markets?slug={slug}&closed=true", f"/markets?slug={slug}"]


def test_polymarket_is_requested_by_condition_id(world: World) -> None:
    condition = polymarket()[0]["conditionId"]
    assert run_probe(world, "polymarket", "polymarket_yes", market=condition).proposal is not None
    assert world.server.targets() == [f"/markets?condition_ids={condition}&closed=true"]


def test_metaculus_gets_its_token_and_needs_it(world: World) -> None:
    probe = run_probe(world, "metaculus", "metaculus_no")
    assert world.server.requests[0].headers["authorization"] == "Token s3cret"
    assert "s3cret" not in repr(probe)
    world.environment.clear()
    with pytest.raises(NotConfigured, match="TRACKRECORD_FEED_METACULUS"):
        world.probe(QUESTION, "metaculus", market="991", base_url=world.url)


@pytest.mark.parametrize(
    ("site", "address"),
    [
        ("manifold", "https://api.manifold.markets/"),
        ("polymarket", "https://gamma-api.polymarket.com/"),
        ("kalshi", "https://api.elections.kalshi.com/trade-api/v2"),
        ("metaculus", "https://www.metaculus.com/"),
    ],
)
def test_the_real_sites_are_the_default(site: str, address: str) -> None:
    assert str(validate_config(site, {"market": "991"}).base_url) == address  # type: ignore[attr-defined]


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("market", ["", "../../x", "a/b", "a?b", "a&b=c", "a b", "a\n", "x" * 301, 5])
def test_a_market_name_that_changes_the_path_is_refused(site: str, market: Any) -> None:
    with pytest.raises(InvalidInput) as raised:
        validate_config(site, {"market": market})
    assert raised.value.faults[0].pointer == "/config/market"


def test_a_market_that_is_unresolved_again_and_resolved_otherwise_is_another_proposal(world: World) -> None:
    one = run_probe(world, "manifold", manifold()).proposal
    assert run_probe(world, "manifold", "manifold_open").proposal is None
    two = run_probe(world, "manifold", manifold(resolution="NO")).proposal
    three = run_probe(world, "manifold", manifold(volume=9)).proposal
    assert one is not None
    assert two is not None
    assert three is not None
    assert one.key == three.key != two.key


@pytest.mark.parametrize(
    ("site", "answer", "final"),
    [
        ("kalshi", kalshi(result="scalar"), True),
        ("kalshi", kalshi(result=""), True),
        ("kalshi", kalshi(status="determined", result="scalar"), False),
        ("kalshi", kalshi(status="active"), False),
        ("manifold", manifold(resolution="MKT", resolutionProbability=0.3), True),
        ("manifold", manifold(outcomeType="NUMERIC"), True),
        ("manifold", manifold(isResolved=False), False),
        ("polymarket", polymarket(umaResolutionStatus=None), True),
        ("polymarket", polymarket(umaResolutionStatus="disputed"), False),
        ("polymarket", polymarket(outcomes='["Smith", "Jones"]'), True),
        ("polymarket", polymarket(outcomes='["Yes", "Yes"]'), True),
        ("polymarket", polymarket(outcomePrices='["0.6", "0.4"]'), False),
        ("metaculus", metaculus(type="numeric"), True),
        ("metaculus", metaculus(resolution=None), False),
    ],
)
def test_a_market_that_can_never_say_yes_or_no_is_told_from_one_that_has_not_yet(
    world: World, site: str, answer: Any, final: bool
) -> None:
    probe = run_probe(world, site, answer)
    assert (probe.proposal, probe.final) == (None, final)
