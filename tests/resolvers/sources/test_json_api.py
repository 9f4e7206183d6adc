"""The resolver for JSON sources."""

import json
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictions.errors import InvalidInput
from resolvers.errors import NotConfigured, SourceChanged, SourceUnavailable
from resolvers.sources.evidence import Basis, Probe
from resolvers.sources.json_api import evaluate, is_true
from resolvers.sources.registry import validate_config
from tests.support.http_source_server import reply
from tests.support.sample_world import World, question

NOTICE = "results[?contains(title,'OFAC Sanctions Action')] | [?publication_date>='2025-07-01'] | [-1]"
QUESTION = question(opened="2025-03-18", deadline="2025-09-18T23:59:59-04:00")


def run_probe(world: World, probed: Any = QUESTION, **settings: Any) -> Probe:
    return world.probe(probed, "json", **{"url": f"{world.url}/feed", **settings})


def probe_body(world: World, body: str, probed: Any = QUESTION, **settings: Any) -> Probe:
    world.serve_bytes("/feed", body.encode(), content_type="application/json")
    return run_probe(world, probed, **settings)


def test_an_official_notice_proposes_yes_on_its_day(world: World) -> None:
    world.serve("/feed", "fr.json")
    probe = run_probe(world, yes=f"{NOTICE}.document_number", date=f"{NOTICE}.publication_date")
    proposal = probe.proposal
    assert proposal is not None
    assert (proposal.outcome, proposal.event_date) == ("yes", date(2025, 7, 2))
    assert (proposal.confidence, proposal.basis) == (0.85, Basis.POSITIVE)
    evidence = proposal.evidence[0]
    assert evidence.excerpt == '{"date": "2025-07-02", "value": "2025-15002"}'
    assert evidence.locator == f"{NOTICE}.document_number"
    assert evidence.snapshot is not None
    assert b"2025-15002" in world.snapshots.get(evidence.snapshot)
    assert '"2025-15002"' in probe.observed[0]


def test_a_notice_after_the_deadline_is_seen_and_not_proposed(world: World) -> None:
    world.serve("/feed", "fr.json")
    late = NOTICE.replace("2025-07-01", "2025-10-01")
    probe = run_probe(world, yes=f"{late}.document_number", date=f"{late}.publication_date")
    assert probe.proposal is None
    assert "2025-10-27) is not between opening and deadline" in probe.reason


def test_a_query_in_the_address_is_sent_and_its_secrets_are_not_kept(world: World) -> None:
    world.clock.set(datetime(2025, 9, 1, tzinfo=UTC))
    world.serve_bytes("/feed", b'{"a": 1}')
    probe = run_probe(world, url=f"{world.url}/feed?conditions[term]=Russia&api_key=s3cret", yes="a")
    assert probe.proposal is not None
    assert world.server.requests[0].target.endswith("api_key=s3cret")
    assert "s3cret" not in repr(probe)


@pytest.mark.parametrize(
    ("body", "proposes"),
    [
        ('{"state": "done"}', "yes"),
        ('{"state": "failed"}', "no"),
        ('{"state": "void"}', "annulled"),
        ('{"state": "running"}', None),
        ("{}", None),
    ],
)
def test_each_condition_proposes_its_outcome(world: World, body: str, proposes: str | None) -> None:
    conditions = {"yes": "state=='done'", "no": "state=='failed'", "annul": "state=='void'", "date": "'2025-05-01'"}
    proposal = probe_body(world, body, **conditions).proposal
    assert (proposal.outcome if proposal else None) == proposes


def test_two_conditions_at_once_are_an_error_and_no_outcome(world: World) -> None:
    with pytest.raises(SourceChanged, match="conditions for yes and no"):
        probe_body(world, '{"a": 1}', yes="a", no="a")


def test_no_is_proposed_only_after_the_deadline(world: World) -> None:
    world.clock.set(datetime(2025, 9, 19, 3, 59, 59, tzinfo=UTC))
    assert probe_body(world, '{"a": 1}', no="a").proposal is None
    world.clock.set(datetime(2025, 9, 19, 4, 0, 0, tzinfo=UTC))
    proposal = run_probe(world, no="a").proposal
    assert proposal is not None
    assert proposal.outcome == "no"


