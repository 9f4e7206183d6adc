"""One probe: what goes wrong, in the source or in the resolver, is a state with a reason and never an outcome."""

import threading
from typing import Any

import pytest

from resolvers.probing.attempt import BoundedFetch, ProbeResult, run_probe
from resolvers.probing.models import ProbeStatus
from resolvers.sources.evidence import Probe
from resolvers.sources.interface import Config, Fetch, ProbedQuestion
from tests.support.sample_world import World, question


class Faulty:
    """A plug-in with an error in it."""

    key = "faulty"
    version = "1"
    settings: type[Config] = Config

    def probe(self, probed: ProbedQuestion, config: Config, fetch: Fetch) -> Probe:
        raise ZeroDivisionError


def probe(world: World, fetch: BoundedFetch, **settings: Any) -> ProbeResult:
    return run_probe(question(), "json", {"url": f"{world.url}/", "yes": "a", **settings}, fetch)


def test_an_error_in_a_plug_in_is_a_failed_probe_that_refers_to_the_log(
    world: World, install: Any, caplog: pytest.LogCaptureFixture
) -> None:
    install("faulty", Faulty)
    result = run_probe(question(), "faulty", {}, BoundedFetch(world.fetch, world.clock))
    assert (result.state, result.proposal, result.succeeded) == (ProbeStatus.FAILED, None, False)
    assert result.reason == "the resolver faulty failed (ZeroDivisionError): see the log"
    assert "ZeroDivisionError" in caplog.text


def test_a_probe_requests_nothing_after_its_time(world: World) -> None:
    fetch = BoundedFetch(world.fetch, world.clock, seconds=10)
    world.clock.advance(11)
    result = probe(world, fetch)
    assert (result.state, world.server.requests) == (ProbeStatus.UNAVAILABLE, [])
    assert "took more than 10 seconds" in result.reason


def test_a_probe_requests_nothing_while_the_scheduler_stops(world: World) -> None:
    stopping = threading.Event()
    stopping.set()
    result = probe(world, BoundedFetch(world.fetch, world.clock, stopping=stopping))
    assert (result.state, world.server.requests) == (ProbeStatus.UNAVAILABLE, [])
    assert "the next probe continues from there" in result.reason


def test_a_token_of_the_operator_reaches_the_source_and_a_missing_one_is_named(world: World) -> None:
    world.serve_bytes("/", b'{"a": false}', content_type="application/json")
    wanted = {"headers_env": {"X-Token": "TRACKRECORD_FEED_DESK"}}
    missing = probe(world, BoundedFetch(world.fetch, world.clock), **wanted)
    assert missing.state is ProbeStatus.MISCONFIGURED
    assert "TRACKRECORD_FEED_DESK is not set" in missing.reason
    world.environment["TRACKRECORD_FEED_DESK"] = "s3cret"
    assert probe(world, BoundedFetch(world.fetch, world.clock), **wanted).state is ProbeStatus.NOTHING
    assert world.server.requests[0].headers["x-token"] == "s3cret"
