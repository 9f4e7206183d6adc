"""Special cases of the statistics: revisions, ties, certainty, filters that select nobody, annulled conditions, single
commentators, and changes that must not change a score."""

import json
import random
from typing import Any

import httpx
import pytest

EVENTS = 14
ABC = ["a", "b", "c"]
EVIDENCE = [{"url": "https://example.org/"}]


def question(slug: str, **more: Any) -> dict[str, Any]:
    body = {"slug": slug, "text": "t", "resolution_criteria": "c", "deadline_basis": "stated"}
    return body | {"deadline": "2025-03-11T00:00:00Z"} | more


def say(name: str, about: dict[str, Any], made_at: str = "2025-01-01T00:00:00Z", **predictions: Any) -> dict[str, Any]:
    return {"commentator": {"name": name}, "question": about, "made_at": made_at, **predictions}


def record(api: httpx.Client, lines: list[dict[str, Any]]) -> None:
    reply = api.post("/api/predictions/batch", content="\n".join(map(json.dumps, lines)))
    assert reply.status_code == 201, reply.text


def resolve(api: httpx.Client, slug: str, outcome: str, known_at: str = "2025-03-11T00:00:00Z") -> None:
    body = {"outcome": outcome, "known_at": known_at, "evidence": EVIDENCE}
    reply = api.post(f"/api/questions/{slug}/resolutions", json=body)
    assert reply.status_code == 201, reply.text


def board(api: httpx.Client, **query: str) -> dict[str, Any]:
    reply = api.get("/api/leaderboard", params=query)
    assert reply.status_code == 200, reply.text
    return reply.json()


def lines(api: httpx.Client, **query: str) -> dict[str, Any]:
    return {item["commentator"]["name"]: item for item in board(api, **query)["items"]}


def a_record(api: httpx.Client, people: int = 5) -> None:
    """Fourteen events, yes-or-no and of three options, that all have answered, some in words."""
    chance = random.Random(3)
    asked = [
        question(f"q-{at}", **({"kind": "categorical", "options": ABC} if at % 5 == 0 else {})) for at in range(EVENTS)
    ]
    predictions = []
    for at, about in enumerate(asked):
        for person in range(people):
            number = chance.randrange(11)
            numbers: dict[str, Any] = {"hedge": "likely"} if number == 5 else {"probability": number / 10}
            if at % 5 == 0:
                numbers = {"probabilities": [number / 10, (10 - number) / 10, 0]}
            predictions.append(say(f"Person {person}", about, **numbers))
    record(api, predictions)
    for at in range(EVENTS):
        resolve(api, f"q-{at}", chance.choice(ABC if at % 5 == 0 else ["yes", "no"]))


def test_a_revised_prediction_is_scored_by_three_rules(admin: httpx.Client) -> None:
    """0.6 from day 2, 0.9 from day 5, yes on day 8 of 10: (3 x 0.16 + 3 x 0.01 + 2 x 0) / 8."""
    about = question("q", opens_at="2025-03-01T00:00:00Z")
    revisions = [("2025-03-03T00:00:00Z", 0.6), ("2025-03-06T00:00:00Z", 0.9), ("2025-03-10T00:00:00Z", 0.0)]
    record(admin, [say("Ann", about, made_at, probability=p) for made_at, p in revisions])
    resolve(admin, "q", "yes", known_at="2025-03-09T00:00:00Z")
    (line,) = board(admin)["items"]
    assert line["brier"] == pytest.approx(0.16)
    assert line["brier_latest"] == pytest.approx(0.01)
    assert line["brier_time_weighted"] == pytest.approx(0.06375)
    assert board(admin, revisions="time_weighted")["items"][0]["brier"] == pytest.approx(0.06375)