def test_without_a_date_yes_is_proposed_before_the_deadline_and_not_after(world: World) -> None:
    """What is so by now has happened by now; after the deadline it may have happened too late."""
    world.clock.set(datetime(2025, 9, 1, tzinfo=UTC))
    proposal = probe_body(world, '{"a": 1}', yes="a").proposal
    assert proposal is not None
    assert proposal.event_date == date(2025, 8, 31), "in the zone of the question"
    world.clock.set(datetime(2025, 10, 1, tzinfo=UTC))
    probe = run_probe(world, yes="a")
    assert probe.proposal is None
    assert "unknown" in probe.reason


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ('"2025-05-01"', date(2025, 5, 1)),
        ('"2025-05-01T03:00:00Z"', date(2025, 4, 30)),
        ('"2025-05-01T03:00:00"', date(2025, 4, 30)),
        ('"2025-05-01T03:00:00+09:00"', date(2025, 4, 30)),
        ('"2025-05-01 16:31:01+00"', date(2025, 5, 1)),
        ("1746068400", date(2025, 4, 30)),
        ("1746068400000", date(2025, 4, 30)),
        ("1746068400.5", date(2025, 4, 30)),
    ],
)
def test_a_time_is_read_in_every_usual_spelling(world: World, value: str, day: date) -> None:
    proposal = probe_body(world, f'{{"at": {value}}}', yes="`true`", date="at").proposal
    assert proposal is not None
    assert proposal.event_date == day


@pytest.mark.parametrize("value", ['"soon"', '"2025-13-01"', '"1 May 2025"', "true", "[1]", "1e300", '{"a": 1}'])
def test_a_time_that_cannot_be_read_is_a_fault(world: World, value: str) -> None:
    with pytest.raises(SourceChanged, match="time"):
        probe_body(world, f'{{"at": {value}}}', yes="`true`", date="at")


def test_nothing_is_read_before_the_source_is_ready(world: World) -> None:
    probe = probe_body(world, '{"final": false, "a": 1}', ready="final", yes="a", date="'2025-05-01'")
    assert probe.proposal is None
    assert "not ready" in probe.reason


def test_a_source_with_a_changed_format_is_an_error(world: World) -> None:
    settings = {"expect": "type(results)=='array'", "yes": "results[0].a", "date": "'2025-05-01'"}
    assert probe_body(world, '{"results": []}', **settings).reason == "no condition holds"
    with pytest.raises(SourceChanged, match="format"):
        probe_body(world, '{"items": []}', **settings)


@pytest.mark.parametrize(
    ("body", "yes"),
    [
        ('{"title": null}', "contains(title, 'x')"),
        ('{"share": "1e999"}', "ceil(to_number(share)) > `1`"),
        ('{"share": "nan"}', "floor(to_number(share)) > `1`"),
    ],
)
def test_a_function_that_no_longer_applies_is_a_fault(world: World, body: str, yes: str) -> None:
    with pytest.raises(SourceChanged, match="correct the expression"):
        probe_body(world, body, yes=yes)


BROKEN = {
    "a web page": (b"<html></html>", "text/html; charset=utf-8"),
    "JSON that says it is a page": (b"{}", "text/html"),
    "half of it": (b'{"a": [1, 2', "application/json"),
    "nothing": (b"", "application/json"),
    "not a number": (b'{"a": NaN}', "application/json"),
    "a number that is infinite": (b'{"a": 1e999}', "application/json"),
    "bytes that are no text": (b'{"a": "\xff"}', "application/json"),
    "a number without end": (b'{"a": ' + b"9" * 5_000 + b"}", "application/json"),
    "51 levels": (b"[" * 51 + b"]" * 51, "application/json"),
    "100,000 levels": (b"[" * 100_000 + b"]" * 100_000, "application/json"),
}


@pytest.mark.parametrize(("body", "kind"), BROKEN.values(), ids=BROKEN)
def test_what_is_not_json_within_bounds_is_a_fault(world: World, body: bytes, kind: str) -> None:
    world.serve_bytes("/feed", body, content_type=kind)
    with pytest.raises(SourceChanged):
        run_probe(world, yes="a", no="b")


def test_fifty_levels_and_a_byte_order_mark_are_read(world: World) -> None:
    body = "\ufeff" + "[" * 50 + "]" * 50
    assert probe_body(world, body, yes="@[0].a").reason == "no condition holds"


@pytest.mark.parametrize("status", [403, 404, 429, 500, 503])
def test_a_source_that_is_down_is_never_an_outcome(world: World, status: int) -> None:
    world.server.routes["/feed"] = reply(b'{"a": 1}', status=status)
    with pytest.raises(SourceUnavailable):
        run_probe(world, no="a")


