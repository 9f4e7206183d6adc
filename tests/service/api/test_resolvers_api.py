"""Resolvers over the API: permissions, a dry run, proposals with snapshots, and bytes that run no script."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine

from resolvers.probing.snapshots import cited_snapshots
from service.db.engine import read_transaction
from service.scheduling.scheduler import run_once
from service.settings import Settings
from service.wiring.probing import snapshot_store
from tests.conftest import ADMIN_KEY
from tests.service.security.test_sign_in import sign_in, token_on
from tests.support.fake_clock import FakeClock
from tests.support.http_source_server import FIXTURES, RawServer, reply, serving_raw

QUESTION = {
    "slug": "q",
    "text": "Will it rain?",
    "resolution_criteria": "Yes if it rains.",
    "opens_at": "2025-01-01",
    "deadline": "2025-04-05",
    "deadline_basis": "stated",
}
PAGE = "/api/questions/q/resolver"
EVIL = b'{"happened": true, "day": "2025-03-20", "html": "<script>alert(1)</script>"}'


@pytest.fixture
def feed() -> Iterator[RawServer]:
    with serving_raw() as server:
        server.routes["/feed"] = reply(EVIL, content_type="application/json")
        yield server


@pytest.fixture
def settings(database_url: str, tmp_path: Path, feed: RawServer) -> Settings:
    """The served app may reach the feed."""
    return Settings(
        _env_file=None,
        database_url=database_url,
        state_dir=tmp_path / "state",
        admin_key=ADMIN_KEY,
        allowed_hosts=(feed.host,),
    )


@pytest.fixture
def api(admin: httpx.Client) -> httpx.Client:
    assert admin.post("/api/questions", json=QUESTION).status_code == 201
    return admin


@pytest.fixture
def editor(api: httpx.Client, base_url: str) -> Iterator[httpx.Client]:
    """A client whose key may resolve, and no more."""
    key = api.post("/api/keys", json={"name": "editor", "scopes": ["resolve"]}).json()["key"]
    with httpx.Client(base_url=base_url, headers={"Authorization": f"Bearer {key}"}) as client:
        yield client


def wanted(feed: RawServer, **changes: Any) -> dict[str, Any]:
    return {"resolver": "json", "config": {"url": f"{feed.url}/feed", "yes": "happened", "date": "day"}, **changes}


def test_the_catalog_names_every_resolver_with_the_schema_of_its_settings(api: httpx.Client) -> None:
    items = {item["key"]: item for item in api.get("/api/resolvers").json()["items"]}
    assert set(items) == {"json", "ofac", "feed", "manifold", "polymarket", "kalshi", "metaculus"}
    assert "programs" in items["ofac"]["config_schema"]["properties"]


def test_a_resolver_is_attached_read_changed_and_detached(editor: httpx.Client, feed: RawServer) -> None:
    assert editor.get(PAGE).status_code == 404
    reply = editor.put(PAGE, json=wanted(feed))
    assert reply.status_code == 200, reply.text
    assert (reply.json()["state"], reply.json()["automatic"], reply.json()["attached_by"]) == (
        "waiting",
        False,
        "editor",
    )
    assert reply.json()["config"]["no"] is None, "all defaults are filled in"
    assert editor.get(PAGE).json() == reply.json()
    assert editor.put(PAGE, json=wanted(feed, every_minutes=30)).json()["every_minutes"] == 30
    assert editor.delete(PAGE).json()["detached"]
    assert editor.delete(PAGE).status_code == 404


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"resolver": "none"}, "/resolver"),
        ({"config": {"url": "file:///etc/passwd", "yes": "x"}}, "/config/url"),
        ({"config": {"url": "https://example.org", "yes": "[["}}, "/config/yes"),
        ({"config": {"url": "https://example.org", "yes": "x", "more": 1}}, "/config/more"),
        ({"config": {"url": "https://example.org", "yes": "a == '\ud800'"}}, "/config/yes"),
        ({"config": {"url": "https://example.org", "yes": "a == '\x00'"}}, "/config"),
        ({"config": {"url": "https://example.org", "yes": "x", "\ud800": 1}}, "/config"),
        ({"resolver": "ofac", "config": {"programs": ["\x00"]}}, "/config"),
        ({"resolver": "ofac", "config": {"programs": json.loads("[" * 400 + "]" * 400)}}, "/config/programs/0"),
        ({"lead_hours": -1}, "/lead_hours"),
        ({"every_minutes": 0}, "/every_minutes"),
        ({"paused": "no"}, "/paused"),
        ({"unknown": 1}, "/unknown"),
    ],
)
def test_wrong_settings_are_refused_with_the_place(
    editor: httpx.Client, feed: RawServer, changes: dict[str, Any], pointer: str
) -> None:
    body = json.dumps(wanted(feed, **changes))
    reply = editor.put(PAGE, content=body, headers={"content-type": "application/json"})
    assert reply.status_code == 422, reply.text
    assert reply.json()["errors"][0]["pointer"] == pointer


def test_an_expression_beyond_its_budget_is_refused_when_it_is_attached_and_when_it_is_tried(
    editor: httpx.Client, feed: RawServer
) -> None:
    hostile = wanted(feed)
    hostile["config"]["yes"] = "day|" + "|".join(["[@,@][]"] * 22)
    for refused in (editor.put(PAGE, json=hostile), editor.post("/api/questions/q/probe", json=hostile)):
        assert refused.status_code == 422, refused.text
        (fault,) = refused.json()["errors"]
        assert fault["pointer"] == "/config/yes"
        assert "repeat less" in fault["detail"]
    assert feed.requests == []


def test_a_secret_in_an_address_is_shown_to_nobody(editor: httpx.Client, feed: RawServer) -> None:
    config = {"url": f"{feed.url}/feed?api_key=hidden-1&topic=rain", "yes": "happened"}
    shown = editor.put(PAGE, json={"resolver": "json", "config": config}).text
    reply_text = editor.get("/api/ledger", params={"limit": 100}).text
    for text in (shown, reply_text, editor.get("/questions/q").text, editor.get("/api/questions/q").text):
        assert "hidden-1" not in text
    assert editor.post("/api/questions/q/probe").json()["proposal"] is not None
    assert feed.requests[-1].target == "/feed?api_key=hidden-1&topic=rain"


def test_only_an_admin_sets_the_policy_sends_a_secret_or_names_another_source(
    editor: httpx.Client, api: httpx.Client, feed: RawServer
) -> None:
    secret = wanted(feed)
    secret["config"]["headers_env"] = {"Authorization": "TRACKRECORD_FEED_X"}
    other = {"resolver": "manifold", "config": {"market": "abc", "base_url": feed.url}}
    for body in (wanted(feed, automatic=True), secret, other):
        assert editor.put(PAGE, json=body).status_code == 403
        assert api.put(PAGE, json=body).status_code == 200
    tried = {"resolver": other["resolver"], "config": other["config"]}
    assert editor.post("/api/questions/q/probe", json=tried).status_code == 403
    with httpx.Client(base_url=str(api.base_url)) as anybody:
        assert anybody.put(PAGE, json=wanted(feed)).status_code == 401
        assert anybody.post("/api/questions/q/probe").status_code == 401
        assert anybody.delete(PAGE).status_code == 401


def test_a_dry_run_shows_what_it_observed_and_records_nothing(editor: httpx.Client, feed: RawServer) -> None:
    assert editor.post("/api/questions/q/probe").status_code == 404
    tried = editor.post("/api/questions/q/probe", json=wanted(feed))
    assert tried.status_code == 200, tried.text
    result = tried.json()
    assert (result["state"], result["proposal"]["outcome"], result["observed"]) == (
        "proposed",
        "yes",
        ["yes: happened gives true"],
    )
    assert result["proposal"]["evidence"][0]["snapshot"] is None
    editor.put(PAGE, json=wanted(feed))
    feed.routes["/feed"] = reply(b"", status=503)
    result = editor.post("/api/questions/q/probe").json()
    assert (result["state"], result["proposal"], result["last_good_check"]) == ("unavailable", None, None)
    assert editor.get("/api/proposals").json()["items"] == []
    assert editor.get(PAGE).json()["probed_at"] is None


def test_a_probe_of_the_scheduler_proposes_with_a_snapshot_that_runs_no_script_when_viewed(
    editor: httpx.Client, engine: Engine, settings: Settings, clock: FakeClock, feed: RawServer
) -> None:
    editor.put(PAGE, json=wanted(feed))
    assert run_once(engine, settings, clock)["proposed"] == 1
    (proposal,) = editor.get("/api/questions/q").json()["proposals"]
    address = proposal["evidence"][0]["snapshot_url"]
    shown = editor.get(address)
    assert (shown.status_code, shown.content) == (200, EVIL)
    assert shown.headers["content-type"].startswith("text/plain")
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in shown.headers["content-security-policy"]
    assert editor.get(address, headers={"if-none-match": shown.headers["etag"]}).status_code == 304
    assert editor.get("/snapshots/" + "0" * 64).status_code == 404
    assert editor.get("/snapshots/..%2f..%2fsecret").status_code in (404, 422)
    state = editor.get(PAGE).json()
    assert (state["state"], state["failures"]) == ("proposed", 0)
    assert state["last_good_check"] == state["probed_at"]


def test_a_snapshot_that_is_lost_is_not_found_and_the_reply_says_how_to_restore_it(
    editor: httpx.Client, engine: Engine, settings: Settings, clock: FakeClock, feed: RawServer
) -> None:
    editor.put(PAGE, json=wanted(feed))
    assert run_once(engine, settings, clock)["proposed"] == 1
    (proposal,) = editor.get("/api/questions/q").json()["proposals"]
    for file in (settings.state_dir / "snapshots").rglob("*.gz"):
        file.unlink()
    reply = editor.get(proposal["evidence"][0]["snapshot_url"])
    assert (reply.status_code, "restore the folder from a backup" in reply.json()["detail"]) == (404, True)


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1"])
def test_bytes_that_are_no_text_come_as_a_file(
    editor: httpx.Client,
    api: httpx.Client,
    engine: Engine,
    settings: Settings,
    clock: FakeClock,
    feed: RawServer,
    encoding: str,
) -> None:
    later = {"slug": "later", "text": "Will they adopt sanctions?", "deadline": "2025-08-30"}
    assert api.post("/api/questions", json=QUESTION | later).status_code == 201
    text = (FIXTURES / "feeds/atom.xml").read_text("utf-8").replace("utf-8", encoding)
    atom = text.replace("</feed>", "<!-- é --></feed>").encode(encoding, "xmlcharrefreplace")
    feed.routes["/feed"] = reply(atom, content_type=f"application/atom+xml; charset={encoding}")
    body = {"resolver": "feed", "config": {"url": f"{feed.url}/feed", "any": ["sanctions"]}, "lead_hours": 24 * 60}
    assert editor.put("/api/questions/later/resolver", json=body).status_code == 200
    clock.set(datetime(2025, 8, 5, tzinfo=UTC))
    assert run_once(engine, settings, clock)["proposed"] == 1
    (proposal,) = editor.get("/api/questions/later").json()["proposals"]
    shown = editor.get(proposal["evidence"][0]["snapshot_url"])
    assert shown.content == atom
    assert shown.headers["content-type"] == "application/octet-stream"
    assert shown.headers["content-disposition"].startswith("attachment")


def test_an_automatic_resolution_is_marked_and_a_correction_reverses_it(
    api: httpx.Client, engine: Engine, settings: Settings, clock: FakeClock, feed: RawServer
) -> None:
    assert api.put(PAGE, json=wanted(feed, automatic=True)).json()["automatic_by"] == "first admin"
    run_once(engine, settings, clock)
    question = api.get("/api/questions/q").json()
    assert (question["status"], question["outcome"]) == ("resolved", "yes")
    assert question["resolver"]["automatic"]
    (resolution,) = question["resolutions"]
    assert resolution["resolved_by"] == "resolver json, automatically"
    assert "without a person, as first admin set for this question" in resolution["note"]
    page = httpx.get(f"{api.base_url}/questions/q").text
    assert "resolver json, automatically" in page
    assert "It may resolve the question without a person" in page
    evidence = [{"url": "https://example.org/report"}]
    corrected = {"outcome": "no", "known_at": "2025-04-01", "evidence": evidence}
    assert api.post("/api/questions/q/resolutions", json=corrected).status_code == 201
    clock.advance(3600 * 24 * 30)
    run_once(engine, settings, clock)
    assert api.get("/api/questions/q").json()["outcome"] == "no"


def test_editors_probe_on_a_page_and_readers_see_the_state(
    api: httpx.Client, base_url: str, engine: Engine, settings: Settings, clock: FakeClock, feed: RawServer
) -> None:
    page = "/questions/q/probe"
    with httpx.Client(base_url=base_url, headers={"accept": "text/html"}) as browser:
        assert browser.get(page).headers["location"].startswith("/sign-in")
        sign_in(browser)
        assert "No resolver is attached" in browser.get(page).text
        api.put(PAGE, json=wanted(feed))
        form = browser.get(page)
        assert browser.post(page, data={}).status_code == 403
        shown = browser.post(page, data={"token": token_on(form)})
        assert shown.status_code == 200
        assert "It would propose" in shown.text
        assert "happened gives true" in shown.text
        assert api.get("/api/proposals").json()["items"] == []
        feed.routes["/feed"] = reply(b"", status=500)
        assert "Source unavailable" in browser.post(page, data={"token": token_on(form)}).text
        feed.routes["/feed"] = reply(EVIL, content_type="application/json")
        run_once(engine, settings, clock)
        against = {"outcome": "no", "known_at": "2025-03-30", "evidence": [{"url": "https://example.org/n"}]}
        assert api.post("/api/questions/q/proposals", json=against | {"rationale": "It did not."}).status_code == 201
        story, resolving = browser.get("/questions/q").text, browser.get("/questions/q/resolve").text
    assert "source read, outcome proposed" in story
    assert re.search("Resolver “.*” attached", story)
    for text in (story, resolving):
        assert 'href="/snapshots/' in text
        assert "proposals conflict" in text
        assert "<script>alert" not in text


def test_old_bytes_that_no_proposal_cites_are_removed_and_cited_ones_kept(
    editor: httpx.Client, engine: Engine, settings: Settings, clock: FakeClock, feed: RawServer
) -> None:
    editor.put(PAGE, json=wanted(feed))
    feed.routes["/feed"] = reply(b'{"happened": false}', content_type="application/json", etag='"1"')
    run_once(engine, settings, clock)
    feed.routes["/feed"] = reply(EVIL, content_type="application/json")
    clock.advance(7 * 3600)
    run_once(engine, settings, clock)
    store = snapshot_store(settings)
    assert len(list(store.keys())) == 2
    with read_transaction(engine) as session:
        cited = cited_snapshots(session)
    assert store.prune(cited=cited, now=datetime.now(UTC) + timedelta(days=31)) == 1
    (proposal,) = editor.get("/api/questions/q").json()["proposals"]
    assert editor.get(proposal["evidence"][0]["snapshot_url"]).content == EVIL


def test_metrics_count_resolvers_by_state(editor: httpx.Client, feed: RawServer) -> None:
    editor.put(PAGE, json=wanted(feed))
    assert 'trackrecord_resolvers{state="waiting"} 1.0' in editor.get("/metrics").text


def test_metrics_show_the_age_of_the_last_successful_probe_and_the_paused_hosts(
    editor: httpx.Client, engine: Engine, settings: Settings, clock: FakeClock, feed: RawServer
) -> None:
    editor.put(PAGE, json=wanted(feed))
    feed.routes["/feed"] = reply(b'{"happened": false}', content_type="application/json")
    run_once(engine, settings, clock)
    feed.routes["/feed"] = reply(status=500)
    for _ in range(5):
        clock.advance(7 * 3600)
        run_once(engine, settings, clock)
    reply_text = editor.get("/metrics").text
    assert "trackrecord_resolver_good_check_age_seconds 126000.0" in reply_text
    assert "trackrecord_source_hosts_left_alone 1.0" in reply_text
