"""What the pages show of a record: hedges, sources, outcomes, scores, corrections, comparisons, downloads."""

import csv
import io
import re
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import Engine
from sqlmodel import select

from predictions.models import Commentator, Question, QuestionTopic
from predictions.records.scored_questions import counted, scored_questions
from predictions.records.topic_skill import topic_scores
from predictions.scoring.intervals import mean_intervals
from predictions.submissions.commentators import change_commentator
from service.db.engine import read_transaction, write_transaction
from service.pages.rendering.labels import STATISTICS
from tests.support.fake_clock import FakeClock
from tests.support.generated_record import fill
from tests.support.sample_prediction import QUESTION, record_one, resolve

BROWSER = {"Accept": "text/html,application/xhtml+xml"}
LISTS = (
    "/",
    "/questions",
    "/sources",
    "/search",
    "/search?q=rain",
    "/method",
    "/compare",
    "/calibration",
    "/due",
    "/ledger",
    "/?sort=name&topic=weather",
)


def test_every_page_reads_well_on_an_empty_record(base_url: str) -> None:
    for path in LISTS:
        reply = httpx.get(base_url + path, headers=BROWSER, timeout=30)
        assert reply.status_code == 200, path
        assert "<h1>" in reply.text, path
        assert "None" not in reply.text, path


def test_one_prediction_shows_on_every_page_with_its_words_and_source(admin: httpx.Client) -> None:
    made = record_one(admin)
    source = f"/sources/{made['source']['id']}"
    for path in ("/", "/commentators/ann-invented", "/questions/rain", source, "/search?q=ann"):
        assert "Ann Invented" in admin.get(path).text, path
    for path in ("/commentators/ann-invented", "/questions/rain", f"/sources/{made['source']['id']}"):
        text = admin.get(path).text
        assert "<q>seems unlikely</q>" in text, path
        assert "19%" in text, path
        assert f"/sources/{made['source']['id']}" in text or "A column" in text, path


def test_what_is_recorded_is_shown_as_text_and_never_as_markup(admin: httpx.Client) -> None:
    record_one(admin)
    for path in ("/commentators/ann-invented", "/questions/rain", "/questions", "/search?q=rain"):
        text = admin.get(path).text
        assert "<b>hard" not in text
        assert "&lt;b&gt;hard" in text


def test_a_resolution_shows_with_evidence_score_and_trail(admin: httpx.Client) -> None:
    record_one(admin)
    resolve(admin)
    text = admin.get("/questions/rain").text
    assert "https://example.org/gauge" in text
    assert "The gauge of the day." in text
    assert "0.656" in text  # (1 - 0.19)^2
    assert "0.49–0.90" in text  # by the range of the words, 5 to 30%
    assert "Outcome confirmed" in text
    person = admin.get("/commentators/ann-invented").text
    assert "0.656" in person
    assert "too few to distinguish skill from luck" in person


def test_a_correction_and_a_withdrawal_stay_visible_with_their_reasons(admin: httpx.Client) -> None:
    first = record_one(admin)
    right = {"made_at": "2025-03-01", "probability": 0.4, "reason": "The column gave a number."}
    corrected = admin.post(f"/api/predictions/{first['id']}/corrections", json=right)
    assert corrected.status_code == 201, corrected.text
    gone = admin.post(f"/api/predictions/{corrected.json()['id']}/withdrawal", json={"reason": "Said by another."})
    assert gone.status_code == 201, gone.text
    text = admin.get("/commentators/ann-invented").text
    assert "The column gave a number." in text
    assert "Said by another." in text
    assert "40%" in text


def test_the_statement_of_a_commentator_is_shown_with_the_record(admin: httpx.Client, engine: Engine) -> None:
    record_one(admin)
    with write_transaction(engine) as session:
        person = session.exec(select(Commentator)).one()
        change_commentator(
            session,
            person,
            {"statement": "I was misquoted.", "statement_on": "2025-03-30"},
            now=datetime(2025, 4, 1, tzinfo=UTC),
            actor="test",
        )
    assert "I was misquoted." in admin.get("/commentators/ann-invented").text