def test_equal_predictions_tie_in_every_statistic(admin: httpx.Client) -> None:
    a_record(admin)
    rows = admin.get("/api/predictions", params={"commentator": "person-2", "limit": "100"}).json()["items"]
    predictions = [
        say("Zoe", {"slug": row["question"]["slug"]}, row["made_at"])
        | ({"probabilities": row["probabilities"]} if row["probabilities"] else {"probability": row["probability"]})
        for row in rows
    ]
    record(admin, predictions)
    found = lines(admin)
    twin, other = found["Zoe"], found["Person 2"]
    assert twin["rank"] is not None
    # Hers are numbers, not words.
    assert {name for name in twin if twin[name] != other[name]} <= {"commentator", "share_verbal", "statistics"}
    for name, one in twin["statistics"].items():
        assert all(one[part] == other["statistics"][name][part] for part in ("value", "low", "high")), name
    first, second = (
        admin.get(f"/api/commentators/{person}/record").json()["summary"] for person in ("zoe", "person-2")
    )
    assert (first["rank"], first["skill"]) == (second["rank"], second["skill"])
    pair = admin.get("/api/pairs", params={"first": "zoe", "second": "person-2"}).json()
    assert (pair["difference"]["value"], pair["p_value"]) == (0, 1)


def test_certain_forecasts_score_nothing_or_everything(admin: httpx.Client) -> None:
    revisions = {"Right": 1.0, "Wrong": 0.0, "Right too": 1}
    record(admin, [say(name, question("q"), probability=p) for name, p in revisions.items()])
    resolve(admin, "q", "yes")
    found = lines(admin)
    assert [found[name]["brier"] for name in revisions] == [0, 1, 0]
    log, skill, peer = (
        [found[name]["statistics"][statistic]["value"] for name in revisions]
        for statistic in ("log_score", "brier_skill_score", "peer")
    )
    assert log == pytest.approx([0.010050336, 4.605170186, 0.010050336])
    assert (skill, peer) == ([1, -3, 1], [0.5, -1, 0.5])
    assert all(0 <= item["brier_low"] <= item["brier_high"] <= 1 for item in found.values())
    assert admin.get("/api/calibration").json()["predictions"] == 3


def test_a_skill_score_without_anything_to_divide_by_is_none(admin: httpx.Client) -> None:
    sure = {"probability": 1.0, "source": "an exchange", "as_of": "2024-12-31T00:00:00Z"}
    record(admin, [say("Ann", question("q", reference=sure), probability=0.9)])
    resolve(admin, "q", "yes")
    (line,) = board(admin)["items"]
    assert line["statistics"]["brier_skill_score"]["value"] is None
    assert board(admin)["reference_forecasts"][0]["brier"]["value"] == 0


def test_filters_that_select_nobody_give_empty_boards(admin: httpx.Client) -> None:
    assert board(admin)["items"] == []
    record(admin, [say("Ann", question("q"), probability=0.9), say("Bob", question("r"), probability=0.9)])
    assert lines(admin)["Ann"]["brier"] is None
    resolve(admin, "q", "yes")
    for query in ({"topic": "none"}, {"outlet": "none"}, {"verbal": "true"}, {"from": "2150-01-01"}, {"source": "77"}):
        found = board(admin, **query)
        assert (found["items"], found["reference_forecasts"], found["readers"]) == ([], [], None)
        assert admin.get("/api/calibration", params=query).json()["predictions"] == 0
    pair = admin.get("/api/pairs", params={"first": "ann", "second": "bob"}).json()
    assert (pair["questions"], pair["difference"]["value"]) == (0, None)
    assert admin.get("/api/commentators/bob/history").json()["as_it_stood"] == []


def test_a_single_commentator_on_a_question_is_scored_but_compared_with_nobody(admin: httpx.Client) -> None:
    record(admin, [say("Ann", question("q"), probability=0.8)])
    resolve(admin, "q", "yes")
    (line,) = board(admin)["items"]
    assert (line["brier"], line["resolved"], line["events"]) == (pytest.approx(0.04), 1, 1)
    found = {name: each["value"] for name, each in line["statistics"].items()}
    assert (found["peer"], line["peer_questions"], found["brier_adjusted"], line["rank"]) == (None, 0, None, None)
    assert found["brier_skill_score"] == pytest.approx(1 - 0.04 / 0.25)


