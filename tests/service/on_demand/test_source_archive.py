"""An editor has a source stored where the operator allows it: its hash is on record, its bytes are for editors."""

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from resolvers.probing.snapshots import cited_snapshots
from service.app import create_app
from service.db.engine import read_transaction
from service.on_demand import source_archive
from service.settings import Settings
from tests.conftest import ADMIN_KEY
from tests.support.fake_clock import FakeClock
from tests.support.http_source_server import RawServer, redirect, reply, serving_raw

BODY = b"<p>I expect no rain.</p>"
SHA256 = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def site() -> Iterator[RawServer]:
    with serving_raw() as server:
        server.routes = {"/a": redirect("/b"), "/b": reply(BODY, content_type="text/html"), "/gone": reply(status=404)}
        yield server


@pytest.fixture
def settings(settings: Settings, site: RawServer) -> Settings:
    return settings.model_copy(update={"archive_sources": True, "allowed_hosts": (site.host,)})


@pytest.fixture
def archivist(settings: Settings, serve: Callable[[Any], str], clock: FakeClock) -> Iterator[httpx.Client]:
    url = serve(create_app(settings, clock=clock))
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {ADMIN_KEY}"}, timeout=30) as client:
        yield client


def source(client: httpx.Client, url: str) -> str:
    return f"/api/sources/{client.post('/api/sources', json={'url': url}).json()['id']}/snapshots"


def test_its_hash_is_on_record_and_its_bytes_are_shown_to_editors_only(
    archivist: httpx.Client, site: RawServer, engine: Engine
) -> None:
    path = source(archivist, f"{site.url}/a")
    taken = archivist.post(path)
    assert taken.status_code == 201, taken.text
    expected = {"sha256": SHA256, "size": len(BODY), "media_type": "text/html", "fetched_by": "first admin"}
    assert expected.items() <= taken.json().items()
    assert taken.json()["final_url"] == f"{site.url}/b"
    assert httpx.get(f"{archivist.base_url}{path}").json()["items"] == [taken.json()]
    event = archivist.get("/api/ledger", params={"limit": 1000}).json()["items"][-1]
    assert (event["action"], json.loads(event["body"])["sha256"]) == ("source_snapshot.stored", SHA256)
    assert archivist.get(f"/snapshots/{SHA256}").content == BODY
    assert httpx.get(f"{archivist.base_url}/snapshots/{SHA256}").status_code == 404
    assert SHA256 in httpx.get(f"{archivist.base_url}/sources/1").text
    with read_transaction(engine) as session:
        assert cited_snapshots(session) == {SHA256}, "it is not pruned"
    for statement in ("UPDATE source_snapshot SET size = 1", "DELETE FROM source_snapshot"):
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(text(statement))


def test_what_cannot_be_read_is_said_and_nothing_is_stored(
    archivist: httpx.Client, site: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = archivist.post(source(archivist, f"{site.url}/gone"))
    assert (gone.status_code, "answers 404" in gone.json()["detail"]) == (409, True)
    private = archivist.post(source(archivist, "http://127.0.0.2/"))
    assert (private.status_code, "was not archived" in private.json()["detail"]) == (409, True)
    monkeypatch.setattr(source_archive, "MOST_BYTES", 10)
    large = source(archivist, f"{site.url}/b")
    assert archivist.post(large).status_code == 409
    assert archivist.get(large).json()["items"] == []


def test_it_is_off_by_default_and_needs_an_editor(
    settings: Settings, archivist: httpx.Client, serve: Callable[[Any], str], site: RawServer
) -> None:
    path = source(archivist, f"{site.url}/b")
    off = Settings.model_fields["archive_sources"].default
    url = serve(create_app(settings.model_copy(update={"archive_sources": off})))
    assert "TRACKRECORD_ARCHIVE_SOURCES=true" in httpx.post(url + path, headers=archivist.headers).json()["detail"]
    key = archivist.post("/api/keys", json={"name": "recorder", "scopes": ["predict"]}).json()["key"]
    headers = {"Authorization": f"Bearer {key}"}
    assert httpx.post(f"{archivist.base_url}{path}", headers=headers).status_code == 403
    assert site.requests == []
