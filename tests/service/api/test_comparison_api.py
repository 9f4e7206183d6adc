"""Calibration and pairs over the API."""

import json
from typing import Any

import httpx
import pytest

from tests.support.sample_prediction import EVIDENCE, record_one, resolve

ASKED = 60


@pytest.fixture(scope="module")
def api(shared_admin: httpx.Client) -> httpx.Client:
    """Ann says 0.8 and Bob 0.3 on 60 questions of 2 topics; three in four come true."""
    lines = []
    for number in range(ASKED):
        question = {
            "slug": f"q-{number}",
            "text": "t",
            "resolution_criteria": "c",
            "deadline": "2025-03-01",
            "deadline_basis": "stated",
            "topics": ["odd" if number % 2 else "even"],
        }
        lines += [
            {"commentator": {"name": name}, "question": question, "made_at": "2025-01-01", "probability": probability}
            for name, probability in (("Ann", 0.8), ("Bob", 0.3))
        ]
    reply = shared_admin.post("/api/predictions/batch", content="\n".join(map(json.dumps, lines)))
    assert reply.status_code == 201, reply.text
    for number in range(ASKED):
        body = {"outcome": "yes" if number % 4 else "no", "known_at": "2025-03-01"}
        body |= {"evidence": [{"url": "https://example.org/"}]}  # type: ignore[dict-item]
        assert shared_admin.post(f"/api/questions/q-{number}/resolutions", json=body).status_code == 201
    return shared_admin


def get(api: httpx.Client, path: str, **query: str) -> Any:
    reply = api.get(f"/api/{path}", params=query)
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_calibration_is_of_everyone_a_topic_or_a_commentator(api: httpx.Client) -> None:
    everyone = get(api, "calibration")
    assert (everyone["predictions"], everyone["probability"]) == (2 * ASKED, [0.3, 0.8])
    parts = everyone["decomposition"]
    brier = (3 * 0.04 + 0.64 + 3 * 0.49 + 0.09) / 8
    whole = parts["miscalibration"] - parts["discrimination"] + parts["uncertainty"]
    assert whole == pytest.approx(brier, abs=1e-12)
    assert get(api, "calibration", topic="odd")["hits"] == [30, 30]
    ann = get(api, "calibration", commentator="ann")
    assert (ann["count"], ann["hits"], ann["recalibrated"]) == ([ASKED], [45], [0.75])


def test_a_small_sample_says_so_and_draws_no_curve(api: httpx.Client) -> None:
    few = get(api, "calibration", topic="odd", commentator="ann")
    assert (few["predictions"], few["recalibrated"]) == (30, None)
    assert "fewer would show luck" in few["note"]


def test_a_pair_is_compared_on_what_both_answered(api: httpx.Client) -> None:
    pair = get(api, "pairs", first="ann", second="bob")
    assert (pair["questions"], pair["events"]) == (ASKED, ASKED)
    difference = pair["difference"]
    assert difference["value"] == pytest.approx((3 * (0.49 - 0.04) + (0.09 - 0.64)) / 4, abs=1e-12)
    assert difference["low"] < difference["value"] < difference["high"]
    turned = get(api, "pairs", first="bob", second="ann")
    assert turned["difference"]["value"] == pytest.approx(-difference["value"], abs=1e-12)


def test_a_pair_needs_two_people_on_record(api: httpx.Client) -> None:
    same = api.get("/api/pairs", params={"first": "ann", "second": "ann"})
    assert (same.status_code, same.json()["errors"][0]["pointer"]) == (422, "/query/second")
    assert api.get("/api/pairs", params={"first": "ann", "second": "nobody"}).status_code == 404
    assert api.get("/api/pairs", params={"first": "ann"}).status_code == 422


def test_a_calibration_read_again_is_the_same_until_the_record_changes(admin: httpx.Client) -> None:
    record_one(admin)
    resolve(admin)
    first = admin.get("/api/calibration")
    assert admin.get("/api/calibration").headers["etag"] == first.headers["etag"]
    body = {"outcome": "no", "known_at": "2025-03-20T12:00:00Z", "evidence": EVIDENCE}
    assert admin.post("/api/questions/rain/resolutions", json=body).status_code == 201
    assert admin.get("/api/calibration").json() != first.json()


def test_the_betting_test_is_valid_however_often_it_is_checked(admin: httpx.Client) -> None:
    """Forty events, one a month in turn and one that overlaps all: Ann says 0.9 and Bob 0.6 of what comes true."""
    lines, outcomes = [], []
    for number in range(41):
        begun, known = (
            f"{2010 + number // 12}-{number % 12 + 1:02}-01",
            f"{2010 + number // 12}-{number % 12 + 1:02}-20",
        )
        begun, known = ("2010-01-02", "2014-01-01") if number == 40 else (begun, known)
        question = {
            "slug": f"q-{number}",
            "text": "t",
            "resolution_criteria": "c",
            "deadline": known,
            "deadline_basis": "stated",
        }
        lines += [
            {"commentator": {"name": name}, "question": question, "made_at": begun, "probability": probability}
            for name, probability in (("Ann", 0.9), ("Bob", 0.6))
        ]
        outcomes.append((f"q-{number}", {"outcome": "yes", "known_at": known, "evidence": EVIDENCE}))
    assert admin.post("/api/predictions/batch", content="\n".join(map(json.dumps, lines))).status_code == 201
    for slug, body in outcomes:
        assert admin.post(f"/api/questions/{slug}/resolutions", json=body).status_code == 201
    pair = get(admin, "pairs", first="ann", second="bob")
    assert (pair["events"], pair["bet_events"]) == (41, 40)
    assert pair["bet_on_first"] == pytest.approx((0.825 / 0.75) ** 40)
    assert pair["bet_on_second"] == pytest.approx((0.675 / 0.75) ** 40)
    page = admin.get("/compare?first=ann&second=bob").text
    assert "would have become 45.26. That rules out that Bob was at least as good every time" in page
    assert "90%: " in page.partition("Brier score, own questions")[2].partition("</tr>")[0]
