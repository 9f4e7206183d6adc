"""A source that has said all and no outcome is not asked for ever, and people see what it said."""

import json

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from predictions import ledger
from predictions.models import LedgerEvent
from resolvers.probing.configuration import ResolverIn, attach
from resolvers.probing.models import ProbeStatus
from resolvers.probing.worker import Prober
from service.db.engine import read_transaction, write_transaction
from tests.support.fake_clock import FakeClock
from tests.support.http_source_server import RawServer, reply
from tests.support.probing_helpers import (
    JSON,
    NOON,
    all_proposals,
    attach_resolver,
    attached_row,
    question_named,
    run_due,
)
from tests.support.sample_world import fixture

MARKET = "KXSYNTH-25SEP18"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


def test_a_scalar_settlement_is_told_and_ends_the_probing(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    server.routes[f"/markets/{MARKET}"] = reply(fixture("kalshi_scalar.json"), content_type=JSON)
    config = {"market": MARKET, "criteria_match": True, "base_url": server.url}
    attach_resolver(engine, "q", config, resolver="kalshi", automatic=True)
    assert run_due(prober) == {"probed": 1}
    row = attached_row(engine, "q")
    assert (row.state, row.paused) == (ProbeStatus.NOTHING, True)
    assert row.reason.startswith("a scalar settlement at $0.3700 a share: it cannot be read as yes or no")
    assert "probing is paused" in row.reason
    assert '"settlement_value_dollars": "0.3700"' in row.observed[0]
    for days in (1, 10, 100):
        clock.set(NOON.replace(year=2026) if days == 100 else NOON.replace(day=1 + days))
        assert run_due(prober) == {}
    assert len(server.requests) == 1
    assert all_proposals(engine) == []
    with read_transaction(engine) as session:
        event = session.exec(select(LedgerEvent).where(LedgerEvent.action == "question.resolver_changed")).one()
        body = json.loads(event.body)
        assert (event.actor, body["before"]["paused"], body["after"]["paused"]) == ("resolver kalshi", False, True)
        assert list(ledger.chain_errors(session)) == []


def test_a_person_can_have_it_asked_again(engine: Engine, server: RawServer, clock: FakeClock, prober: Prober) -> None:
    server.routes[f"/markets/{MARKET}"] = reply(fixture("kalshi_scalar.json"), content_type=JSON)
    config = {"market": MARKET, "criteria_match": True, "base_url": server.url}
    attach_resolver(engine, "q", config, resolver="kalshi")
    run_due(prober)
    server.routes[f"/markets/{MARKET}"] = reply(
        fixture("kalshi_scalar.json").replace(b'"scalar"', b'"no"'), content_type=JSON
    )
    with write_transaction(engine) as session:
        data = ResolverIn.model_validate({"resolver": "kalshi", "config": config, "paused": False})
        attach(session, question_named(session, "q"), data, now=clock.now(), actor="person")
    assert run_due(prober) == {"probed": 1, "proposed": 1}
    assert not attached_row(engine, "q").paused