@pytest.mark.parametrize("parent", ["no", "annulled"])
def test_a_question_whose_condition_did_not_come_true_scores_nobody(admin: httpx.Client, parent: str) -> None:
    child = question("child", condition={"question": "parent", "outcome": "yes"})
    record(admin, [say("Ann", question("parent"), probability=0.7), say("Ann", child, probability=0.9)])
    resolve(admin, "parent", parent)
    (line,) = board(admin)["items"]
    assert line["annulled"] == 1 + (parent == "annulled")
    assert line["resolved"] == (parent == "no")
    assert line["share_annulled"] == (0.5 if parent == "no" else 1.0)
    reply = admin.get("/api/questions/child").json()
    assert (reply["status"], reply["resolutions"][0]["automatic"]) == ("annulled", True)
    assert [len(lines(admin, max_annulled=limit)) for limit in ("0.4", "1")] == [0, 1]
    assert ["Ann</bdi></a>" in admin.get("/", params={"max_annulled": limit}).text for limit in ("0.4", "1")] == [
        False,
        True,
    ]


@pytest.mark.parametrize("fate", [None, "yes", "annulled"])
def test_a_question_that_nobody_answered_changes_nothing(admin: httpx.Client, fate: str | None) -> None:
    a_record(admin)
    before = board(admin)
    about = question("nobody-s", topics=["economy"], event="q-1")
    assert admin.post("/api/questions", json=about).status_code == 201
    if fate is not None:
        resolve(admin, "nobody-s", fate)
    after = board(admin)
    for part in ("items", "total", "reference_forecasts", "readers", "method"):
        assert json.dumps(after[part]) == json.dumps(before[part])


def test_an_unanswered_question_of_the_same_topic_does_not_move_the_base_rate(admin: httpx.Client) -> None:
    for slug in ("one", "two"):
        record(admin, [say("Ann", question(slug, topics=["war"]), probability=0.8)])
        resolve(admin, slug, "yes")
    before = board(admin)
    assert [each["kind"] for each in before["reference_forecasts"]] == ["base_rate"]
    assert admin.post("/api/questions", json=question("three", topics=["war"])).status_code == 201
    resolve(admin, "three", "no")
    assert board(admin)["items"] == before["items"]


def test_a_filter_in_the_address_is_the_filter_of_the_board(admin: httpx.Client) -> None:
    """Each parameter reaches the filter of its name: it selects Ann's prediction and leaves out Bob's."""
    ann = question("a", topics=["war"], event="family", deadline="2025-03-10", deadline_basis="assigned")
    ann["condition"] = {"text": "if it comes to that"}
    source = {"url": "https://example.org/a", "outlet": "Gazette"}
    first = say("Ann", ann, hedge="likely", source=source) | {"commentator": {"name": "Ann", "kind": "model"}}
    assert admin.post("/api/predictions", json=first).status_code == 201
    number = admin.get("/api/sources").json()["items"][0]["id"]
    resolve(admin, "a", "yes", known_at="2025-03-01")
    record(admin, [say("Bob", question("b", deadline="2025-03-20"), probability=0.5)])
    resolve(admin, "b", "yes", known_at="2025-03-20")
    only_ann = {"topic": "war", "event": "family", "to": "2025-03-15", "deadline_basis": "assigned", "verbal": "true"}
    only_ann |= {"conditional": "true", "kind": "model", "outlet": "Gazette", "source": str(number)}
    for name, value in only_ann.items():
        assert list(lines(admin, **{name: value})) == ["Ann"], name
    for name, value in {"from": "2025-03-15", "verbal": "false", "conditional": "false", "kind": "person"}.items():
        assert list(lines(admin, **{name: value})) == ["Bob"], name
    assert set(lines(admin, recorded_late="true")) == {"Ann", "Bob"}
    assert lines(admin, recorded_late="false") == {}
    shares = lines(admin)["Ann"]
    expected = {"verbal": 1, "recorded_late": 1, "conditional": 1, "assigned_deadline": 1, "stated_deadline": 0}
    assert {name: shares[f"share_{name}"] for name in expected} == expected
