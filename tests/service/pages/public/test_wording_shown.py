"""Every score of verbal predictions has its wording range, in the API and on the pages."""

import re

import httpx
import pytest
from sqlalchemy import Engine

from predictions.schemas.estimates import BoardStatistics
from predictions.transfer.export_computed import score_lines
from service.db.engine import read_transaction
from tests.service.api.test_statistical_traps import board, lines, question, record, resolve, say

EVENTS = 12
#: Of "likely", which readers take for 60 to 85%, at best 72%, where it came true.
LEAST, SCORE, MOST = 0.15**2, 0.28**2, 0.4**2


@pytest.fixture
def verbal(admin: httpx.Client) -> httpx.Client:
    """Twelve events that came true: Ann predicted them as likely, Bo gave them 50%, three others 40%."""
    source = {"url": "https://example.org/column", "title": "A column", "outlet": "Example"}
    for at in range(EVENTS):
        about = question(f"q-{at}", topics=["talks"])
        predictions = [say("Ann", about, hedge="likely", source=source), say("Bo", about, probability=0.5)]
        record(admin, predictions + [say(f"Other {who}", about, probability=0.4) for who in range(3)])
        resolve(admin, f"q-{at}", "yes")
    return admin


def test_every_estimate_from_verbal_predictions_has_a_wording_range(verbal: httpx.Client) -> None:
    ann = lines(verbal)["Ann"]["statistics"]
    for name in ("brier", "brier_opening"):
        assert words_of(ann[name]) == pytest.approx((LEAST, MOST))
    others = (0.25 + 3 * 0.36) / 4
    assert words_of(ann["peer"]) == pytest.approx((others - MOST, others - LEAST))
    blend, skill = 100 * EVENTS / (EVENTS + 30), ann["skill"]["value"]
    assert words_of(ann["skill"]) == pytest.approx((skill - blend * (MOST - SCORE), skill + blend * (SCORE - LEAST)))
    # All answered all questions: the others as they are, the adjusted score moves as the score does.
    adjusted = ann["brier_adjusted"]["value"]
    assert words_of(ann["brier_adjusted"]) == pytest.approx((adjusted + LEAST - SCORE, adjusted + MOST - SCORE))
    reference_forecast = SCORE / (1 - ann["brier_skill_score"]["value"])
    ratio = 1 - MOST / reference_forecast, 1 - LEAST / reference_forecast
    assert words_of(ann["brier_skill_score"]) == pytest.approx(ratio)
    assert words_of(ann["log_score"]) == pytest.approx((0.16251893, 0.51082562))


def words_of(estimate: dict[str, float]) -> tuple[float, float]:
    return estimate["wording_low"], estimate["wording_high"]


def test_numeric_predictions_have_no_wording_range(verbal: httpx.Client) -> None:
    for name, line in lines(verbal).items():
        assert set(line["statistics"]) == set(BoardStatistics.model_fields)
        for estimate in line["statistics"].values() if name != "Ann" else ():
            low, high = words_of(estimate)
            assert low in (estimate["value"], None)
            assert high == low


def test_the_reference_forecasts_table_and_a_comparison_show_wording_ranges(verbal: httpx.Client) -> None:
    (kind,) = board(verbal)["reference_forecasts"]
    mean = (SCORE + 0.25 + 3 * 0.36) / 5
    found = [end - mean for end in words_of(kind["commentators"])]
    assert found == pytest.approx([(LEAST - SCORE) / 5, (MOST - SCORE) / 5])
    pair = verbal.get("/api/pairs", params={"first": "ann", "second": "bo"}).json()
    assert words_of(pair["difference"]) == pytest.approx((0.25 - MOST, 0.25 - LEAST))
    turned = verbal.get("/api/pairs", params={"first": "bo", "second": "ann"}).json()
    assert words_of(turned["difference"]) == pytest.approx((LEAST - 0.25, MOST - 0.25))
    assert "Wording range: +0.090 to +0.228" in compared(verbal, "ann", "bo")
    assert "Wording range:" not in compared(verbal, "bo", "other-1")


def compared(api: httpx.Client, one: str, other: str) -> str:
    return api.get("/compare", params={"first": one, "second": other}).text


def plain(page: str) -> str:
    return re.sub("<[^>]+>", "", page)


def test_pages_show_the_wording_range_with_the_interval(verbal: httpx.Client) -> None:
    at_all, in_topic = f"wording {LEAST:.2f}–{MOST:.2f}", f"wording {LEAST:.3f} to {MOST:.3f}"
    table, _, reference_forecasts = verbal.get("/").text.partition('id="reference-forecasts"')
    assert at_all in plain(table)
    assert table.count("; wording range") == 4
    assert "Wording range" in reference_forecasts
    record = verbal.get("/commentators/ann").text
    assert "Wording range</th>" in record
    assert f"{LEAST:.3f} to {MOST:.3f}" in record
    assert at_all in plain(record.partition('id="topics"')[2])
    assert in_topic in plain(verbal.get("/sources/1").text)
    assert "Wording range</th>" not in verbal.get("/commentators/bo").text


def test_a_verbal_revision_has_its_wording_range_on_the_question_and_in_the_export(
    admin: httpx.Client, engine: Engine
) -> None:
    """Stated 60%, then "likely" at half of the time until the deadline."""
    about = question("q", opens_at="2025-01-01T00:00:00Z")
    record(admin, [say("Ann", about, "2025-01-10T00:00:00Z", probability=0.6)])
    record(admin, [say("Ann", about, "2025-02-09T00:00:00Z", hedge="likely")])
    resolve(admin, "q", "yes")
    weighted = [(0.16 + score) / 2 for score in (LEAST, SCORE, MOST)]
    text = plain(admin.get("/questions/q").text)
    assert f"latest {SCORE:.3f} wording {LEAST:.2f}–{MOST:.2f}" in text
    assert f"over time {weighted[1]:.3f} wording {weighted[0]:.2f}–{weighted[2]:.2f}" in text
    with read_transaction(engine) as session:
        (line,) = score_lines(session)
    assert [line[f"brier{end}"] for end in ("_low", "", "_high")] == pytest.approx([0.16] * 3)
    for name, expected in (("brier_latest", (LEAST, SCORE, MOST)), ("brier_time_weighted", weighted)):
        assert [line[f"{name}{end}"] for end in ("_low", "", "_high")] == pytest.approx(expected)