def test_the_board_changes_at_once_when_the_record_does(admin: httpx.Client) -> None:
    record_one(admin)
    assert "0.656" not in admin.get("/").text
    resolve(admin)
    assert "0.656" in admin.get("/").text


def test_downloads_hold_what_the_api_holds(admin: httpx.Client) -> None:
    record_one(admin, commentator={"name": "=Ann()", "slug": "ann"})
    resolve(admin)
    board = list(csv.DictReader(io.StringIO(admin.get("/leaderboard.csv").text)))
    item = admin.get("/api/leaderboard").json()["items"][0]
    assert float(board[0]["brier"]) == item["brier"]
    assert board[0]["name"] == "'=Ann()"  # a spreadsheet would take it for a formula
    record = list(csv.DictReader(io.StringIO(admin.get("/commentators/ann/record.csv").text)))
    assert float(record[0]["brier"]) == admin.get("/api/commentators/ann/record").json()["scores"][0]["brier"]
    assert record[0]["source"] == "https://example.org/column"
    assert record[0]["hedge"] == "seems unlikely"


def test_pages_hold_on_a_record_with_tiers_curves_and_charts(base_url: str, engine: Engine, clock: FakeClock) -> None:
    with write_transaction(engine) as session:
        fill(session, now=clock.now(), people=4, questions=70)
    board = httpx.get(base_url).text
    assert "Tier 1" in board
    assert board.count('class="mini"') == 4
    assert re.search(r"For \d+(\.\d+)?% of 1,000 simulated readers, the first place", board)
    person = httpx.get(f"{base_url}/commentators/invented-person-1").text
    assert "Reliability diagram of Invented Person 1" in person
    assert "Brier score of Invented Person 1 over time" in person
    assert "Strongest and weakest topics" in person
    assert "Next →" in person
    last = httpx.get(f"{base_url}/commentators/invented-person-3").text
    assert "The figure was misread." in last
    assert "Probability of yes over time" in httpx.get(f"{base_url}/questions/question-1").text


def test_the_board_shows_what_was_just_resolved_and_what_is_next(admin: httpx.Client) -> None:
    record_one(admin, question=QUESTION | {"slug": "later", "text": "Will it snow?", "deadline": "2025-12-01"})
    record_one(admin)
    resolve(admin)
    text = admin.get("/").text
    assert "/questions/rain" in text.partition("Recently resolved")[2].partition("Next deadlines")[0]
    assert "/questions/later" in text.partition("Next deadlines")[2]


def test_a_record_can_be_read_best_or_worst_first(base_url: str, engine: Engine, clock: FakeClock) -> None:
    with write_transaction(engine) as session:
        fill(session, now=clock.now(), people=2, questions=10)
    scores = {}
    for order in ("best", "worst"):
        text = httpx.get(f"{base_url}/commentators/invented-person-0?order={order}").text
        rows = text.partition('aria-labelledby="scored"')[2].partition("</table>")[0]
        scores[order] = [float(found) for found in re.findall(r'<td class="n">(\d\.\d{3})', rows)]
    assert len(scores["best"]) == 8
    assert scores["best"] == sorted(scores["best"])
    assert scores["worst"] == scores["best"][::-1]


def test_two_commentators_are_compared_on_what_both_answered(base_url: str, engine: Engine, clock: FakeClock) -> None:
    with write_transaction(engine) as session:
        fill(session, now=clock.now(), people=3, questions=20)
    address = f"{base_url}/compare?first=invented-person-0&second=Invented+Person+1"
    text = httpx.get(address).text
    rows = text.partition('id="shared"')[2]
    first, second = (httpx.get(f"{base_url}/api/commentators/invented-person-{who}/record").json() for who in (0, 1))
    other = {score["question"]["slug"]: score for score in second["scores"]}
    counted = [s for s in first["scores"] if "vague" not in s["flags"] + other[s["question"]["slug"]]["flags"]]
    assert f"Over {len(counted)} shared events" in text
    assert rows.count("/questions/question-") == len(counted)
    assert rows.count("closer") == sum(s["brier"] != other[s["question"]["slug"]]["brier"] for s in counted)
    assert "Compare" in httpx.get(f"{base_url}/commentators/invented-person-0").text


