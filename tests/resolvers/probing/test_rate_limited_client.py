"""The rate-limited client: spacing, conditional requests, circuit breaker and last good check."""

from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.errors import NotConfigured, SourceUnavailable, TooSlow
from resolvers.probing.rate_limited_client import FAILURES_TO_BREAK
from resolvers.probing.source_state import next_probe_at
from tests.support.http_source_server import hang, raw, reply
from tests.support.sample_world import World


def fail(world: World, times: int, **status: Any) -> SourceUnavailable:
    world.server.routes["/"] = reply(b"", **{"status": 500, **status})
    error = None
    for _ in range(times):
        with pytest.raises(SourceUnavailable) as raised:
            world.fetch.get(world.url + "/")
        error = raised.value
    assert error is not None
    return error


# Spacing


def test_requests_to_one_host_are_spaced(world: World) -> None:
    world.serve_bytes("/", b"ok")
    for _ in range(4):
        world.fetch.get(world.url + "/")
    assert world.slept == pytest.approx([1.125] * 3), "one second, and half of the quarter that is drawn by chance"


def test_a_request_after_the_interval_does_not_wait(world: World) -> None:
    world.serve_bytes("/", b"ok")
    world.fetch.get(world.url + "/")
    world.clock.advance(0.5)
    world.fetch.get(world.url + "/")
    world.clock.advance(60)
    world.fetch.get(world.url + "/")
    assert world.slept == pytest.approx([0.625])


