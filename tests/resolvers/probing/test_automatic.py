"""An automatic resolver resolves what its source states completely, and leaves everything else to a person."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from predictions.errors import InvalidInput
from predictions.models import Proposal
from predictions.questions.proposals import confirm
from resolvers.probing.configuration import ResolverIn, attach, get_attached
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
    question_named,
    run_due,
    serve_answer,
)
from tests.support.sample_world import fixture
from tests.support.source_requests import create_question


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


def test_that_nothing_happened_is_known_at_the_deadline(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    server.routes["/changes/history/2024"] = reply(b"[]", content_type=JSON)
    server.routes["/changes/history/2025"] = reply(fixture("ofac_history.json"), content_type=JSON)
    for item in json.loads(fixture("ofac_history.json")):
        of_others = reply(fixture("ofac_delta_other_program.xml"), content_type="application/xml")
        server.routes[f"/changes/{item['publicationID']}"] = of_others
    config = {"programs": ["RUSSIA-EO14024"], "base_url": server.url}
    attach_resolver(engine, "q", config, resolver="ofac", automatic=True)
    clock.set(DEADLINE + timedelta(days=2))
    assert run_due(prober) == {"probed": 1, "proposed": 1}
    with read_transaction(engine) as session:
        question = question_named(session, "q")
        assert (question.outcome, question.known_at) == ("no", DEADLINE)


def test_an_outcome_without_a_date_is_left_to_a_person_who_has_to_give_one(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    serve_answer(server, '{"failed": true}')
    attach_resolver(engine, "q", json_config(server, no="failed"), automatic=True)
    clock.set(DEADLINE + timedelta(days=2))
    assert run_due(prober)["proposed"] == 1
    (proposal,) = all_proposals(engine)
    assert (proposal.outcome, proposal.known_at, proposal.state) == ("no", None, "pending")
    assert "a person must decide: the source does not say when it became known" in attached_row(engine, "q").reason
    with write_transaction(engine) as session, pytest.raises(InvalidInput) as found:
        confirm(session, session.get_one(Proposal, proposal.id), None, now=clock.now(), actor="person")
    assert found.value.faults[0].pointer == "/known_at"


def test_a_question_whose_condition_is_undecided_is_not_resolved(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    serve_answer(server, HAPPENED)
    with write_transaction(engine) as session:
        create_question(session, "condition", DEADLINE)
        question = create_question(session, "q", DEADLINE, condition={"question": "condition", "outcome": "yes"})
        data = ResolverIn.model_validate({"resolver": "json", "config": json_config(server), "automatic": True})
        attach(session, question, data, now=NOON, actor="tester")
    assert run_due(prober)["proposed"] == 1
    assert [each.state for each in all_proposals(engine)] == ["pending"]
    assert "a person must decide: " in attached_row(engine, "q").reason
    with read_transaction(engine) as session:
        assert question_named(session, "q").outcome is None


def test_words_in_a_feed_resolve_nothing_even_if_an_earlier_version_allowed_it(
    engine: Engine, server: RawServer, clock: FakeClock, prober: Prober
) -> None:
    entry = (
        "<item><title>Sanctions imposed</title><guid>1</guid><pubDate>Thu, 20 Nov 2025 10:00:00 GMT</pubDate></item>"
    )
    feed = f'<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>{entry}</channel></rss>'
    server.routes["/rss"] = reply(feed.encode(), content_type="application/rss+xml")
    attach_resolver(engine, "q", {"url": f"{server.url}/rss", "all": ["sanctions"]}, resolver="feed")
    with write_transaction(engine) as session:
        row = get_attached(session, question_named(session, "q"))
        row.automatic, row.automatic_by = True, "an admin"
    assert run_due(prober)["proposed"] == 1
    assert [each.state for each in all_proposals(engine)] == ["pending"]
    assert "its confidence is too low" in attached_row(engine, "q").reason
