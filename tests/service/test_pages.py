"""The reading pages over HTTP: what they promise on an empty record, on one prediction, and when something is wrong."""

import csv
import gzip
import inspect
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from typing import Any
from urllib.parse import urlencode

import httpx
from sqlalchemy import Engine
from sqlmodel import select

from predictions import reading
from predictions.models import Commentator
from predictions.registry import change_commentator
from service.app import create_app
from service.database import writing
from service.pages import wording
from service.settings import Settings
from tests.clock import FakeClock
from tests.service.invented_record import fill

BROWSER = {"Accept": "text/html,application/xhtml+xml"}
LISTS = (
    "/",
    "/questions",
    "/sources",
    "/search",
    "/search?q=rain",
    "/method",
    "/compare",
    "/due",
    "/?sort=name&topic=weather",
)
EVIDENCE = [{"url": "https://example.org/gauge", "note": "The gauge of the day."}]
QUESTION = {
    "slug": "rain",
    "text": "Will it rain <b>hard</b>?",
    "resolution_criteria": "By the gauge.",
    "deadline": "2025-03-20",
    "deadline_basis": "assigned",
    "topics": ["weather"],
    "invented": True,
}
PREDICTION = {
    "commentator": {"name": "Ann Invented", "invented": True},
    "question": QUESTION,
    "source": {"url": "https://example.org/column", "title": "A column", "outlet": "The Gazette", "invented": True},
    "made_at": "2025-03-01",
    "hedge": "seems unlikely",
}


def record_one(admin: httpx.Client, **changes: Any) -> dict[str, Any]:
    reply = admin.post("/api/predictions", json=PREDICTION | changes)
    assert reply.status_code == 201, reply.text
    return reply.json()


def resolve(admin: httpx.Client, outcome: str = "yes") -> None:
    body = {"outcome": outcome, "known_at": "2025-03-20T12:00:00Z", "evidence": EVIDENCE}
    assert admin.post("/api/questions/rain/resolutions", json=body).status_code == 201


def test_every_page_reads_well_on_an_empty_record(base_url: str) -> None:
    for path in LISTS:
        reply = httpx.get(base_url + path, headers=BROWSER)
        assert reply.status_code == 200, path
        assert "<h1>" in reply.text, path
        assert "None" not in reply.text, path


def test_an_empty_board_says_what_to_do_next(base_url: str) -> None:
    text = httpx.get(base_url).text
    assert "Nothing is on record yet" in text
    assert 'href="/docs"' in text


def test_one_prediction_shows_on_every_page_with_its_words_source_and_mark(admin: httpx.Client) -> None:
    made = record_one(admin)
    for path in (
        "/",
        "/commentators/ann-invented",
        "/questions/rain",
        f"/sources/{made['source']['id']}",
        "/search?q=ann",
    ):
        text = admin.get(path).text
        assert "Ann Invented" in text, path
        assert "badge invented" in text, path
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
    assert "too few to tell skill from luck" in person


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


def test_the_statement_of_a_commentator_stands_beside_the_record(admin: httpx.Client, engine: Engine) -> None:
    record_one(admin)
    with writing(engine) as session:
        person = session.exec(select(Commentator)).one()
        change_commentator(
            session, person, {"statement": "I was misquoted."}, now=datetime(2025, 4, 1, tzinfo=UTC), actor="test"
        )
    assert "I was misquoted." in admin.get("/commentators/ann-invented").text


def test_a_browser_gets_a_helpful_page_where_nothing_is_and_a_program_gets_the_problem(base_url: str) -> None:
    for path in ("/nothing", "/questions/nothing", "/commentators/nobody", "/sources/9"):
        page = httpx.get(base_url + path, headers=BROWSER)
        assert page.status_code == 404, path
        assert page.headers["content-type"].startswith("text/html")
        assert "There is no such page" in page.text
        assert 'href="/questions"' in page.text
        problem = httpx.get(base_url + path)
        assert problem.status_code == 404
        assert problem.json()["detail"][1:20] in page.text


def test_a_wrong_filter_is_told_in_the_page_with_its_name_and_remedy(base_url: str) -> None:
    page = httpx.get(f"{base_url}/?deadline_basis=guessed", headers=BROWSER)
    assert page.status_code == 422
    assert "deadline_basis" in page.text
    assert "implied" in page.text


def test_the_api_answers_browsers_with_problems_too(base_url: str) -> None:
    reply = httpx.get(f"{base_url}/api/questions/nothing", headers=BROWSER)
    assert reply.headers["content-type"] == "application/problem+json"


def test_a_form_that_sends_empty_fields_filters_nothing(admin: httpx.Client) -> None:
    record_one(admin)
    empty = "/?topic=&from=&to=&deadline_basis=&worded=&recorded_late=&kind=&include=&revisions=&min_resolved="
    assert "Ann Invented" in admin.get(empty).text


