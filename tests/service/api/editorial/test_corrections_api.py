"""Every correction is listed over the API, newest first."""

import httpx
import pytest

from tests.support.sample_prediction import corrected_everything


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What these tests promise has nothing to do with the kind of database."""
    return sqlite_url


def test_each_kind_of_correction_is_listed_with_what_it_was_what_it_became_why_and_by_whom(
    admin: httpx.Client,
) -> None:
    corrected_everything(admin)
    items = admin.get("/api/corrections").json()["items"]
    assert [item["action"] for item in items] == [
        *("resolution.retracted", "resolution.corrected", "source.changed", "commentator.changed"),
        *("prediction.withdrawn", "prediction.corrected", "question.postponement_undone", "question.postponed"),
        *("question.changed", "question.changed"),
    ]
    found = {item["action"]: item for item in items}
    assert {item["by"] for item in items} == {"first admin"}
    retracted, corrected = found["resolution.retracted"], found["resolution.corrected"]
    assert (retracted["before"]["outcome"], retracted["after"], retracted["reason"]) == ("no", {}, "Not decided yet.")
    assert (corrected["before"]["outcome"], corrected["after"]["outcome"]) == ("yes", "no")
    assert found["source.changed"]["after"] == {"title": "The right column"}
    assert found["commentator.changed"]["before"] == {"name": "Ann Invented"}
    withdrawn, prediction = found["prediction.withdrawn"], found["prediction.corrected"]
    assert (withdrawn["before"]["probability"], withdrawn["after"]) == (0.3, {})
    assert withdrawn["reason"] == "Somebody else said it."
    assert (prediction["before"]["hedge"], prediction["after"]["hedge"]) == ("seems unlikely", None)
    assert prediction["after"]["probability"] == 0.3
    assert (prediction["commentator"]["slug"], prediction["question"]["slug"]) == ("ann-invented", "rain")
    postponed = found["question.postponed"]
    assert postponed["before"]["deadline"].startswith("2025-03-20T23:59:59")
    assert (postponed["after"]["deadline"][:10], postponed["reason"]) == ("2025-03-25", "A typing error.")
    undone = found["question.postponement_undone"]
    assert (undone["before"], undone["after"]) == (postponed["after"], postponed["before"])
    assert set(postponed["after"]) == {"deadline"}
    assert found["question.changed"]["after"] == {"text": "Will it pour?"}


def test_the_list_goes_on_at_the_next_page_and_ends(admin: httpx.Client) -> None:
    corrected_everything(admin)
    seen, path = [], "/api/corrections?limit=3"
    while path:
        reply = admin.get(path).json()
        seen += [item["id"] for item in reply["items"]]
        path = reply["next"]
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 10
