"""Resolvers from the command line."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.starting_record import OFAC, SANCTIONS
from tests.support.cli_runner import Command
from tests.support.http_source_server import reply, serving_raw
from tests.support.sample_world import fixture

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def test_without_internet_the_state_says_so_and_nothing_else_is_printed(trackrecord: Command) -> None:
    trackrecord("seed")
    feed = json.dumps({"url": "https://feed.invalid/x.json", "yes": "done"})
    trackrecord("resolver", "set", "troops-by-end-2026", "json", feed, "--lead-hours", "80000")
    done = trackrecord("scheduler", "--once", "--json")
    assert (done.code, done.err) == (0, "")
    assert done.json["probed"] == 1
    state = {item["slug"]: item for item in trackrecord("resolver", "list", "--json").json}["troops-by-end-2026"]
    assert (state["state"], state["last_good_check"], state["failures"]) == ("unavailable", None, 1)
    tried = trackrecord("probe", "troops-by-end-2026")
    assert (tried.code, tried.err) == (1, "")
    assert "last good check: never" in tried.out


def test_a_resolver_is_set_listed_tried_and_removed(trackrecord: Command, tmp_path: Path) -> None:
    trackrecord("seed")
    with serving_raw() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRACKRECORD_ALLOWED_HOSTS", server.host)
        server.routes["/feed"] = reply(b'{"state": "still open"}', content_type="application/json")
        settings = tmp_path / "settings.json"
        settings.write_text(json.dumps({"url": f"{server.url}/feed", "yes": "state == 'done'"}))
        trackrecord("resolver", "set", "troops-by-end-2026", "json", f"@{settings}", "--every-minutes", "60")
        listed = {item["slug"]: item for item in trackrecord("resolver", "list", "--json").json}
        assert listed["troops-by-end-2026"]["every_minutes"] == 60
        tried = trackrecord("probe", "troops-by-end-2026", "--json").json
        assert (tried["state"], tried["reason"]) == ("nothing", "no condition holds")
        assert tried["observed"] == ["yes: state == 'done' gives false"]
        assert "no condition holds" in trackrecord("probe", "troops-by-end-2026").out
        server.routes["/feed"] = reply(b'{"state": "done"}', content_type="application/json")
        assert "would propose yes (confidence " in trackrecord("probe", "troops-by-end-2026").out
        server.routes["/feed"] = reply(b"", status=503)
        down = trackrecord("probe", "troops-by-end-2026")
        assert down.code == 1
        assert "unavailable" in down.out
    trackrecord("resolver", "remove", "troops-by-end-2026")
    assert len(trackrecord("resolver", "list", "--json").json) == 2


def test_wrong_settings_are_reported_in_one_line(trackrecord: Command) -> None:
    trackrecord("seed")
    for config in ("{", "{}", '{"url": "https://example.org"}', "@nowhere.json"):
        done = trackrecord("resolver", "set", "troops-by-end-2026", "json", config)
        assert done.code == 2, done
        assert "Traceback" not in done.err


def test_the_attached_resolvers_find_the_designation_of_october_2025_and_its_absence_before(
    trackrecord: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six months: nothing in any publication, hence no. Twelve: one of the ten is newly listed, hence yes."""
    trackrecord("seed")
    listed = fixture("ofac_delta_add.xml").decode()
    assert "EXAMPLE OIL COMPANY" in listed
    listed = listed.replace("EXAMPLE OIL COMPANY", "PUBLIC JOINT STOCK COMPANY ROSNEFT OIL COMPANY")
    history = [
        {"publicationID": 1, "datePublished": "2025-06-10T10:30:00"},
        {"publicationID": 2, "datePublished": "2025-10-22T15:30:00.123"},
    ]
    with serving_raw() as server:
        monkeypatch.setenv("TRACKRECORD_ALLOWED_HOSTS", server.host)
        for path, body in {
            "/changes/history/2025": json.dumps(history).encode(),
            "/changes/history/2026": b"[]",
            "/changes/1": fixture("ofac_delta_other_program.xml"),
            "/changes/2": listed.encode(),
        }.items():
            kind = "application/json" if "history" in path else "application/xml"
            server.routes[path] = reply(body, content_type=kind)
        for slug, outcome in zip(SANCTIONS, ("no", "yes"), strict=True):
            settings = json.dumps(OFAC | {"base_url": server.url})
            assert trackrecord("resolver", "set", slug, "ofac", settings, "--reason", "a test source").code == 0
            result = trackrecord("probe", slug, "--json").json
            assert (result["state"], result["proposal"]["outcome"]) == ("proposed", outcome), result
            assert result["proposal"]["confidence"] == 0.6, "a match by name, for a person to check"
