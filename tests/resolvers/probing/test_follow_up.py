"""After a resolution the source is read again for a while: a reversal is a proposal, never a change of the outcome."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from predictions import ledger
from predictions.audit.verify import verify
from predictions.models import Proposal
from predictions.questions.proposals import confirm, reject
from predictions.questions.resolve import retract_resolution
from resolvers.probing.configuration import ResolverIn, attach, get_attached, resolver_view
from resolvers.probing.follow_up import FOLLOW_UP
from resolvers.probing.worker import Prober
from resolvers.prompts.inbox_groups import list_groups
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
    question_named,
    run_due,
    serve_answer,
)
from tests.support.sample_world import fixture
from tests.support.source_requests import create_question, resolve_question

FAILED = '{"failed": true, "day": "2025-12-03"}'
DAY = timedelta(days=1)
MARKET = "SynthMkt0001"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


def states(engine: Engine) -> list[tuple[str, str]]:
    return [(each.outcome, each.state.value) for each in all_proposals(engine)]


def outcome(engine: Engine) -> str | None:
    with read_transaction(engine) as session:
        assert list(verify(session)) == []
        assert list(ledger.chain_errors(session)) == []
        return question_named(session, "q").outcome


def contradicted(engine: Engine, clock: FakeClock) -> list[str]:
    with read_transaction(engine) as session:
        groups = {group.name: group for group in list_groups(session, now=clock.now(), assignee=None, page=1)}
        return [question.slug for question in groups["contradicted"].questions]


def serve_market(server: RawServer, **changes: Any) -> None:
    market = json.loads(fixture("manifold_yes.json")) | changes
    server.routes[f"/v0/market/{MARKET}"] = reply(json.dumps(market).encode(), content_type=JSON)


def settle_by_market(engine: Engine, server: RawServer, prober: Prober) -> None:
    """Resolve the question `q` automatically by a market."""
    day = int((NOON - DAY).timestamp() * 1000)
    serve_market(server, resolutionTime=day, closeTime=day)
    config = {"market": MARKET, "criteria_match": True, "base_url": server.url}
    attach_resolver(engine, "q", config, resolver="manifold", automatic=True)
    run_due(prober)
    assert outcome(engine) == "yes"


def test_a_source_that_says_otherwise_later_is_a_new_proposal_for_a_person(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    serve_answer(server, HAPPENED)
    attach_resolver(engine, "q", json_config(server), automatic=True, every_minutes=60)
    run_due(prober)
    assert outcome(engine) == "yes"
    clock.set(DEADLINE + DAY)
    serve_answer(server, FAILED)
    assert run_due(prober) == {"probed": 1, "proposed": 1}
    assert states(engine) == [("yes", "confirmed"), ("no", "pending")]
    assert outcome(engine) == "yes", "although the resolver is automatic"
    assert "contradicts the outcome on record, yes" in attached_row(engine, "q").reason
    assert all_proposals(engine)[1].evidence[0]["snapshot"]
    assert contradicted(engine, clock) == ["q"]
    with write_transaction(engine) as session:
        confirm(session, session.get_one(Proposal, 2), None, now=clock.now(), actor="person")
    assert outcome(engine) == "no"
    assert states(engine) == [("yes", "confirmed"), ("no", "confirmed")]
    assert contradicted(engine, clock) == []


def test_the_source_is_read_daily_for_thirty_days_and_then_no_more(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    serve_answer(server, HAPPENED)
    attach_resolver(engine, "q", json_config(server), automatic=True, every_minutes=5)
    run_due(prober)
    for _ in range(60 * 4):
        clock.advance(3600 * 6)
        run_due(prober)
    assert 25 <= len(server.requests) - 1 <= FOLLOW_UP.days
    assert states(engine) == [("yes", "confirmed")]
    with read_transaction(engine) as session:
        row, question = get_attached(session, question_named(session, "q")), question_named(session, "q")
        assert resolver_view(session, row, question).next_probe_at is None


def test_the_source_of_a_question_whose_condition_failed_is_not_read_again(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    serve_answer(server, HAPPENED)
    with write_transaction(engine) as session:
        condition = create_question(session, "condition", DEADLINE)
        question = create_question(session, "q", DEADLINE, condition={"question": "condition", "outcome": "yes"})
        data = ResolverIn.model_validate({"resolver": "json", "config": json_config(server)})
        attach(session, question, data, now=NOON, actor="tester")
        resolve_question(session, condition, "no", NOON)
    clock.advance(3 * 86400)
    assert (run_due(prober), outcome(engine)) == ({}, "annulled")
    with read_transaction(engine) as session:
        question = question_named(session, "q")
        assert resolver_view(session, get_attached(session, question), question).next_probe_at is None


def test_the_page_says_when_the_source_is_read_again(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    serve_answer(server, HAPPENED)
    attach_resolver(engine, "q", json_config(server), automatic=True, every_minutes=5)
    run_due(prober)
    for _ in range(3):
        with read_transaction(engine) as session:
            question = question_named(session, "q")
            planned = resolver_view(session, get_attached(session, question), question).next_probe_at
        assert planned is not None
        assert clock.now() < planned <= clock.now() + DAY
        clock.set(planned - timedelta(seconds=1))
        assert run_due(prober) == {}
        clock.set(planned)
        assert run_due(prober) == {"probed": 1, "proposed": 1}


def test_a_question_resolved_by_hand_before_its_probing_began_is_compared_too(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    serve_answer(server, HAPPENED)
    attach_resolver(engine, "q", json_config(server), lead_hours=1, every_minutes=60 * 24 * 7)
    with write_transaction(engine) as session:
        resolve_question(session, question_named(session, "q"), "no", NOON)
    assert run_due(prober) == {}
    clock.set(NOON + DAY)
    run_due(prober)
    assert states(engine) == [("yes", "pending")]
    clock.set(NOON + 3 * DAY)
    assert run_due(prober) == {}, "its own interval is a week"


@pytest.mark.parametrize("down", [reply(b"", status=503), reply(b"<html>", content_type="text/html")])
def test_a_source_that_fails_after_the_resolution_proposes_nothing_and_is_not_asked_more_often(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober, down: Any
) -> None:
    settle_by_market(engine, server, prober)
    server.routes[f"/v0/market/{MARKET}"] = down
    clock.set(NOON + DAY)
    assert run_due(prober) == {"probed": 1}
    clock.advance(3600 * 12)
    assert run_due(prober) == {}
    assert states(engine) == [("yes", "confirmed")]


def test_a_market_that_is_unresolved_proposes_to_retract_the_outcome(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    settle_by_market(engine, server, prober)
    serve_market(server, isResolved=False)
    clock.set(NOON + DAY)
    run_due(prober)
    assert states(engine) == [("yes", "confirmed"), ("retracted", "pending")]
    assert outcome(engine) == "yes"
    clock.advance(3600 * 36)
    run_due(prober)
    assert len(states(engine)) == 2, "the same again is no other proposal"
    with write_transaction(engine) as session:
        row = confirm(session, session.get_one(Proposal, 2), None, now=clock.now(), actor="person")
        assert (row.outcome, row.proposal_id) == (None, 2)
    assert outcome(engine) is None
    assert states(engine) == [("yes", "confirmed"), ("retracted", "confirmed")]
    run_due(prober)
    assert len(states(engine)) == 2, "an open question has nothing to retract"


def test_a_market_that_is_resolved_again_withdraws_its_doubt(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    settle_by_market(engine, server, prober)
    serve_market(server, isResolved=False)
    clock.set(NOON + DAY)
    run_due(prober)
    day = int((NOON - DAY).timestamp() * 1000)
    serve_market(server, resolutionTime=day, closeTime=day)
    clock.set(NOON + 3 * DAY)
    run_due(prober)
    assert states(engine) == [("yes", "confirmed"), ("retracted", "overtaken")]
    assert all_proposals(engine)[1].reason == "the source says yes again"
    assert contradicted(engine, clock) == []
    serve_market(server, isResolved=False)
    clock.set(NOON + 5 * DAY)
    run_due(prober)
    assert states(engine)[1] == ("retracted", "pending"), "the same once more, of which no person has decided"


def test_a_market_that_has_not_settled_does_not_doubt_an_outcome_given_by_a_person(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    serve_market(server, isResolved=False)
    config = {"market": MARKET, "criteria_match": True, "base_url": server.url}
    attach_resolver(engine, "q", config, resolver="manifold")
    with write_transaction(engine) as session:
        resolve_question(session, question_named(session, "q"), "yes", NOON)
    clock.set(NOON + DAY)
    assert run_due(prober)["probed"] == 1
    assert states(engine) == []
    assert attached_row(engine, "q").state == "nothing"


def test_a_retraction_by_a_person_closes_the_proposal_to_retract(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    settle_by_market(engine, server, prober)
    serve_market(server, isResolved=False)
    clock.set(NOON + DAY)
    run_due(prober)
    with write_transaction(engine) as session:
        retract_resolution(session, question_named(session, "q"), "a mistake", now=clock.now(), actor="person")
    assert states(engine) == [("yes", "confirmed"), ("retracted", "overtaken")]


def test_what_a_person_has_overruled_is_not_proposed_again(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    serve_answer(server, HAPPENED)
    attach_resolver(engine, "q", json_config(server), every_minutes=60)
    run_due(prober)
    with write_transaction(engine) as session:
        resolve_question(session, question_named(session, "q"), "no", NOON)
    for day in range(1, 5):
        clock.set(NOON + day * 1.2 * DAY)
        run_due(prober)
    assert states(engine) == [("yes", "overtaken")]


def test_a_rejected_reversal_stays_rejected(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    settle_by_market(engine, server, prober)
    serve_market(server, isResolved=False)
    clock.set(NOON + DAY)
    run_due(prober)
    with write_transaction(engine) as session:
        reject(session, session.get_one(Proposal, 2), "a prank", now=clock.now(), actor="person")
    clock.set(NOON + 3 * DAY)
    run_due(prober)
    assert states(engine) == [("yes", "confirmed"), ("retracted", "rejected")]


def test_of_two_pending_proposals_the_one_seen_last_is_the_later_one(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    serve_answer(server, HAPPENED)
    attach_resolver(engine, "q", json_config(server, yes="happened", annul="void", date="day"), every_minutes=60)
    run_due(prober)
    for body, latest in (('{"void": true}', "annulled"), (HAPPENED, "yes")):
        serve_answer(server, body)
        for _ in range(2):
            clock.advance(3600 * 1.2)
            run_due(prober)
        assert max(all_proposals(engine), key=lambda each: each.proposed_at).outcome == latest
    assert states(engine) == [("yes", "pending"), ("annulled", "pending")]
    outcome(engine)
