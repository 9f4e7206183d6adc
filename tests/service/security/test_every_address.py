"""What holds for every address: who may use it, that reading changes nothing, and how each reply names its content."""

from collections.abc import Callable, Iterable
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, func, select
from sqlmodel import SQLModel

from service import pages
from service.app import API, create_app
from service.db.engine import read_transaction
from service.settings import Settings
from tests.conftest import ADMIN_KEY
from tests.support.addresses import every_address
from tests.support.sample_prediction import record_one

#: What anybody may read while reading is closed: whether the service is alive, how to sign in and what to report where.
ALWAYS_OPEN = {
    "/healthz",
    "/readyz",
    "/robots.txt",
    "/.well-known/security.txt",
    "/sign-in",
    "/sign-out",
    "/docs",
    "/openapi.json",
    "/resolve/{token}",  # is refused by its signature
    "/contest/{token}",
    "/api/contests/own/{token}",
}
#: What anybody may send, with the answer to an empty body and to a link that nobody has.
OPEN = {"POST /api/contests": 422, "DELETE /api/contests/own/{token}": 404}
#: Media types that have no parameter charset: JSON is UTF-8 (RFC 8259), images are bytes.
WITHOUT_CHARSET = {"application/json", "application/problem+json", "application/openapi+json", "image/png"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here depends on the database."""
    return sqlite_url


def writing(routes: Iterable[Any]) -> list[tuple[str, str]]:
    """Return method and address of each route that writes."""
    found = []
    for route in routes:
        included = getattr(route, "original_router", None)
        found += writing(included.routes) if included else []
        found += [(method, route.path) for method in (getattr(route, "methods", None) or set()) - {"GET", "HEAD"}]
    return found


def test_no_route_of_the_api_writes_without_a_key(base_url: str) -> None:
    every = [each for module in API for each in writing(module.router.routes)]
    assert len(every) > 25
    for method, path in every:
        reply = httpx.request(method, base_url + path, json={})
        expected = OPEN.get(f"{method} {path}", 401)
        assert (method, path, reply.status_code) == (method, path, expected)


def test_no_form_is_taken_without_a_session_and_its_token(base_url: str) -> None:
    every = writing(pages.router.routes)
    assert len(every) > 8
    for method, path in every:
        reply = httpx.request(method, base_url + path, data={"a": "b"})
        assert (path, reply.status_code) == (path, 403)
    with httpx.Client(base_url=base_url, headers={"Accept": "text/html"}) as editor:
        token = editor.get("/sign-in").text.partition('name="token" value="')[2].partition('"')[0]
        assert editor.post("/sign-in", data={"token": token, "key": ADMIN_KEY}).status_code == 303
        for method, path in every:
            reply = editor.request(method, path, data={"a": "b"})
            assert (path, reply.status_code) == (path, 403)


def test_without_public_reading_a_stranger_reads_nothing(settings: Settings, serve: Callable[[Any], str]) -> None:
    url = serve(create_app(settings.model_copy(update={"public_read": False})))
    closed = [path for path in every_address() if path not in ALWAYS_OPEN]
    assert len(closed) > 50
    for path in closed:
        reply = httpx.get(url + path, follow_redirects=True)
        assert reply.status_code == 401 or reply.url.path == "/sign-in", (path, reply.status_code)


def test_reading_changes_nothing(admin: httpx.Client, engine: Engine) -> None:
    record_one(admin)

    def rows() -> dict[str, int]:
        with read_transaction(engine) as session:
            tables = SQLModel.metadata.sorted_tables
            return {
                table.name: session.execute(select(func.count()).select_from(table)).scalar_one() for table in tables
            }

    before = rows()
    assert before["ledger_event"] > 0
    for path in every_address():
        if path == "/readyz":
            continue  # commits a row of its own, as nothing less notices a full disk
        for method in ("GET", "HEAD", "OPTIONS"):
            admin.request(method, path)
    assert rows() == before


def test_every_reply_names_its_media_type_and_the_encoding_of_text(admin: httpx.Client) -> None:
    record_one(admin)
    others = ["/static/style.css", "/static/editing.js", "/static/icon.svg", "/nowhere"]
    for path in [*every_address(), *others]:
        reply = admin.get(path)
        if reply.content:
            name, _, more = reply.headers["content-type"].partition(";")
            assert name in WITHOUT_CHARSET or "charset=utf-8" in more, (path, reply.headers["content-type"])
            assert "charset=utf-8" not in more or reply.content.decode("utf-8")
