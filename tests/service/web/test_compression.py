"""Replies are compressed once, for clients that take it, and never where the size could give a form token away."""

import gzip
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route

from service.web.compression import Compression
from tests.service.security.test_sign_in import sign_in, token_on
from tests.support.sample_prediction import record_one

PAGES = ("/", "/questions/rain", "/method", "/static/style.css")
API = ("/api/leaderboard", "/api/predictions", "/openapi.json")
GZIP, PLAIN = {"Accept-Encoding": "gzip"}, {"Accept-Encoding": "identity"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What these tests promise has nothing to do with the kind of database."""
    return sqlite_url


@pytest.fixture
def reader(admin: httpx.Client, base_url: str) -> Iterator[httpx.Client]:
    for count in range(3):
        record_one(admin, commentator={"name": f"Ann Invented {count}" if count else "Ann Invented"})
    with httpx.Client(base_url=base_url) as client:
        yield client


def raw_reply(client: httpx.Client, path: str) -> tuple[httpx.Headers, bytes]:
    with client.stream("GET", path, headers=GZIP) as reply:
        return reply.headers, b"".join(reply.iter_raw())


@pytest.mark.parametrize("path", PAGES + API)
def test_pages_files_and_api_are_compressed_for_clients_that_take_it(reader: httpx.Client, path: str) -> None:
    plain = reader.get(path, headers=PLAIN)
    assert "content-encoding" not in plain.headers
    for _ in range(2):  # made, then as it was stored
        headers, raw = raw_reply(reader, path)
        assert headers["content-encoding"] == "gzip"
        assert int(headers["content-length"]) == len(raw) < len(plain.content)
        assert gzip.decompress(raw) == plain.content
        assert headers.get("etag") == plain.headers.get("etag")
        assert "accept-encoding" in headers["vary"].lower()
        assert "accept-encoding" in plain.headers["vary"].lower()


@pytest.mark.parametrize("path", [*PAGES, *API, "/static-offline-docs/swagger-ui.css"])
def test_no_tag_claims_that_the_plain_and_the_compressed_bytes_are_the_same(reader: httpx.Client, path: str) -> None:
    for encoding in (GZIP, PLAIN):
        for _ in range(2):  # made, then as it was stored
            reply = reader.get(path, headers=encoding)
            headers = reply.headers
            assert (reply.status_code, headers.get("etag", "W/")[:2]) == (200, "W/")
            varying = headers.get("vary", "").lower().split(", ")
            assert varying.count("accept-encoding") == ("content-encoding" in headers or "accept-encoding" in varying)
            assert len(varying) == len(set(varying))


def test_a_client_that_holds_a_file_in_either_encoding_gets_no_body(reader: httpx.Client) -> None:
    for encoding in (GZIP, PLAIN):
        tag = reader.get("/static/style.css", headers=encoding).headers["etag"]
        for held in (tag, tag.removeprefix("W/"), f'"other", {tag}'):
            reply = reader.get("/static/style.css", headers=encoding | {"If-None-Match": held})
            assert (reply.status_code, reply.content, reply.headers["etag"]) == (304, b"", tag)
            assert reply.headers.get_list("vary", split_commas=True) == ["Accept-Encoding"]


@pytest.mark.parametrize("accepted", ["gzip;q=0", "gzip; q=0.0, br", "x-gzip", "br"])
@pytest.mark.parametrize("path", ["/", "/api/leaderboard", "/static/style.css"])
def test_nothing_is_compressed_for_clients_that_decline_gzip(reader: httpx.Client, path: str, accepted: str) -> None:
    for _ in range(2):
        assert "content-encoding" not in reader.get(path, headers={"Accept-Encoding": accepted}).headers
    assert reader.get(path, headers={"Accept-Encoding": "br, GZIP;q=0.5"}).headers["content-encoding"] == "gzip"


@pytest.mark.parametrize("path", ["/", "/api/leaderboard"])
def test_a_stored_page_is_compressed_once(reader: httpx.Client, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    first = raw_reply(reader, path)[1]

    def compress(*_: Any, **__: Any) -> Any:
        raise AssertionError("compressed again")

    monkeypatch.setattr(gzip, "compress", compress)
    monkeypatch.setattr(zlib, "compressobj", compress)
    assert raw_reply(reader, path)[1] == first


@pytest.mark.parametrize("path", ["/", "/api/leaderboard"])
def test_a_client_that_holds_the_page_gets_no_body_in_either_encoding(reader: httpx.Client, path: str) -> None:
    tag = reader.get(path).headers["etag"]
    for encoding in (GZIP, PLAIN):
        reply = reader.get(path, headers=encoding | {"If-None-Match": tag})
        assert (reply.status_code, reply.content) == (304, b"")
        assert "content-encoding" not in reply.headers
        assert "accept-encoding" in reply.headers["vary"].lower()


@pytest.mark.parametrize("path", ["/", "/api/leaderboard", "/static/style.css"])
def test_head_says_what_get_would_send(reader: httpx.Client, path: str) -> None:
    asked, sent = reader.head(path, headers=GZIP), raw_reply(reader, path)[0]
    assert asked.content == b""
    for name in ("content-encoding", "content-length", "content-type", "etag"):
        assert asked.headers[name] == sent[name]


def test_a_page_with_a_form_token_is_not_compressed(reader: httpx.Client) -> None:
    form = reader.get("/sign-in", headers=GZIP)
    assert token_on(form)
    assert len(form.content) > 1000
    assert "content-encoding" not in form.headers
    sign_in(reader)
    shown = reader.get("/questions/rain/resolve", headers=GZIP)
    assert token_on(shown)
    assert "content-encoding" not in shown.headers
    assert "no-transform" in shown.headers["cache-control"]
    assert reader.get("/method", headers=GZIP).headers["content-encoding"] == "gzip"


def test_small_replies_and_images_are_sent_as_they_are(reader: httpx.Client) -> None:
    for path in ("/healthz", "/commentators/ann-invented/record.png"):
        reply = reader.get(path, headers=GZIP)
        assert reply.status_code == 200, path
        assert "content-encoding" not in reply.headers, path


def test_a_stream_goes_on_as_a_stream(serve: Callable[[Any], str]) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for number in range(3):
            yield f"part {number} ".encode() * 500

    app = Starlette(routes=[Route("/", lambda _: StreamingResponse(parts(), media_type="text/plain"))])
    app.add_middleware(Compression)
    with httpx.Client(base_url=serve(app)) as client:
        headers, raw = raw_reply(client, "/")
    assert "content-length" not in headers
    assert gzip.decompress(raw).decode() == "".join(f"part {number} " * 500 for number in range(3))
