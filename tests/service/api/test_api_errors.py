"""Whatever is wrong with a request, the reply is a problem of one shape that names the field, never a 500."""

import gzip
import json
from typing import Any

import httpx
import pytest

from tests.support.sample_prediction import QUESTION, record_one

URL = "/api/predictions"
JSON = {"Content-Type": "application/json"}
PROBLEM = "application/problem+json"
DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.fixture(scope="module")
def admin(shared_admin: httpx.Client) -> httpx.Client:
    """An admin's client of one app for all tests here, which change next to nothing; question `rain` is on record."""
    record_one(shared_admin)
    return shared_admin


def head(admin: httpx.Client) -> Any:
    """The ledger's head, which any change of the record moves."""
    return admin.get("/api/ledger").json()["head"]


def problem(reply: httpx.Response, *statuses: int) -> dict[str, Any]:
    assert reply.status_code in statuses, reply.text
    assert reply.headers["content-type"] == PROBLEM
    content: dict[str, Any] = reply.json()
    assert set(content) == {"type", "title", "status", "detail", "errors"}
    assert content["status"] == reply.status_code
    assert content["detail"]
    assert all(set(error) == {"pointer", "detail"} for error in content["errors"])
    return content


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nowhere", 404),
        ("GET", "/nowhere", 404),
        ("DELETE", URL, 405),
        ("PUT", "/api/questions/1", 405),
        ("GET", f"{URL}/99", 404),
        ("GET", "/api/questions/nothing", 404),
        ("GET", "/api/commentators/nobody", 404),
        ("GET", "/api/commentators/nobody/record", 404),
        ("GET", "/api/sources/7", 404),
        ("GET", f"{URL}/{2**63}", 422),
        ("GET", f"{URL}/x", 422),
        ("GET", f"{URL}/0", 422),
        ("GET", f"/api/questions/{2**63}", 404),
        ("GET", f"/api/commentators/{10**30}", 404),
    ],
)
def test_a_missing_row_or_route_gives_a_problem(admin: httpx.Client, method: str, path: str, status: int) -> None:
    problem(admin.request(method, path), status)


@pytest.mark.parametrize(
    "path",
    [
        "/api/commentators/a%00b",
        "/api/questions/a%00b",
        "/api/commentators?q=%00",
        "/api/sources?outlet=%00",
        "/api/questions?topic=%00",
        "/api/questions?event=%00",
        "/api/questions?q=%00",
        f"{URL}?topic=%00",
        f"{URL}?commentator=%00",
        "/api/leaderboard?topic=%00",
        "/api/leaderboard?event=%00",
        "/api/ledger?subject=%00",
        "/api/calibration?topic=%00",
        "/api/hedge?words=%00",
        "/api/hedge?words=likely&lexicon=%00",
    ],
)
def test_a_nul_character_in_an_address_gives_400(admin: httpx.Client, path: str) -> None:
    problem(admin.get(path), 400)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/query/limit"),
        ("limit=1001", "/query/limit"),
        ("limit=many", "/query/limit"),
        ("cursor=!", "/query/cursor"),
        ("cursor=%C3%A9", "/query/cursor"),
        ("cursor=YWZ0ZXI6LTE=", "/query/cursor"),
        ("status=settled", "/query/status"),
        ("from=yesterday", "/query/from"),
        ("to=2025-02-30", "/query/to"),
        ("source=0", "/query/source"),
    ],
)
def test_a_wrong_parameter_is_named(admin: httpx.Client, query: str, pointer: str) -> None:
    assert problem(admin.get(f"{URL}?{query}"), 422)["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("limit=many", "`limit` must be a whole number"),
        ("verbal=perhaps", "`verbal` must be true or false"),
        ("max_annulled=half", "`max_annulled` must be a number, for example 0.3"),
    ],
)
def test_an_invalid_parameter_gives_the_expected_type(admin: httpx.Client, query: str, detail: str) -> None:
    assert problem(admin.get(f"/api/leaderboard?{query}"), 422)["errors"][0]["detail"] == detail


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"[]", b'"text"', b"\xff\xfe", b'{"a":"\xc3"}', DEEP, b"1" * 5000, b'{"\\ud800": 1}'],
    ids=["empty", "half", "null", "list", "text", "utf-16", "cut utf-8", "deep", "long number", "surrogate"],
)
@pytest.mark.parametrize("path", [URL, f"{URL}/batch", "/api/questions"])
def test_a_body_that_is_no_object_is_refused(admin: httpx.Client, path: str, body: bytes) -> None:
    problem(admin.post(path, content=body, headers=JSON), 400, 422)


