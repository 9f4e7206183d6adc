"""The board and a record as of a past instant, over the API."""

import httpx

from tests.support.fake_clock import FakeClock

DAY = 86_400


def record(api: httpx.Client, name: str, probability: float) -> None:
    question = {
        "slug": "q",
        "text": "t",
        "resolution_criteria": "c",
        "deadline": "2025-04-02T00:00:00Z",
        "deadline_basis": "stated",
    }
    body = {"commentator": {"name": name}, "question": question, "made_at": "2025-03-01", "probability": probability}
    assert api.post("/api/predictions", json=body).status_code == 201


def test_a_past_board_and_record_show_what_was_known_then(admin: httpx.Client, clock: FakeClock) -> None:
    record(admin, "Ann", 0.8)
    before = clock.now().isoformat().replace("+00:00", "Z")
    clock.advance(2 * DAY)
    record(admin, "Bob", 0.5)
    outcome = {"outcome": "yes", "known_at": "2025-04-02", "evidence": [{"url": "https://example.org/"}]}
    assert admin.post("/api/questions/q/resolutions", json=outcome).status_code == 201
    clock.advance(DAY)
    now = admin.get("/api/leaderboard").json()
    then = admin.get("/api/leaderboard", params={"as_of": before}).json()
    assert [item["commentator"]["name"] for item in now["items"]] == ["Ann", "Bob"]
    assert [(item["commentator"]["name"], item["brier"], item["open"]) for item in then["items"]] == [("Ann", None, 1)]
    assert then["as_of"] == before
    assert then["ledger_head"]["seq"] < now["ledger_head"]["seq"]
    assert admin.get("/api/commentators/ann/record").json()["scores"][0]["brier"] == 0.04
    past = admin.get("/api/commentators/ann/record", params={"as_of": before})
    assert (past.status_code, past.json()["scores"]) == (200, [])
    assert admin.get("/api/commentators/bob/record", params={"as_of": before}).status_code == 404


def test_the_future_is_refused(admin: httpx.Client) -> None:
    reply = admin.get("/api/leaderboard", params={"as_of": "2199-01-01"})
    assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (422, "/query/as_of")