def test_a_comparison_with_nobody_suggests_names_and_one_with_oneself_is_refused(admin: httpx.Client) -> None:
    record_one(admin)
    assert (
        "/compare?first=ann-invented&amp;second=ann-invented"
        in admin.get("/compare?first=inv&second=ann-invented").text
    )
    assert "the same commentator" in admin.get("/compare?first=ann-invented&second=Ann+Invented").text
    assert "No commentator named" in admin.get("/compare?first=zz&second=ann-invented").text


def test_commentators_who_share_too_little_are_not_compared(admin: httpx.Client) -> None:
    record_one(admin)
    record_one(admin, commentator={"name": "Bo"})
    resolve(admin)
    assert "Too few shared events for a comparison: 1 of 10" in admin.get("/compare?first=ann-invented&second=bo").text


def test_the_ledger_shows_every_change_newest_first_with_its_head(admin: httpx.Client) -> None:
    record_one(admin)
    resolve(admin)
    text = admin.get("/ledger").text
    found = admin.get("/api/ledger").json()
    assert found["head"]["hash"] in text
    shown = [int(number) for number in re.findall(r'<tr id="e(\d+)"', text)]
    assert shown == [event["seq"] for event in found["items"]][::-1]
    older = admin.get(f"/ledger?before={shown[1]}").text
    assert [int(number) for number in re.findall(r'<tr id="e(\d+)"', older)] == shown[2:]
    assert admin.get(re.findall(r'href="(/questions/\d+)"', text)[0]).status_code == 200


def test_what_an_annulled_question_took_out_of_the_score_is_still_shown(admin: httpx.Client) -> None:
    record_one(admin)
    resolve(admin)
    assert "Not counted" not in admin.get("/commentators/ann-invented").text
    resolve(admin, "annulled")
    text = admin.get("/commentators/ann-invented").text.partition("Not counted")[2]
    assert "/questions/rain" in text
    assert "annulled" in text
    assert "<q>seems unlikely</q>" in text


def test_search_takes_any_words_for_words(admin: httpx.Client) -> None:
    record_one(admin)
    for words in ("100%_", "\\", "'; DROP TABLE source; --", "<script>", "\N{NO-BREAK SPACE}", "%"):
        reply = admin.get("/search", params={"q": words}, headers=BROWSER)
        assert reply.status_code == 200, words
        assert "<script>" not in reply.text
        assert "Ann Invented" not in reply.text, words


def test_search_finds_commentators_questions_and_sources(admin: httpx.Client) -> None:
    record_one(admin)
    assert "/commentators/ann-invented" in admin.get("/search?q=INVENTED").text
    assert "/questions/rain" in admin.get("/search?q=rain").text
    assert "/sources/" in admin.get("/search?q=gazette").text
    assert "/sources/" in admin.get("/search?q=example.org").text
    assert "/questions?topic=weather" in admin.get("/search?q=weath").text


def test_search_finds_what_has_all_the_words_in_any_order(admin: httpx.Client) -> None:
    record_one(admin)
    record_one(admin, commentator={"name": "Élodie Ölund"})
    assert "/questions/rain" in admin.get("/search?q=hard+WILL").text
    assert "/questions/rain" not in admin.get("/search?q=hard+snow").text
    assert "/sources/" in admin.get("/search?q=gazette+column").text
    assert "/commentators/ann-invented" in admin.get("/search?q=invented+ann").text
    assert "Élodie Ölund" in admin.get("/search", params={"q": "ÖLUND"}).text


