"""Resolvers from the command line, and those that the starting record comes with."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from predictions import ledger
from predictions.questions import find_question
from resolvers.attaching import attached, list_attached
from resolvers.catalog import checked_config
from service.database import reading, writing
from service.starting import SANCTIONS, enter_starting_record
from tests.resolvers.server import reply, serving_raw
from tests.service.command import Command

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def test_the_sanctions_questions_are_wired_to_ofac_and_starting_again_changes_nothing(engine: Engine) -> None:
    with writing(engine) as session:
        assert enter_starting_record(session, now=NOW) == 13
        head = ledger.head(session)
    with writing(engine) as session:
        assert enter_starting_record(session, now=NOW) == 0
        assert ledger.head(session) == head
    with reading(engine) as session:
        assert [question.slug for _, question in list_attached(session)] == list(SANCTIONS)
        question = find_question(session, SANCTIONS[0])
        assert question is not None
        row = attached(session, question)
        assert row.resolver == "ofac"
        assert not row.automatic
        assert len(checked_config(row.resolver, row.config).names) == 10  # type: ignore[attr-defined]


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
        assert tried["saw"] == ["yes: state == 'done' gives false"]
        assert "no condition holds" in trackrecord("probe", "troops-by-end-2026").out
        server.routes["/feed"] = reply(b"", status=503)
        down = trackrecord("probe", "troops-by-end-2026")
        assert down.code == 1
        assert "unavailable" in down.out
    trackrecord("resolver", "remove", "troops-by-end-2026")
    assert len(trackrecord("resolver", "list", "--json").json) == 2


def test_wrong_settings_are_told_in_a_line(trackrecord: Command) -> None:
    trackrecord("seed")
    for config in ("{", "{}", '{"url": "https://example.org"}', "@nowhere.json"):
        done = trackrecord("resolver", "set", "troops-by-end-2026", "json", config)
        assert done.code == 2, done
        assert "Traceback" not in done.err