def test_a_token_is_sent_from_the_environment_and_stored_nowhere(world: World) -> None:
    world.environment["TRACKRECORD_FEED_WIRE"] = "Token s3cret"
    settings = {"headers_env": {"Authorization": "TRACKRECORD_FEED_WIRE"}, "yes": "a", "date": "'2025-05-01'"}
    probe = probe_body(world, '{"a": 1}', **settings)
    assert world.server.requests[0].headers["authorization"] == "Token s3cret"
    assert "s3cret" not in repr(probe)


def test_a_token_that_is_not_set_is_named(world: World) -> None:
    with pytest.raises(NotConfigured, match="TRACKRECORD_FEED_WIRE"):
        run_probe(world, headers_env={"Authorization": "TRACKRECORD_FEED_WIRE"}, yes="a")
    assert world.server.requests == []


def test_volumes_that_change_do_not_make_another_proposal(world: World) -> None:
    """Only what the decisive expression saw makes a proposal a new one."""
    settings = {"yes": "result", "date": "'2025-05-01'"}
    one = probe_body(world, '{"result": "x", "volume": 1}', **settings).proposal
    two = probe_body(world, '{"result": "x", "volume": 2}', **settings).proposal
    three = probe_body(world, '{"result": "z", "volume": 2}', **settings).proposal
    assert one is not None
    assert two is not None
    assert three is not None
    assert one.key == two.key != three.key
    assert one.evidence[0].sha256 != two.evidence[0].sha256


# Settings

FAULTS = [
    ({}, "/config/url", "is required"),
    ({"url": "ftp://a.example/", "yes": "a"}, "/config/url", "begins with http"),
    ({"url": "javascript:alert(1)", "yes": "a"}, "/config/url", "begins with http"),
    ({"url": "https://a.example/", "yes": "a["}, "/config/yes", "JMESPath"),
    ({"url": "https://a.example/", "yes": ""}, "/config/yes", "must not be empty"),
    ({"url": "https://a.example/", "yes": "a" * 501}, "/config/yes", "at most 500"),
    ({"url": "https://a.example/", "yes": "(" * 500}, "/config/yes", "JMESPath"),
    ({"url": "https://a.example/", "yes": "keys(a)", "no": "a.."}, "/config/no", "JMESPath"),
    ({"url": "https://a.example/"}, "/config", "at least one"),
    ({"url": "https://a.example/", "yes": "a", "script": "x"}, "/config/script", "is not a known field"),
    ({"url": "https://a.example/", "yes": "a", "headers_env": {"X": "PATH"}}, "/config/headers_env", "must begin"),
    (
        {"url": "https://a.example/", "yes": "a", "headers_env": {"X": "TRACKRECORD_ADMIN_KEY"}},
        "/config/headers_env",
        "must begin with TRACKRECORD_FEED_",
    ),
    (
        {"url": "https://a.example/", "yes": "a", "headers_env": {"Host": "TRACKRECORD_FEED_X"}},
        "/config/headers_env",
        "cannot be set",
    ),
    (
        {"url": "https://a.example/", "yes": "a", "headers_env": {"A\r\nB": "TRACKRECORD_FEED_X"}},
        "/config/headers_env",
        "cannot be set",
    ),
]


@pytest.mark.parametrize(("settings", "pointer", "detail"), FAULTS)
def test_wrong_settings_are_refused_with_a_pointer(settings: dict[str, Any], pointer: str, detail: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        validate_config("json", settings)
    assert [fault.pointer for fault in raised.value.faults] == [pointer]
    assert detail in raised.value.faults[0].detail


# What counts as true


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, False), (False, False), ("", False), ([], False), ({}, False)]
    + [(value, True) for value in (True, 0, 0.0, "0", "false", [None], {"a": None})],
)
def test_a_value_counts_as_true_as_in_jmespath(value: Any, expected: bool) -> None:
    assert is_true(value) is expected
    assert evaluate("!(!a)", {"a": value}) is expected, "JMESPath agrees"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=10,
)


@given(json_values, st.sampled_from(["a", "a.b", "a[0]", "[0].a", "contains(a, 'x')", "sum(a)", "sort_by(@, &a)", "@"]))
def test_an_expression_returns_a_value_or_an_error_on_any_json(data: Any, expression: str) -> None:
    with suppress(SourceChanged):
        json.dumps(evaluate(expression, data))