def test_threads_take_turns(world: World) -> None:
    """Each gets a slot of its own, so no two waits are alike."""
    world.serve_bytes("/", b"ok")
    waits: list[float] = []
    world.fetch._sleep = waits.append
    threads = [Thread(target=world.fetch.get, args=(world.url + "/",)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(waits) == pytest.approx([1.125 * turn for turn in range(1, 6)])


# Conditional requests


def test_an_unchanged_response_is_requested_conditionally_and_read_from_the_store(world: World) -> None:
    first = reply(b"the body", etag='"1"', last_modified="Wed, 22 Oct 2025 10:00:00 GMT", content_type="text/plain")
    world.server.routes["/"] = [first, reply(status=304)]
    one = world.fetch.get(world.url + "/")
    world.clock.advance(3600)
    two = world.fetch.get(world.url + "/")
    sent = world.server.requests[1].headers
    assert (sent["if-none-match"], sent["if-modified-since"]) == ('"1"', "Wed, 22 Oct 2025 10:00:00 GMT")
    assert (two.body, two.status, two.headers["content-type"]) == (b"the body", 200, "text/plain")
    assert (two.sha256, two.headers["etag"]) == (one.sha256, '"1"')
    assert two.fetched_at > one.fetched_at, "unchanged means: it still says so now"


def test_a_changed_response_replaces_the_stored_one(world: World) -> None:
    world.server.routes["/"] = [reply(b"old", etag='"1"'), reply(b"new", etag='"2"'), reply(status=304)]
    bodies = [world.fetch.get(world.url + "/").body for _ in range(3)]
    assert bodies == [b"old", b"new", b"new"]
    assert world.server.requests[2].headers["if-none-match"] == '"2"'


def test_a_response_without_validators_is_requested_in_full(world: World) -> None:
    world.serve_bytes("/", b"ok")
    world.fetch.get(world.url + "/")
    world.fetch.get(world.url + "/")
    assert "if-none-match" not in world.server.requests[1].headers
    assert list(world.snapshots.keys()) == [], "nor is it stored, as nothing is answered from it"


def test_after_a_lost_snapshot_the_next_request_is_unconditional(world: World) -> None:
    world.serve_bytes("/", b"ok", etag='"1"')
    world.fetch.get(world.url + "/")
    world.snapshots.prune(cited=(), now=datetime.now(UTC) + timedelta(days=31))
    assert world.fetch.get(world.url + "/").body == b"ok"
    assert "if-none-match" not in world.server.requests[1].headers


def test_an_immutable_response_is_requested_once(world: World) -> None:
    world.serve_bytes("/changes/501", b"<delta/>")
    bodies = [world.fetch.get(world.url + "/changes/501", immutable=True).body for _ in range(3)]
    assert bodies == [b"<delta/>"] * 3
    assert len(world.server.requests) == 1


def test_a_response_that_needs_a_token_is_not_stored(world: World) -> None:
    world.serve_bytes("/", b"private", etag='"1"')
    world.fetch.get(world.url + "/", headers={"Authorization": "Token 1"})
    assert list(world.snapshots.keys()) == []


def test_a_full_disk_does_not_prevent_a_probe(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from resolvers.probing import snapshots

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(snapshots, "write_atomically", full)
    world.serve_bytes("/", b"ok", etag='"1"')
    assert world.fetch.get(world.url + "/").body == b"ok"


# Failure


@pytest.mark.parametrize("status", [301, 304, 400, 401, 403, 404, 410, 429, 500, 502, 503])
def test_a_status_that_is_no_success_is_an_error_with_that_status(world: World, status: int) -> None:
    assert fail(world, 1, status=status).status == status


def test_five_failures_in_a_row_open_the_circuit_breaker(world: World) -> None:
    world.serve_bytes("/good", b"ok")
    world.fetch.get(world.url + "/good")
    succeeded = world.memory.host(world.server.host).last_good_at
    assert succeeded is not None
    fail(world, FAILURES_TO_BREAK)
    request_count = len(world.server.requests)
    with pytest.raises(SourceUnavailable, match=f"last good check: {succeeded:%Y-%m-%d %H:%M}") as raised:
        world.fetch.get(world.url + "/good")
    assert len(world.server.requests) == request_count, "a host on its break is not asked"
    assert raised.value.retry_after == pytest.approx(600 * 1.125, abs=1)
    assert world.memory.host(world.server.host).broken


def test_one_success_after_the_pause_closes_the_circuit_breaker(world: World) -> None:
    fail(world, FAILURES_TO_BREAK)
    world.clock.advance(600 * 1.125)
    world.serve_bytes("/", b"ok")
    assert world.fetch.get(world.url + "/").body == b"ok"
    state = world.memory.host(world.server.host)
    assert (state.failures, state.broken, state.last_error) == (0, False, None)
    fail(world, 1)
    assert not world.memory.host(world.server.host).broken


def test_each_further_failure_doubles_the_pause_up_to_six_hours(world: World) -> None:
    fail(world, FAILURES_TO_BREAK - 1)
    breaks = []
    for _ in range(9):
        fail(world, 1)
        state = world.memory.host(world.server.host)
        assert state.next_at is not None
        breaks.append((state.next_at - world.clock.now()) / timedelta(minutes=1.125))
        world.clock.set(state.next_at)
    assert breaks == pytest.approx([10, 20, 40, 80, 160, 320, 360, 360, 360])


def test_a_success_resets_the_count_of_failures(world: World) -> None:
    fail(world, FAILURES_TO_BREAK - 1)
    world.serve_bytes("/", b"ok")
    world.fetch.get(world.url + "/")
    fail(world, FAILURES_TO_BREAK - 1)
    assert not world.memory.host(world.server.host).broken


@pytest.mark.parametrize("status", [400, 404, 410])
def test_a_wrong_id_does_not_count_as_a_failure_of_the_host(world: World, status: int) -> None:
    fail(world, FAILURES_TO_BREAK + 1, status=status)
    assert world.memory.host(world.server.host).failures == 0


@pytest.mark.parametrize("behaviour", [raw(b""), raw(b"SSH-2.0\r\n\r\n")])
def test_a_broken_connection_counts_as_a_failure_of_the_host(world: World, behaviour: Any) -> None:
    world.server.routes["/"] = behaviour
    with pytest.raises(SourceUnavailable):
        world.fetch.get(world.url + "/")
    assert world.memory.host(world.server.host).failures == 1


def test_a_timeout_counts_as_a_failure_of_the_host(world: World) -> None:
    from resolvers.outbound.client import Limits, OutboundClient

    world.server.routes["/"] = hang
    world.fetch._client = OutboundClient(
        clock=world.clock, user_agent="t", allowed_hosts=[world.server.host], limits=Limits(read_seconds=0.2)
    )
    with pytest.raises(TooSlow):
        world.fetch.get(world.url + "/")
    assert world.memory.host(world.server.host).failures == 1


def test_a_source_that_asks_for_time_gets_it(world: World) -> None:
    error = fail(world, 1, status=429, retry_after="900")
    assert error.retry_after == 900
    world.clock.advance(860)
    with pytest.raises(SourceUnavailable, match="not requested before"):
        world.fetch.get(world.url + "/")
    assert len(world.server.requests) == 1
    world.clock.advance(60)
    world.serve_bytes("/", b"ok")
    assert world.fetch.get(world.url + "/").status == 200


def test_a_paused_host_does_not_delay_another(world: World) -> None:
    fail(world, FAILURES_TO_BREAK)
    assert world.memory.host("other.example").failures == 0


# Secrets of the operator


def test_a_token_is_read_from_the_environment(world: World) -> None:
    world.environment["TRACKRECORD_FEED_X"] = "abc"
    assert world.fetch.secret("TRACKRECORD_FEED_X") == "abc"


@pytest.mark.parametrize(
    "name", ["TRACKRECORD_FEED_Y", "TRACKRECORD_ADMIN_KEY", "TRACKRECORD_DATABASE_URL", "PATH", ""]
)
def test_no_other_variable_can_be_read(world: World, name: str) -> None:
    world.environment.update({"TRACKRECORD_ADMIN_KEY": "secret", "PATH": "/"})
    with pytest.raises(NotConfigured, match="not set"):
        world.fetch.secret(name)


# When to probe again

DEADLINE = datetime(2025, 9, 18, tzinfo=UTC)
HOUR = timedelta(hours=1)


@given(st.timedeltas(timedelta(days=-400), timedelta(days=400)), st.floats(0, 0.999))
def test_probing_starts_at_its_lead_and_keeps_its_interval(ahead: timedelta, chance: float) -> None:
    now = DEADLINE - ahead
    at = next_probe_at(now, DEADLINE, interval=HOUR, lead=timedelta(days=7), draw=lambda: chance)
    assert at >= DEADLINE - timedelta(days=7)
    assert at >= now + HOUR
    assert at <= max(now + HOUR, DEADLINE - timedelta(days=7)) + HOUR / 10