def test_filters_and_order_live_in_the_address_and_in_the_links_to_the_data(admin: httpx.Client) -> None:
    record_one(admin)
    text = admin.get("/?topic=weather&include=resolved&sort=name").text
    assert "/api/leaderboard?topic=weather&amp;include=resolved&amp;sort=name" in text
    assert "/leaderboard.csv?topic=weather&amp;include=resolved&amp;sort=name" in text
    assert "Ann Invented" not in admin.get("/?topic=elsewhere").text


def test_pages_carry_strict_headers_and_load_nothing_from_elsewhere(base_url: str) -> None:
    reply = httpx.get(base_url)
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert " style=" not in reply.text
    assert "<script" not in reply.text


def test_a_page_that_has_not_changed_is_not_sent_again(admin: httpx.Client) -> None:
    record_one(admin)
    first = admin.get("/questions/rain")
    again = admin.get("/questions/rain", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""
    resolve(admin)
    assert admin.get("/questions/rain", headers={"If-None-Match": first.headers["etag"]}).status_code == 200


def test_the_board_changes_at_once_when_the_record_does(admin: httpx.Client) -> None:
    record_one(admin)
    assert "0.656" not in admin.get("/").text
    resolve(admin)
    assert "0.656" in admin.get("/").text


def test_pages_are_compressed_for_whoever_takes_it(base_url: str) -> None:
    with httpx.stream("GET", base_url, headers={"Accept-Encoding": "gzip"}) as reply:
        raw = b"".join(reply.iter_raw())
    assert reply.headers["content-encoding"] == "gzip"
    assert b"<h1>" in gzip.decompress(raw)
    assert "content-encoding" not in httpx.get(base_url, headers={"Accept-Encoding": "identity"}).headers


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


def test_search_takes_any_words_for_words(admin: httpx.Client) -> None:
    record_one(admin)
    for words in ("100%_", "\\", "'; DROP TABLE source; --", "<script>", "\N{NO-BREAK SPACE}", "%", "\0"):
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


def test_the_method_page_reads_words_as_the_lexicon_does_and_says_why_it_cannot(base_url: str) -> None:
    found = httpx.get(f"{base_url}/method", params={"words": "seems unlikely"}).text
    read = httpx.get(f"{base_url}/api/hedge", params={"words": "seems unlikely"}).json()
    assert f"{100 * read['best']:.0f}%" in found
    assert "does not know" in httpx.get(f"{base_url}/method", params={"words": "zzz"}).text


def test_the_method_page_shows_every_entry_of_every_lexicon(base_url: str) -> None:
    text = httpx.get(f"{base_url}/method").text
    for lexicon in httpx.get(f"{base_url}/api/lexicons").json()["items"]:
        assert f"{lexicon['name']}, version {lexicon['version']}, {len(lexicon['entries'])} entries" in text
        for entry in lexicon["entries"]:
            assert f"{100 * entry['best']:.0f}%" in text
            assert entry["patterns"][0].replace("'", "&#39;") in text


def test_pages_hold_on_a_record_with_tiers_curves_and_charts(base_url: str, engine: Engine, clock: FakeClock) -> None:
    with writing(engine) as session:
        fill(session, now=clock.now(), people=4, questions=70)
    board = httpx.get(base_url).text
    assert "Tier 1" in board
    assert board.count('class="mini"') == 4
    person = httpx.get(f"{base_url}/commentators/invented-person-1").text
    assert "Reliability diagram of Invented Person 1" in person
    assert "Brier score of Invented Person 1 over time" in person
    assert "Strongest and weakest topics" in person
    assert "Next →" in person
    last = httpx.get(f"{base_url}/commentators/invented-person-3").text
    assert "The figure was misread." in last
    assert "Probability of yes over time" in httpx.get(f"{base_url}/questions/question-1").text


def test_files_that_pages_load_are_kept_for_long_and_change_their_address_with_their_content(base_url: str) -> None:
    found = re.search(r'href="(/static/style\.css\?v=[0-9a-f]+)"', httpx.get(base_url).text)
    assert found is not None
    reply = httpx.get(base_url + found[1], headers={"Accept-Encoding": "gzip"})
    assert "immutable" in reply.headers["cache-control"]
    assert reply.headers["content-encoding"] == "gzip"
    assert reply.headers["content-type"].startswith("text/css")
    plain = httpx.get(f"{base_url}/static/style.css", headers={"Accept-Encoding": "identity"})
    assert plain.text == reply.text
    assert "cache-control" not in plain.headers
    held = {"If-None-Match": plain.headers["etag"]}
    assert httpx.get(f"{base_url}/static/style.css", headers=held).status_code == 304
    assert httpx.get(f"{base_url}/static/../settings.py").status_code == 404


def test_the_board_shows_what_was_just_resolved_and_what_is_next(admin: httpx.Client) -> None:
    record_one(admin, question=QUESTION | {"slug": "later", "text": "Will it snow?", "deadline": "2025-12-01"})
    record_one(admin)
    resolve(admin)
    text = admin.get("/").text
    assert "/questions/rain" in text.partition("Just resolved")[2].partition("Next deadlines")[0]
    assert "/questions/later" in text.partition("Next deadlines")[2]


def test_a_record_can_be_read_best_or_worst_first(base_url: str, engine: Engine, clock: FakeClock) -> None:
    with writing(engine) as session:
        fill(session, now=clock.now(), people=2, questions=10)
    scores = {}
    for order in ("best", "worst"):
        text = httpx.get(f"{base_url}/commentators/invented-person-0?order={order}").text
        rows = text.partition('aria-labelledby="scored"')[2].partition("</table>")[0]
        scores[order] = [float(found) for found in re.findall(r'<td class="n">(\d\.\d{3})', rows)]
    assert len(scores["best"]) == 8
    assert scores["best"] == sorted(scores["best"])
    assert scores["worst"] == scores["best"][::-1]


def test_two_commentators_stand_side_by_side_on_what_both_answered(
    base_url: str, engine: Engine, clock: FakeClock
) -> None:
    with writing(engine) as session:
        fill(session, now=clock.now(), people=3, questions=20)
    address = f"{base_url}/compare?one=invented-person-0&other=Invented+Person+1"
    text = httpx.get(address).text
    rows = text.partition('id="shared"')[2]
    first, second = (httpx.get(f"{base_url}/api/commentators/invented-person-{who}/record").json() for who in (0, 1))
    other = {score["question"]["slug"]: score for score in second["scores"]}
    counted = [s for s in first["scores"] if "hedged" not in s["flags"] + other[s["question"]["slug"]]["flags"]]
    assert f"Over {len(counted)} shared events" in text
    assert rows.count("/questions/question-") == len(counted)
    assert rows.count("closer") == sum(s["brier"] != other[s["question"]["slug"]]["brier"] for s in counted)
    assert "Compare" in httpx.get(f"{base_url}/commentators/invented-person-0").text


def test_a_comparison_with_nobody_suggests_names_and_one_with_oneself_is_refused(admin: httpx.Client) -> None:
    record_one(admin)
    assert "/compare?one=ann-invented&amp;other=ann-invented" in admin.get("/compare?one=inv&other=ann-invented").text
    assert "one and the same" in admin.get("/compare?one=ann-invented&other=Ann+Invented").text
    assert "Nobody on record is called" in admin.get("/compare?one=zz&other=ann-invented").text


def test_commentators_who_share_too_little_are_not_compared(admin: httpx.Client) -> None:
    record_one(admin)
    record_one(admin, commentator={"name": "Bo"})
    resolve(admin)
    assert "too few separate events to be compared: 1 of 10" in admin.get("/compare?one=ann-invented&other=bo").text


def test_pages_answer_to_head_as_to_get_without_a_body(base_url: str) -> None:
    for path in ("/", "/questions", "/method"):
        asked = httpx.head(base_url + path)
        assert asked.status_code == 200, path
        assert asked.content == b""
        assert asked.headers["etag"] == httpx.get(base_url + path).headers["etag"]


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


def test_a_closed_service_leads_readers_to_the_sign_in_and_back(
    settings: Settings, clock: FakeClock, serve: Callable[[Any], str]
) -> None:
    url = serve(create_app(settings.model_copy(update={"public_read": False}), clock=clock))
    for path in ("/", "/questions?status=open", "/leaderboard.csv"):
        reply = httpx.get(url + path, headers=BROWSER)
        assert reply.status_code == 401, path
        assert f"/sign-in?{urlencode({'next': path})}" in reply.text


def test_shared_pages_do_not_grow_old(admin: httpx.Client, clock: FakeClock) -> None:
    record_one(admin, question=QUESTION | {"deadline": "2025-04-11"}, made_at="2025-03-31")
    for path in ("/", "/commentators/ann-invented"):
        assert "in 10 days" in admin.get(path).text, path
    clock.advance(3 * 86400)
    for path in ("/", "/commentators/ann-invented"):
        assert "in 7 days" in admin.get(path).text, path


def test_the_method_page_explains_every_mark_that_the_record_can_carry(base_url: str) -> None:
    text = httpx.get(f"{base_url}/method").text
    for name in re.findall(r'"(\w+)": ', inspect.getsource(reading.flags)):
        assert wording.FLAGS[name][1] in unescape(text), name


def test_what_an_annulled_question_took_out_of_the_score_is_still_shown(admin: httpx.Client) -> None:
    record_one(admin)
    resolve(admin)
    assert "Not counted" not in admin.get("/commentators/ann-invented").text
    resolve(admin, "annulled")
    text = admin.get("/commentators/ann-invented").text.partition("Not counted")[2]
    assert "/questions/rain" in text
    assert "annulled" in text
    assert "<q>seems unlikely</q>" in text
