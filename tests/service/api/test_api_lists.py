"""Lists over HTTP: pages that miss and repeat nothing, filters, and 304 for unchanged lists."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.sample_prediction import PREDICTION, QUESTION, record_one, resolve


def pages(client: httpx.Client, address: str) -> Iterator[list[dict[str, Any]]]:
    """The items of each page, by the Link header."""
    following: str | None = address
    while following:
        reply = client.get(following)
        assert reply.status_code == 200, reply.text
        following = reply.links.get("next", {}).get("url")
        assert reply.json()["next"] == following
        yield reply.json()["items"]


def ids(client: httpx.Client, address: str) -> list[int]:
    return [item["id"] for page in pages(client, address) for item in page]


def fill(admin: httpx.Client, first: int, last: int) -> None:
    for number in range(first, last):
        record_one(
            admin,
            commentator={"name": f"Person {number}"},
            question=QUESTION | {"slug": f"q-{number}", "text": f"Question {number}?", "topics": [f"t-{number % 2}"]},
            source={"url": f"https://example.org/{number}", "outlet": f"Outlet {number % 2}"},
            made_at=f"2025-03-{number + 1:02}",
        )


@pytest.mark.parametrize("what", ["predictions", "questions", "commentators", "sources"])
def test_pages_hold_each_item_once_while_rows_are_added(admin: httpx.Client, what: str) -> None:
    fill(admin, 0, 5)
    seen: list[int] = []
    for number, page in enumerate(pages(admin, f"/api/{what}?limit=2")):
        seen += [item["id"] for item in page]
        if number < 2:
            fill(admin, 5 + number, 6 + number)
    assert seen == sorted(set(seen))
    assert seen == ids(admin, f"/api/{what}") == list(range(1, 8))


def test_filters_select_what_they_describe(admin: httpx.Client) -> None:
    fill(admin, 0, 4)
    admin.post("/api/questions/q-1/resolutions", json=_outcome())
    found = {
        "/api/predictions?commentator=person-2": [3],
        "/api/predictions?commentator=3": [3],
        "/api/predictions?question=q-0": [1],
        "/api/predictions?topic=t-1": [2, 4],
        "/api/predictions?status=resolved": [2],
        "/api/predictions?source=4": [4],
        "/api/predictions?from=2025-03-02&to=2025-03-04": [2, 3],
        "/api/predictions?topic=t-1&status=open": [4],
        "/api/predictions?topic=t-1&limit=1": [2, 4],
        "/api/predictions?topic=nothing": [],
        "/api/questions?topic=t-0": [1, 3],
        "/api/questions?status=resolved": [2],
        "/api/questions?event=q-3": [4],
        "/api/questions?q=question%202": [3],
        "/api/questions?q=%25": [],
        "/api/questions?deadline_basis=stated": [],
        "/api/questions?to=2025-03-20": [],
        "/api/commentators?q=PERSON%203": [4],
        "/api/commentators?q=_erson": [],
        "/api/commentators?kind=market": [],
        "/api/sources?outlet=Outlet%201": [2, 4],
    }
    assert {address: ids(admin, address) for address in found} == found
    assert admin.get("/api/predictions?commentator=nobody").status_code == 404
    assert admin.get("/api/predictions?question=nothing").status_code == 404


def _outcome() -> dict[str, Any]:
    return {"outcome": "yes", "known_at": "2025-03-20", "evidence": [{"url": "https://example.org/"}]}


@pytest.mark.parametrize(
    "address",
    [
        "/api/predictions",
        "/api/predictions/1",
        "/api/questions/rain",
        "/api/commentators/ann-invented",
        "/api/commentators/ann-invented/record",
        "/api/sources/1",
        "/api/leaderboard",
    ],
)
def test_a_client_that_has_the_list_gets_304_until_it_changes(admin: httpx.Client, address: str) -> None:
    record_one(admin)
    first = admin.get(address)
    assert first.status_code == 200
    again = admin.get(address, headers={"If-None-Match": f'"other", {first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    admin.patch("/api/commentators/ann-invented", json={"name": "Ann Otherwise"})
    admin.patch("/api/sources/1", json={"title": "Another title"})
    resolve(admin)
    changed = admin.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]


def test_a_prediction_is_returned_as_it_was_recorded(admin: httpx.Client) -> None:
    made = record_one(admin)
    read = admin.get("/api/predictions/1").json()
    assert made == read
    assert (read["low"] < read["probability"] < read["high"], read["hedge"]) == (True, PREDICTION["hedge"])
    assert read["commentator"]["slug"] == "ann-invented"
    assert read["made_at"] == "2025-03-01T00:00:00Z"
    assert all(admin.get(address).status_code == 200 for address in read["links"].values())


@pytest.mark.parametrize("address", ["/api/leaderboard", "/api/calibration", "/api/questions", "/api/predictions", "/"])
@pytest.mark.parametrize("to", ["2025-03-01", "2025-02-01"])
def test_a_period_that_ends_before_it_begins_is_refused(admin: httpx.Client, address: str, to: str) -> None:
    reply = admin.get(address, params={"from": "2025-03-01", "to": to}, headers={"Accept": "application/json"})
    assert (reply.status_code, "must be later than `from`" in reply.text) == (422, True)
    if address != "/":
        assert reply.json()["errors"][0]["pointer"] == "/query/to"
    assert admin.get(address, params={"from": "2025-03-01", "to": "2025-03-02"}).status_code == 200
