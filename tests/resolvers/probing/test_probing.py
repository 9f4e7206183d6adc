"""Attached resolvers: claimed once, proposed once, never a "no" from a missing source, resumed after a kill."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from predictions import ledger
from predictions.audit.verify import verify
from predictions.errors import Conflict, InvalidInput
from predictions.models import LedgerEvent, Proposal
from predictions.questions.deadlines import correct_deadline
from predictions.questions.lifecycle import declare_decided, postpone
from predictions.questions.proposals import confirm, reject
from predictions.questions.resolve import resolve, retract_resolution
from predictions.schemas.inputs import ResolutionIn
from resolvers.probing.configuration import ResolverIn, attach, detach
from resolvers.probing.models import ProbeStatus, SourceHost
from resolvers.probing.snapshots import SnapshotStore
from resolvers.probing.worker import Prober
from service.db.engine import read_transaction, write_transaction
from tests.support.fake_clock import FakeClock
from tests.support.http_source_server import RawServer, reply
from tests.support.probing_helpers import (
    DEADLINE,
    HAPPENED,
    JSON,
    NOON,
    all_proposals,
    attach_resolver,
    attached_row,
    json_config,
    make_prober,
    question_named,
    run_due,
    serve_answer,
)
from tests.support.sample_world import fixture
from tests.support.source_requests import create_question, resolve_question


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


def test_a_match_in_a_feed_becomes_one_proposal_with_evidence_and_snapshot(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober, tmp_path: Path
) -> None:
    serve_answer(server, HAPPENED)
    attach_resolver(engine, "q", json_config(server))
    assert run_due(prober) == {"probed": 1, "proposed": 1}
    (proposal,) = all_proposals(engine)
    assert (proposal.outcome, proposal.resolver, proposal.state) == ("yes", "json", "pending")
    assert proposal.known_at == datetime(2025, 11, 20, 23, 59, 59, tzinfo=UTC)
    (evidence,) = proposal.evidence
    assert evidence["url"] == server.url + "/feed"
    assert evidence["snapshot_url"] == f"/snapshots/{evidence['sha256']}"
    assert SnapshotStore(tmp_path / "snapshots").get(evidence["snapshot"]) == HAPPENED.encode()
    row = attached_row(engine, "q")
    assert (row.state, row.probed_at, row.last_good_at, row.failures) == (ProbeStatus.PROPOSED, NOON, NOON, 0)
    assert row.lease_token is None
    assert server.requests[0].headers["user-agent"] == "TrackRecord/0 (+test)"


def test_an_equal_result_makes_no_second_proposal_but_a_different_one_does(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    serve_answer(server, HAPPENED)
    attach_resolver(engine, "q", json_config(server, yes="happened", annul="void", date="day"), every_minutes=60)
    run_due(prober)
    assert run_due(prober) == {}, "the next probe is an hour away"
    clock.advance(3600 * 1.2)
    assert run_due(prober) == {"probed": 1, "proposed": 1}
    assert len(all_proposals(engine)) == 1
    serve_answer(server, '{"void": true}')
    clock.advance(3600 * 1.2)
    run_due(prober)
    assert [each.outcome for each in all_proposals(engine)] == ["yes", "annulled"]
    with read_transaction(engine) as session:
        proposal_events = select(LedgerEvent).where(LedgerEvent.action == "proposal.made")
        assert [event.actor for event in session.exec(proposal_events)] == ["resolver json", "resolver json"]


def test_a_rejected_proposal_is_not_made_again(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    serve_answer(server, HAPPENED)
    attach_resolver(engine, "q", json_config(server), every_minutes=60)
    run_due(prober)
    with write_transaction(engine) as session:
        reject(session, session.get_one(Proposal, 1), "another event", now=NOON, actor="tester")
    clock.advance(3600 * 1.2)
    run_due(prober)
    assert [each.state for each in all_proposals(engine)] == ["rejected"]
    assert "is rejected" in attached_row(engine, "q").reason


@pytest.mark.parametrize(
    ("behaviour", "state"),
    [
        (reply(b"", status=500), ProbeStatus.UNAVAILABLE),
        (reply(b"", status=429, retry_after="7200"), ProbeStatus.UNAVAILABLE),
        (reply(b"<html></html>", content_type="text/html"), ProbeStatus.CHANGED),
        (reply(b'{"happened": tr', content_type=JSON), ProbeStatus.CHANGED),
        (reply(b'{"other": 1}', content_type=JSON), ProbeStatus.CHANGED),
        (lambda sock: sock.close(), ProbeStatus.UNAVAILABLE),
    ],
)
def test_a_source_that_is_down_or_changed_is_reported_with_its_last_good_check_and_is_never_a_no(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober, behaviour: Any, state: ProbeStatus
) -> None:
    serve_answer(server, '{"day": null, "known": 1}')
    attach_resolver(
        engine, "q", json_config(server, expect="known", yes="happened", no="!happened && known"), every_minutes=60
    )
    run_due(prober)
    assert attached_row(engine, "q").state is ProbeStatus.NOTHING
    server.routes["/feed"] = behaviour
    clock.set(DEADLINE + timedelta(days=3))
    run_due(prober)
    row = attached_row(engine, "q")
    assert (row.state, row.last_good_at, row.failures) == (state, NOON, 1)
    assert row.reason
    assert all_proposals(engine) == []
    assert row.next_probe_at > clock.now()


@pytest.mark.parametrize("odd", ["a\\u0000b", "a\\ud800b", "\\u202e<b>", "'; DROP TABLE question; --"])
def test_odd_characters_from_a_feed_are_recorded_as_text(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober, odd: str
) -> None:
    serve_answer(server, f'{{"happened": "{odd}", "day": "2025-11-20"}}')
    attach_resolver(engine, "q", json_config(server))
    assert run_due(prober) == {"probed": 1, "proposed": 1}
    with write_transaction(engine) as session:
        confirm(session, session.get_one(Proposal, 1), None, now=NOON, actor="person")
    serve_answer(server, f'{{"happened": "x", "day": "{odd}"}}')
    attach_resolver(engine, "other", json_config(server))
    run_due(prober)
    assert attached_row(engine, "other").state is ProbeStatus.CHANGED


def test_retry_after_of_a_source_is_respected(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    server.routes["/feed"] = reply(b"", status=503, retry_after="7200")
    attach_resolver(engine, "q", json_config(server), every_minutes=60)
    run_due(prober)
    assert attached_row(engine, "q").next_probe_at >= NOON + timedelta(seconds=7200)


def test_a_question_probed_while_the_clock_ran_ahead_is_probed_again_once_it_is_set_right(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    serve_answer(server, "{}")
    attach_resolver(engine, "q", json_config(server), every_minutes=600)
    clock.set(NOON + timedelta(hours=9))
    run_due(prober)
    assert attached_row(engine, "q").probed_at == NOON + timedelta(hours=9)
    clock.set(NOON + timedelta(minutes=1))
    assert run_due(prober)["probed"] == 1
    assert attached_row(engine, "q").probed_at == NOON + timedelta(minutes=1)
    assert run_due(prober) == {}, "and not again and again"


def test_an_unchanged_response_is_not_sent_again_even_after_a_restart(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober, tmp_path: Path
) -> None:
    serve_answer(server, '{"happened": false}', etag='"v1"')
    attach_resolver(engine, "q", json_config(server), every_minutes=60)
    run_due(prober)
    server.routes["/feed"] = reply(b"", status=304)
    clock.advance(3600 * 1.2)
    assert run_due(make_prober(engine, server, clock, tmp_path)) == {"probed": 1}
    assert server.requests[1].headers["if-none-match"] == '"v1"'
    assert (attached_row(engine, "q").state, attached_row(engine, "q").last_good_at) == (
        ProbeStatus.NOTHING,
        clock.now(),
    )


def test_an_open_circuit_breaker_survives_a_restart(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober, tmp_path: Path
) -> None:
    server.routes["/feed"] = reply(b"", status=500)
    for number in range(5):
        attach_resolver(engine, f"q-{number}", json_config(server))
    run_due(prober)
    with read_transaction(engine) as session:
        assert session.get_one(SourceHost, server.host).broken
    calls = len(server.requests)
    assert calls == 5
    attach_resolver(engine, "late", json_config(server))
    run_due(make_prober(engine, server, clock, tmp_path))
    assert len(server.requests) == calls
    assert "is not requested before" in attached_row(engine, "late").reason


def test_probing_starts_at_its_time_before_the_deadline_and_follows_a_postponement(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    serve_answer(server, "{}")
    attach_resolver(engine, "q", json_config(server), lead_hours=24)
    assert run_due(prober) == {}
    with write_transaction(engine) as session:
        postpone(session, question_named(session, "q"), DEADLINE + timedelta(days=9), "later", now=NOON, actor="tester")
    clock.set(DEADLINE)
    assert run_due(prober) == {}
    clock.set(DEADLINE + timedelta(days=8, hours=3))
    assert run_due(prober) == {"probed": 1}


def test_a_question_whose_deadline_was_corrected_to_an_earlier_one_is_probed_then(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    serve_answer(server, "{}")
    attach_resolver(engine, "q", json_config(server), every_minutes=60 * 24 * 7, lead_hours=24 * 30)
    late, right = DEADLINE + timedelta(days=30), DEADLINE + timedelta(days=4)
    with write_transaction(engine) as session:
        postpone(session, question_named(session, "q"), late, "later", now=NOON, actor="tester")
    clock.set(DEADLINE + timedelta(days=1))
    assert run_due(prober) == {"probed": 1}
    with write_transaction(engine) as session:
        correct_deadline(session, question_named(session, "q"), right, "a slip", now=NOON, actor="tester")
    clock.set(right + timedelta(minutes=9))
    assert run_due(prober) == {}
    clock.set(right + timedelta(minutes=11))
    assert run_due(prober) == {"probed": 1}
    assert run_due(prober) == {}


def test_a_question_is_probed_just_after_its_deadline_whatever_the_interval(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    serve_answer(server, "{}")
    attach_resolver(engine, "q", json_config(server), every_minutes=60 * 24)
    clock.set(DEADLINE - timedelta(hours=2))
    run_due(prober)
    assert DEADLINE <= attached_row(engine, "q").next_probe_at <= DEADLINE + timedelta(minutes=10)
    clock.set(DEADLINE + timedelta(minutes=10))
    assert run_due(prober) == {"probed": 1}
    assert attached_row(engine, "q").next_probe_at >= clock.now() + timedelta(days=1)


def test_a_question_declared_decided_is_probed_at_once(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    serve_answer(server, "{}")
    attach_resolver(engine, "q", json_config(server), lead_hours=1)
    with write_transaction(engine) as session:
        declare_decided(session, question_named(session, "q"), "it happened", now=NOON, actor="tester")
    assert run_due(prober) == {"probed": 1}


def test_probing_stops_at_the_resolution_and_while_paused(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    serve_answer(server, "{}")
    attach_resolver(engine, "q", json_config(server))
    attach_resolver(engine, "paused", json_config(server), paused=True)
    with write_transaction(engine) as session:
        resolve_question(session, question_named(session, "q"), "no", NOON)
    assert run_due(prober) == {}
    with write_transaction(engine) as session:
        retract_resolution(session, question_named(session, "q"), "a mistake", now=NOON, actor="tester")
    assert run_due(prober) == {"probed": 1}


def test_attaching_changing_and_detaching_are_on_the_ledger_and_the_same_again_changes_nothing(engine: Engine) -> None:
    config = {"url": "https://example.org/feed", "yes": "happened"}
    for _ in range(2):
        attach_resolver(engine, "q", config)
    attach_resolver(engine, "q", config, every_minutes=60)
    with write_transaction(engine) as session:
        detach(session, question_named(session, "q"), now=NOON, actor="tester")
    with read_transaction(engine) as session:
        changes = select(LedgerEvent.action).where(LedgerEvent.action.startswith("question.resolver"))
        actions = [action.removeprefix("question.resolver_") for action in session.exec(changes)]
        assert actions == ["attached", "changed", "detached"]
        assert list(ledger.chain_errors(session)) == []


@pytest.mark.parametrize(
    ("resolver", "config", "pointer"),
    [
        ("json", {"url": "https://example.org"}, "/config"),
        ("json", {"url": "ftp://example.org", "yes": "x"}, "/config/url"),
        ("json", {"url": "https://example.org", "yes": "[["}, "/config/yes"),
        ("nonsense", {}, "/resolver"),
        ("ofac", {"programs": []}, "/config/programs"),
    ],
)
def test_settings_are_checked_when_they_are_saved(
    engine: Engine, resolver: str, config: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(InvalidInput) as raised:
        attach_resolver(engine, "q", config, resolver=resolver)
    assert raised.value.faults[0].pointer == pointer


# The policy


def test_an_automatic_resolver_resolves_the_question_and_a_person_can_reverse_it_for_good(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    serve_answer(server, HAPPENED)
    attach_resolver(engine, "q", json_config(server), automatic=True, every_minutes=60)
    run_due(prober)
    with read_transaction(engine) as session:
        question = question_named(session, "q")
        assert (question.outcome, question.status) == ("yes", "resolved")
        assert list(verify(session)) == []
    assert [each.state for each in all_proposals(engine)] == ["confirmed"]
    with write_transaction(engine) as session:
        retract_resolution(session, question_named(session, "q"), "not what was asked", now=NOON, actor="person")
    clock.advance(3600 * 1.2)
    run_due(prober)
    assert [each.state for each in all_proposals(engine)] == ["pending"]
    assert "was retracted" in attached_row(engine, "q").reason
    with write_transaction(engine) as session:
        evidence = [{"url": "https://example.org/report"}]
        data = ResolutionIn.model_validate({"outcome": "no", "known_at": "2025-12-01", "evidence": evidence})
        resolve(session, question_named(session, "q"), data, now=clock.now(), actor="person")
    clock.advance(3600 * 25)
    assert run_due(prober)["probed"] == 1
    assert [each.state for each in all_proposals(engine)] == ["overtaken"], "a person knew of it"
    with read_transaction(engine) as session:
        assert question_named(session, "q").outcome == "no"


def test_a_contradicting_proposal_leaves_it_to_a_person(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    serve_answer(server, '{"void": true}')
    config = json_config(server, yes="happened", annul="void", date="day")
    attach_resolver(engine, "q", config, every_minutes=60)
    run_due(prober)
    attach_resolver(engine, "q", config, automatic=True, every_minutes=60)
    serve_answer(server, HAPPENED)
    run_due(prober)
    assert [(each.outcome, each.state) for each in all_proposals(engine)] == [
        ("annulled", "pending"),
        ("yes", "pending"),
    ]
    assert "another proposal contradicts it" in attached_row(engine, "q").reason


def test_a_feed_cannot_be_automatic(engine: Engine) -> None:
    with pytest.raises(InvalidInput, match="only suggests"):
        attach_resolver(
            engine, "q", {"url": "https://example.org/rss", "all": ["sanctions"]}, resolver="feed", automatic=True
        )


# The formats


def test_ofac_deltas_become_a_proposal_that_can_be_confirmed(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    for path, name in [
        ("/changes/history/2025", "ofac_history.json"),
        ("/changes/501", "ofac_delta_other_program.xml"),
        ("/changes/502", "ofac_delta_add.xml"),
        ("/changes/503", "ofac_delta_change.xml"),
    ]:
        kind = JSON if name.endswith("json") else "application/xml"
        server.routes[path] = reply(fixture(name), content_type=kind)
    history = json.loads(fixture("ofac_history.json"))
    for item in history:
        server.routes.setdefault(
            f"/changes/{item['publicationID']}", reply(fixture("ofac_delta_add.xml"), content_type="application/xml")
        )
    with write_transaction(engine) as session:
        question = create_question(session, "q", DEADLINE, opens_at="2025-03-18", deadline_zone="America/New_York")
        config = {"programs": ["RUSSIA-EO14024"], "base_url": server.url}
        attach(session, question, ResolverIn(resolver="ofac", config=config), now=NOON, actor="tester")
    assert run_due(prober) == {"probed": 1, "proposed": 1}
    (proposal,) = all_proposals(engine)
    assert (proposal.outcome, proposal.confidence) == ("yes", 0.95)
    with write_transaction(engine) as session:
        confirm(session, session.get_one(Proposal, proposal.id), None, now=NOON, actor="person")
    with write_transaction(engine) as session, pytest.raises(Conflict):
        confirm(session, session.get_one(Proposal, proposal.id), None, now=NOON, actor="person")