TWICE = '{"commentator": {"name": "Ann", "name": "Bob"}, "question": {"slug": "rain"}, "made_at": "2025-03-01", '


@pytest.mark.parametrize("path", [URL, f"{URL}/batch"])
@pytest.mark.parametrize("rest", ['"probability": 0.3}', '"probability": 0.3, "probability": 0.9}'])
def test_a_duplicate_json_key_is_refused(admin: httpx.Client, path: str, rest: str) -> None:
    before = head(admin)
    content = problem(admin.post(path, content=TWICE + rest, headers=JSON), 422)
    assert "duplicate key" in content["detail"]
    assert head(admin) == before


def test_an_unknown_parameter_is_refused_with_the_valid_ones(admin: httpx.Client) -> None:
    content = problem(admin.get(URL, params={"commentor": "ann-invented"}), 422)
    assert content["errors"][0]["pointer"] == "/query/commentor"
    assert "commentator" in content["errors"][0]["detail"]


def test_a_wrong_method_gives_all_allowed_ones(admin: httpx.Client) -> None:
    reply = admin.delete(URL)
    assert {"GET", "POST"} <= set(reply.headers["allow"].split(", "))


def test_an_empty_or_too_long_text_gives_the_limit_in_characters(admin: httpx.Client) -> None:
    prediction = {"question": {"slug": "rain"}, "made_at": "2025-03-01", "probability": 0.3}
    for name, detail in (("", "must not be empty"), ("x" * 201, "must have at most 200 characters")):
        content = problem(admin.post(URL, json=prediction | {"commentator": {"name": name}}), 422)
        assert content["errors"] == [{"pointer": "/commentator/name", "detail": f"`commentator.name` {detail}"}]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_body_of_another_content_type_is_refused(admin: httpx.Client, kind: str) -> None:
    reply = admin.post(URL, content=b'{"probability": 0.3}', headers={"Content-Type": kind})
    assert "application/json" in problem(reply, 415)["detail"]


def test_json_of_a_named_kind_and_with_a_charset_is_json(admin: httpx.Client) -> None:
    for kind in ("application/json; charset=utf-8", "application/merge-patch+json", "Application/JSON"):
        problem(admin.post(URL, content=b"{}", headers={"Content-Type": kind}), 422)


