"""Every detail of an error is a sentence in this project's words that names the field and says what to do."""

import re
from typing import Any

import httpx
import pytest

from tests.support.sample_prediction import PREDICTION, QUESTION, record_one

WRONG_VALUES = ("zz", "-1", "0", "9" * 30, "1.5", "2025-02-30", "2999-01-01", "2199-01-01", "x" * 3000, "")
WRONG_PARTS: tuple[Any, ...] = (
    None,
    "",
    "zz",
    -1,
    10**30,
    1.5,
    True,
    [],
    {},
    ["a", "a"],
    {"x": 1},
    "x" * 10_001,
    "2999-01-01",
)
#: Texts of libraries, an instant with microseconds, and sentences without a subject.
UNWANTED = re.compile(
    r"Input should|Value error|URL|without a base|[:\d]\.\d{6}|after validation|^(is|was|has|must|lies) "
)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is wrong with input does not depend on the database."""
    return sqlite_url


def check(reply: httpx.Response) -> None:
    if reply.status_code < 400:
        return
    content = reply.json()
    for detail in (content["detail"], *(error["detail"] for error in content["errors"])):
        assert not UNWANTED.search(detail), detail
        assert ":" in detail or " must " in detail or "give " in detail, f"no remedy in {detail!r}"
    for error in content["errors"]:
        if error["pointer"].startswith("/query/"):
            assert "lexicon" in error["detail"] or f"`{error['pointer'].removeprefix('/query/')}`" in error["detail"]


def test_each_wrong_query_parameter_is_named_with_a_remedy(admin: httpx.Client) -> None:
    record_one(admin)
    paths = admin.get("/openapi.json").json()["paths"]
    for path, methods in paths.items():
        operation = methods.get("get", {})
        known = [each["name"] for each in operation.get("parameters", []) if each["in"] == "query"]
        address = re.sub(r"{\w+}", "1", path)
        check(admin.get(address, params={"nothing": "1"}))
        for name in known:
            for value in WRONG_VALUES:
                check(admin.get(address, params={each: "likely" for each in known if each == "words"} | {name: value}))
        if "{" in path:
            for value in WRONG_VALUES[:-2]:
                check(admin.get(re.sub(r"{\w+}", value, path)))


def variants(value: Any) -> Any:
    """The value with each of its parts replaced by every wrong one, or left out."""
    if isinstance(value, dict):
        yield {**value, "nothing": 1}
        for name, part in value.items():
            yield {other: rest for other, rest in value.items() if other != name}
            yield from ({**value, name: wrong} for wrong in (*WRONG_PARTS, *variants(part)))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/predictions", PREDICTION | {"question": {"slug": "rain"}, "note": "", "lexicon": "survey"}),
        ("/api/questions", QUESTION | {"slug": "snow", "kind": "binary", "deadline_zone": "UTC", "event": "winter"}),
        ("/api/questions/rain/resolutions", {"outcome": "yes", "known_at": "2025-03-20", "evidence": [], "note": ""}),
        ("/api/questions/rain/snooze", {"until": "2025-03-20"}),
        ("/api/questions/rain/postponements", {"deadline": "2025-03-01", "reason": "x"}),
        ("/api/channels", {"name": "a", "target": "https://example.org/", "quiet_from": "22:00", "quiet_to": "07:00"}),
        ("/api/keys", {"name": "a", "scopes": ["read"]}),
        ("/api/subscriptions", {"channel": 1, "topic": "weather"}),
    ],
)
def test_each_wrong_field_of_a_body_is_named_with_a_remedy(
    admin: httpx.Client, path: str, body: dict[str, Any]
) -> None:
    record_one(admin)
    for wrong in variants(body):
        check(admin.post(path, json=wrong))


@pytest.mark.parametrize(
    ("query", "pointer", "detail"),
    [
        ("words=likely&lexicon=zz", "/query/lexicon", "no lexicon is called 'zz': choose one of "),
        ("words=zz", "/query/words", "lexicon survey has no entry for 'zz': choose one of its phrases "),
    ],
)
def test_a_refused_hedge_names_the_parameter(admin: httpx.Client, query: str, pointer: str, detail: str) -> None:
    error = admin.get(f"/api/hedge?{query}").json()["errors"][0]
    assert (error["pointer"], error["detail"].startswith(detail)) == (pointer, True)


def test_a_former_name_is_answered_with_the_new_one_where_that_is_known(admin: httpx.Client) -> None:
    detail = "`worded` is now called `verbal`: ask with verbal=..."
    assert admin.get("/api/leaderboard?worded=true").json()["detail"] == detail
    assert "`worded` is not a query parameter" in admin.get("/api/commentators?worded=true").json()["detail"]


def test_a_time_in_the_future_is_answered_with_the_present_one_in_whole_seconds(admin: httpx.Client) -> None:
    record_one(admin)
    body = {"outcome": "yes", "known_at": "2199-01-01", "evidence": [{"url": "https://example.org/"}]}
    detail = admin.post("/api/questions/rain/resolutions", json=body).json()["detail"]
    assert re.fullmatch(r"`known_at` lies in the future: give a time up to now, [\d-]{10}T\d\d:\d\d:\d\dZ", detail)


def test_a_bad_web_address_is_answered_with_an_example(admin: httpx.Client) -> None:
    detail = admin.post("/api/sources", json={"url": "nowhere"}).json()["detail"]
    assert detail.startswith("`url` must be a web address that begins with http:// or https://, for example ")


def test_an_error_page_names_pages_and_does_not_repeat_itself(admin: httpx.Client) -> None:
    html = {"Accept": "text/html"}
    assert "see /questions for all" in admin.get("/questions/nothing", headers=html).text
    page = admin.get("/?min_resolved=many", headers=html)
    assert (page.status_code, page.text.count("“min_resolved” must be a whole number")) == (422, 1)