def test_the_board_shows_how_reference_forecasts_did_on_the_same_predictions(
    base_url: str, engine: Engine, clock: FakeClock
) -> None:
    with write_transaction(engine) as session:
        fill(session, now=clock.now(), people=3, questions=20)
    text = httpx.get(base_url).text.partition('id="reference-forecasts"')[2]
    score = r'<td class="n">([\d.]+)<br><small class="nowrap">90%: [\d.]+ to [\d.]+</small></td>'
    people = score.replace("</td>", r"(?:<br><small [^>]+>wording <[^>]+>([\d.]+) to ([\d.]+)</span></small>)?</td>")
    rows = re.findall(rf'<th scope="row">([^<]+)</th><td class="n">(\d+)</td>{score}{people}', text)
    scores = [
        score
        for who in range(3)
        for score in httpx.get(f"{base_url}/api/commentators/invented-person-{who}/record").json()["scores"]
        if "vague" not in score["flags"]
    ]
    market = [score for score in scores if score["reference_type"] == "market"]
    assert rows[0][0] == "Market or crowd odds"
    assert int(rows[0][1]) == len(market)
    assert float(rows[0][2]) == pytest.approx(sum(s["reference_brier"] for s in market) / len(market), abs=6e-4)
    for at, name in enumerate(("brier", "brier_low", "brier_high"), 3):
        assert float(rows[0][at]) == pytest.approx(sum(s[name] for s in market) / len(market), abs=6e-4)
    assert sum(int(row[1]) for row in rows) == len(scores)


def test_the_board_can_be_read_as_of_a_past_day(admin: httpx.Client, clock: FakeClock) -> None:
    record_one(admin)
    clock.advance(10 * 86400)
    record_one(admin, commentator={"name": "Bo Later"})
    resolve(admin)
    then, today = admin.get("/?as_of=2025-04-05").text, admin.get("/").text
    assert "Ann Invented" in then
    assert "Bo Later" not in then
    assert "0.656" not in then
    assert "as of 5 Apr 2025" in then
    assert "/api/leaderboard?as_of=2025-04-05" in then
    assert "Bo Later" in today
    assert "0.656" in today
    rows = list(csv.DictReader(io.StringIO(admin.get("/leaderboard.csv?as_of=2025-04-05").text)))
    assert [row["name"] for row in rows] == ["Ann Invented"]
    assert admin.get("/?as_of=2030-01-01", headers=BROWSER).status_code == 422
    assert "/commentators/ann-invented?as_of=2025-04-05" in then
    person = admin.get("/commentators/ann-invented?as_of=2025-04-05").text
    assert "The record as of 5 Apr 2025" in person
    assert "0.656" not in person
    assert "0.656" in admin.get("/commentators/ann-invented").text
    assert admin.get("/commentators/bo-later?as_of=2025-04-05", headers=BROWSER).status_code == 404


def test_a_source_leads_to_the_board_of_its_outlet(admin: httpx.Client) -> None:
    made = record_one(admin)
    record_one(admin, commentator={"name": "Bo Elsewhere"}, source={"url": "https://example.net/", "outlet": "Other"})
    resolve(admin)
    text = admin.get(f"/sources/{made['source']['id']}").text
    link = re.findall(r'href="(/\?outlet=[^"]+)"', text)[0]
    board = admin.get(link).text
    assert "Ann Invented" in board
    assert "Bo Elsewhere" not in board


def test_every_score_on_a_page_has_its_interval(base_url: str, engine: Engine, clock: FakeClock) -> None:
    with write_transaction(engine) as session:
        fill(session, now=clock.now(), people=5, questions=70)
    record = httpx.get(f"{base_url}/api/commentators/invented-person-1/record").json()
    summary = record["summary"]
    page = httpx.get(f"{base_url}/commentators/invented-person-1").text.replace("\N{MINUS SIGN}", "-")
    shown = dict(re.findall(r'<th scope="row">([^<]+)</th><td class="n">[^<]+</td><td class="n nowrap">([^<]+)<', page))
    for name, label, form, _ in STATISTICS:
        ends = (form(summary["statistics"][name][end]).replace("\N{MINUS SIGN}", "-") for end in ("low", "high"))
        assert shown[label] == " to ".join(ends)
    topics = page.partition("Strongest and weakest topics")[2].partition("</table>")[0]
    assert topics.count("<title>90%: ") == topics.count("/questions?topic=") > 0
    source = httpx.get(f"{base_url}/sources/1").text
    assert len(re.findall(r"<dd>\d\.\d{3} <small>90%: \d\.\d{3} to \d\.\d{3}</small>", source)) == 2