def test_a_compressed_body_is_refused_with_the_remedy(admin: httpx.Client) -> None:
    before = head(admin)
    for url in (URL, f"{URL}/batch"):
        reply = admin.post(url, content=gzip.compress(b"{}"), headers=JSON | {"Content-Encoding": "gzip"})
        assert "Content-Encoding" in problem(reply, 415)["detail"]
    assert head(admin) == before


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ('"probability": NaN', "/probability"),
        ('"probability": Infinity', "/probability"),
        ('"probability": 1e400', "/probability"),
        ('"probability": 1.0000001', "/probability"),
        ('"probability": -0.1', "/probability"),
        ('"probability": "0.3"', "/probability"),
        ('"probability": true', "/probability"),
        ('"probability": 0.3, "probabilities": [0.5, 0.5]', ""),
        ('"probability": null', ""),
        ('"probabilities": [0.5, 0.5]', "/probabilities"),
        ('"hedge": "gibberish of no meaning"', "/hedge"),
        ('"hedge": "likely", "lexicon": "none"', "/lexicon"),
        ('"hedge": "likely", "interval": {"low": 0.9, "best": 0.5, "high": 1}', "/interval"),
        ('"probability": 0.3, "made_at": 1', "/made_at"),
        ('"probability": 0.3, "made_at": true', "/made_at"),
        ('"probability": 0.3, "made_at": "2025-03-01T00:00:00"', "/made_at"),
        ('"probability": 0.3, "made_at": "2025-02-30"', "/made_at"),
        ('"probability": 0.3, "made_at": "9999-12-31T23:59:59-23:59"', "/made_at"),
        ('"probability": 0.3, "commentator": {"name": "a\\u0000b"}', "/commentator/name"),
        ('"probability": 0.3, "commentator": {"name": "\\ud800"}', "/commentator/name"),
        ('"probability": 0.3, "commentator": {"name": "  "}', "/commentator/name"),
        ('"probability": 0.3, "commentator": {"name": "\\u200b"}', "/commentator/name"),
        ('"probability": 0.3, "commentator": {}', "/commentator"),
        ('"probability": 0.3, "commentator": {"id": 9223372036854775808}', "/commentator/id"),
        ('"probability": 0.3, "commentator": {"id": 9223372036854775807}', "/commentator/id"),
        ('"probability": 0.3, "commentator": {"id": 1.0}', "/commentator/id"),
        ('"probability": 0.3, "question": {"id": 1, "slug": "rain"}', "/question"),
        ('"probability": 0.3, "question": {"slug": "rain", "text": "?"}', "/question/resolution_criteria"),
        ('"probability": 0.3, "question": 1', "/question"),
        ('"probability": 0.3, "source": {"url": "ftp://example.org"}', "/source/url"),
        ('"probability": 0.3, "source": {"url": "javascript:alert(1)"}', "/source/url"),
        ('"probability": 0.3, "a/b~c": 1', "/a~1b~0c"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_recorded(admin: httpx.Client, change: str, pointer: str) -> None:
    prediction = {"commentator": {"name": "Ann"}, "question": {"slug": "rain"}, "made_at": "2025-03-01"}
    before = head(admin)
    body = json.dumps(prediction | json.loads("{" + change + "}"))
    content = problem(admin.post(URL, content=body, headers=JSON), 422)
    assert pointer in [error["pointer"] for error in content["errors"]]
    assert head(admin) == before


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"deadline": "2025-03-30T02:30:00", "deadline_zone": "Europe/Berlin"}, "/deadline"),
        ({"deadline": "2025-10-26T02:30:00", "deadline_zone": "Europe/Berlin"}, "/deadline"),
        ({"deadline_zone": "Mars/Olympus"}, "/deadline_zone"),
        ({"deadline": "2500-01-01"}, "/deadline"),
        ({"deadline": "0001-01-01", "deadline_zone": "Asia/Tokyo"}, "/deadline"),
        ({"deadline": 20250320}, "/deadline"),
        ({"deadline_basis": "guessed"}, "/deadline_basis"),
        ({"kind": "ordinal"}, ""),
        ({"options": ["a", "b"]}, ""),
        ({"kind": "ordinal", "options": ["a", "A"]}, "/options"),
        ({"kind": "ordinal", "options": ["a", "Annulled"]}, "/options"),
        ({"kind": "ordinal", "options": ["a"]}, "/options"),
        ({"slug": "Rain"}, "/slug"),
        ({"slug": "7"}, "/slug"),
        ({"topics": ["one", "one"]}, "/topics"),
        ({"opens_at": "2025-03-21"}, ""),
        ({"condition": {"question": "nothing", "outcome": "yes"}}, "/condition/question"),
        ({"condition": {"question": "nothing"}}, "/condition"),
        ({"reference": {"probability": 0.2, "source": "", "as_of": "2025-03-01"}}, "/reference/source"),
        ({"reference": {"probabilities": [0.2, 0.8], "source": "x", "as_of": "2025-03-01"}}, "/reference"),
    ],
)
def test_a_wrong_question_is_refused(admin: httpx.Client, changes: dict[str, Any], pointer: str) -> None:
    before = head(admin)
    content = problem(admin.post("/api/questions", json=QUESTION | {"slug": "new"} | changes), 422)
    assert pointer in [error["pointer"] for error in content["errors"]]
    assert head(admin) == before


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"outcome": "maybe"}, "/outcome"),
        ({"outcome": True}, "/outcome"),
        ({"known_at": "2025-05-01"}, "/known_at"),
        ({"evidence": []}, ""),
        ({"evidence": [{"note": "no address"}]}, "/evidence/0/url"),
        ({"supersedes": "first"}, "/supersedes"),
    ],
)
def test_a_wrong_resolution_is_refused(admin: httpx.Client, changes: dict[str, Any], pointer: str) -> None:
    body = {"outcome": "yes", "known_at": "2025-03-20", "evidence": [{"url": "https://example.org/"}]}
    content = problem(admin.post("/api/questions/rain/resolutions", json=body | changes), 422)
    assert pointer in [error["pointer"] for error in content["errors"]]
    assert admin.get("/api/questions/rain").json()["outcome"] is None


def test_a_question_on_record_is_not_changed_by_sending_it_again(admin: httpx.Client) -> None:
    content = problem(admin.post("/api/questions", json=QUESTION | {"text": "Will it snow?"}), 422)
    assert [error["pointer"] for error in content["errors"]] == ["/text"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32-be", "utf-8-sig", "latin-1"])
def test_json_in_another_encoding_is_refused_with_the_remedy(admin: httpx.Client, encoding: str) -> None:
    body = '{"name": "Zoë Example"}'.encode(encoding)
    reply = admin.post("/api/commentators", content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code in (400, 422)
    assert "UTF-8" in reply.json()["errors"][0]["detail"]
