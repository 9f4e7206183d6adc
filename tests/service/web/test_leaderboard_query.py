"""The leaderboard's filters are the same in API, pages and command line."""

import inspect
from typing import Any

import httpx
import pytest

from service.app import create_app
from service.cli.leaderboard import leaderboard
from service.settings import Settings
from service.web.leaderboard_query import BoardQuery, FilterQuery
from tests.support.cli_runner import Command
from tests.support.sample_prediction import record_one

FILTERS = {
    "topic": "elsewhere",
    "event": "elsewhere",
    "from": "2030-01-01",
    "to": "2020-01-01",
    "deadline_basis": "implied",
    "verbal": "false",
    "recorded_late": "true",
    "conditional": "true",
    "kind": "market",
    "outlet": "Elsewhere",
    "source": "99",
}
API = ("/api/leaderboard", "/api/calibration", "/api/pairs")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What these tests promise has nothing to do with the kind of database."""
    return sqlite_url


def test_the_document_describes_every_filter_of_every_route(settings: Settings) -> None:
    paths = create_app(settings).openapi()["paths"]
    expected = {field.alias or name: field.description for name, field in FilterQuery.model_fields.items()}
    assert set(expected) == {*FILTERS, "include"}
    assert all(expected.values())
    for path in API:
        described: dict[str, Any] = {
            each["name"]: each.get("description") for each in paths[path]["get"]["parameters"] if each["in"] == "query"
        }
        assert described.items() >= expected.items(), path
        assert all(described.values()), path


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_leaves_out_the_same_in_the_api_and_on_the_page(admin: httpx.Client, name: str) -> None:
    record_one(admin)
    query = {name: FILTERS[name], "include": "resolved"}
    assert admin.get("/api/leaderboard", params={"include": "resolved"}).json()["total"] == 1
    assert admin.get("/api/leaderboard", params=query).json()["total"] == 0
    assert "Ann Invented" not in admin.get("/leaderboard.csv", params=query).text
    assert "Ann Invented" in admin.get("/leaderboard.csv", params={"include": "resolved"}).text


def test_unknown_and_former_parameters_are_refused_with_the_remedy(admin: httpx.Client) -> None:
    for path in API:
        reply = admin.get(path, params={"topics": "weather"})
        assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (422, "/query/topics"), path
        assert "`topics` is not a query parameter" in reply.json()["detail"], path
        assert "deadline_basis" in reply.json()["detail"], path
        assert admin.get(path, params={"since": "2025-01-01"}).status_code == 422, path
    for path in (*API, "/", "/leaderboard.csv", "/calibration"):
        reply = admin.get(path, params={"worded": "true"})
        assert reply.status_code == 422, path
        assert "is now called `verbal`" in reply.text, path


def test_a_wrong_value_is_named_by_its_parameter(admin: httpx.Client) -> None:
    for path in ("/api/leaderboard", "/api/calibration"):
        for name, value in {"from": "yesterday", "verbal": "perhaps", "source": "0", "kind": "ghost"}.items():
            reply = admin.get(path, params={name: value})
            assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (422, f"/query/{name}")


def test_the_command_line_has_an_option_for_every_filter_and_names_it_when_it_is_wrong(trackrecord: Command) -> None:
    fields = set(inspect.signature(leaderboard).parameters)
    assert set(FilterQuery.model_fields) <= fields
    assert fields - set(BoardQuery.model_fields) == {"limit", "as_json", "worded"}
    for option, value in {"--from": "yesterday", "--source": "0", "--outlet": "x" * 201}.items():
        run = trackrecord("leaderboard", option, value)
        assert run.code == 2
        assert option in run.err