def test_the_interval_of_a_topic_takes_whole_events_as_one_piece_of_evidence(
    admin: httpx.Client, engine: Engine, clock: FakeClock
) -> None:
    with write_transaction(engine) as session:
        fill(session, now=clock.now(), people=5, questions=70)
    record = admin.get("/api/commentators/invented-person-1/record").json()
    with read_transaction(engine) as session:
        scored = scored_questions(session, record["commentator"]["id"])
        found = topic_scores(session, counted(scored, clock.now()))
        where = session.exec(select(QuestionTopic.topic, Question.id, Question.event).join(Question)).all()
    passed = [score for score in record["scores"] if score["question"]["deadline"] <= clock.now().isoformat()]
    scores = {score["question"]["id"]: score["brier"] for score in passed if "vague" not in score["flags"]}
    assert found
    for each in found:
        rows = [(event, scores[number]) for topic, number, event in where if topic == each.topic and number in scores]
        assert each.questions == len(rows)
        assert each.brier.value == pytest.approx(sum(score for _, score in rows) / len(rows))
        if len({event for event, _ in rows}) >= 10:
            events = [event for event, _ in rows]
            own = mean_intervals([1] * len(rows), events, [score for _, score in rows])
            assert (each.brier.low, each.brier.high) == pytest.approx((own.low[0], own.high[0]))
        assert (points := each.points.model_dump())["low"] < points["value"] < points["high"]


def test_calibration_is_shown_of_everyone_a_topic_or_a_commentator(
    base_url: str, engine: Engine, clock: FakeClock
) -> None:
    with write_transaction(engine) as session:
        fill(session, now=clock.now(), people=4, questions=70)
    topic = httpx.get(f"{base_url}/api/questions/question-1").json()["topics"][0]
    for query in ({}, {"topic": topic}, {"commentator": "invented-person-1"}, {"commentator": "Invented Person 2"}):
        slug = {"commentator": query["commentator"].lower().replace(" ", "-")} if "commentator" in query else {}
        found = httpx.get(f"{base_url}/api/calibration", params=query | slug).json()
        text = httpx.get(f"{base_url}/calibration", params=query).text
        assert f"{found['predictions']:,} opening predictions" in text
        parts = found["decomposition"]
        shown = re.findall(r'<th scope="row">(\w[\w ]+)</th><td class="n">(\d\.\d{3})</td><td><small>', text)
        assert shown == [
            *([("Mean Brier score", f"{parts['brier']:.3f}")] if parts else []),
            *([(name.capitalize(), f"{parts[name]:.3f}") for name in list(parts)[1:]] if parts else []),
        ]
    everyone = httpx.get(f"{base_url}/calibration").text
    assert "Reliability diagram of all commentators" in everyone
    assert everyone.partition("Decomposition of the score")[1]


def test_too_few_predictions_draw_no_curve_and_an_unknown_name_is_reported(admin: httpx.Client) -> None:
    record_one(admin)
    resolve(admin)
    assert (
        "1 opening prediction on yes-or-no questions so far. The curve is shown from 50"
        in admin.get("/calibration").text
    )
    assert "No commentator named “<bdi>zz</bdi>”" in admin.get("/calibration?commentator=zz").text


def test_the_form_filters_the_board_by_what_may_distort_a_record(admin: httpx.Client) -> None:
    record_one(admin)
    resolve(admin)
    for query, shown in (
        ("conditional=true", False),
        ("conditional=false", True),
        ("max_annulled=0.0", True),
        ("outlet=The+Gazette", True),
        ("outlet=Another", False),
        ("source=1", True),
    ):
        text = admin.get(f"/?{query}").text
        assert ("/commentators/ann-invented" in text) is shown, query
    form = admin.get("/").text.partition("<form")[2].partition("</details>")[0]
    names = {"topic", "from", "to", "deadline_basis", "verbal", "recorded_late", "conditional", "max_annulled", "kind"}
    assert set(re.findall(r'name="(\w+)"', form)) >= names | {"include", "revisions", "as_of", "min_resolved", "outlet"}
