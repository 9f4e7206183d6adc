"""Names of fields that outside scripts read do not move, next to the objects that hold more."""

import httpx

from tests.service.api.test_statistical_traps import a_record, lines

ON_A_LEADERBOARD_ITEM = {
    "brier": ("brier", "value"),
    "brier_low": ("brier", "low"),
    "brier_high": ("brier", "high"),
    "brier_latest": ("brier_latest", "value"),
    "brier_time_weighted": ("brier_time_weighted", "value"),
    "skill": ("skill", "value"),
    "skill_low": ("skill", "low"),
    "skill_high": ("skill", "high"),
}
ON_A_SCORE = {
    "brier": ("brier", "value"),
    "brier_low": ("brier", "wording_low"),
    "brier_high": ("brier", "wording_high"),
    "brier_latest": ("brier_latest", "value"),
    "brier_time_weighted": ("brier_time_weighted", "value"),
}


def test_a_leaderboard_item_repeats_its_main_numbers_under_plain_names(admin: httpx.Client) -> None:
    a_record(admin)
    item = lines(admin)["Person 2"]
    summary = admin.get("/api/commentators/person-2/record").json()["summary"]
    for name, (statistic, part) in ON_A_LEADERBOARD_ITEM.items():
        assert isinstance(item[name], float), name
        assert item[name] == summary[name] == item["statistics"][statistic][part], name


def test_a_score_of_a_record_repeats_its_main_numbers_under_plain_names(admin: httpx.Client) -> None:
    a_record(admin)
    scores = admin.get("/api/commentators/person-2/record").json()["scores"]
    assert any(score["brier_low"] < score["brier"] < score["brier_high"] for score in scores)
    for score in scores:
        assert {"reference_brier", "reference_type", "outcome", "known_at", "flags"} <= set(score)
        for name, (statistic, part) in ON_A_SCORE.items():
            assert score[name] == score["statistics"][statistic][part], name
