"""The page that records a prediction: the form becomes one prediction; warnings need confirmation; errors are shown."""

from collections.abc import Iterator
from html import unescape
from typing import Any

import httpx
import pytest

from predictions.errors import InvalidInput
from service.pages.editing.prediction_form import parse_percentage
from tests.service.security.test_sign_in import sign_in, token_on

PAGE = "/record"
NEW = {
    "commentator/name": "Ann Invented",
    "commentator/kind": "person",
    "existing_question": "",
    "question/text": "Will it rain on Sunday?",
    "question/resolution_criteria": "By the gauge.",
    "question/deadline": "2025-06-01",
    "question/deadline_basis": "stated",
    "question/deadline_zone": "UTC",
    "question/kind": "binary",
    "question/topics": "Weather, climate change",
    "hedge": "seems unlikely",
    "lexicon": "survey",
    "source/url": "https://example.org/column",
    "source/title": "A column",
    "made_at": "2025-03-01",
}
KNOWN = {name: value for name, value in NEW.items() if not name.startswith("question/")} | {
    "existing_question": "Will it rain on Sunday?",
    "question/kind": "binary",
    "question/deadline_zone": "UTC",
}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here depends on the database."""
    return sqlite_url


@pytest.fixture
def editor(base_url: str) -> Iterator[httpx.Client]:
    """A signed-in browser."""
    with httpx.Client(base_url=base_url, headers={"accept": "text/html"}) as client:
        sign_in(client)
        yield client


def send(editor: httpx.Client, fields: dict[str, str], **more: str) -> httpx.Response:
    return editor.post(PAGE, data={"token": token_on(editor.get(PAGE)), **fields, **more})


def recorded(admin: httpx.Client) -> list[dict[str, Any]]:
    return admin.get("/api/predictions").json()["items"]


def test_one_form_enters_commentator_question_source_and_prediction(editor: httpx.Client, admin: httpx.Client) -> None:
    reply = send(editor, NEW)
    assert reply.status_code == 303, unescape(reply.text)
    [made] = recorded(admin)
    assert made["commentator"]["name"] == "Ann Invented"
    assert made["hedge"] == "seems unlikely"
    assert made["source"]["title"] == "A column"
    assert made["made_at"] == "2025-03-01T00:00:00Z"
    question = admin.get(f"/api/questions/{made['question']['slug']}").json()
    assert question["topics"] == ["climate-change", "weather"]
    assert question["deadline"] == "2025-06-01T23:59:59Z"
    after = editor.get(reply.headers["location"]).text
    assert "Recorded." in after
    assert f'href="/questions/{question["slug"]}"' in after
    assert f"/record?source={made['source']['id']}&amp;commentator=ann-invented" in after


def test_another_from_the_same_source_has_it_filled_in(editor: httpx.Client, admin: httpx.Client) -> None:
    send(editor, NEW | {"source/published_on": "2025-03-02"})
    page = editor.get("/record?source=1&commentator=ann-invented").text
    for value in ("https://example.org/column", "A column", "2025-03-02", "Ann Invented"):
        assert f'value="{value}"' in page


def test_a_question_on_record_is_found_by_its_words_slug_or_id(editor: httpx.Client, admin: httpx.Client) -> None:
    send(editor, NEW)
    slug = recorded(admin)[0]["question"]["slug"]
    for number, which in enumerate(("Will it rain on Sunday?", slug, "1")):
        person = {"commentator/name": f"Number {number}", "existing_question": which}
        assert send(editor, KNOWN | person).status_code == 303, which
    assert {each["question"]["id"] for each in recorded(admin)} == {1}
    assert len(recorded(admin)) == 4


def test_words_that_name_no_question_bring_those_that_may_be_meant(editor: httpx.Client, admin: httpx.Client) -> None:
    send(editor, NEW)
    slug = recorded(admin)[0]["question"]["slug"]
    reply = send(editor, KNOWN | {"commentator/name": "Bob", "existing_question": "rain sunday"})
    assert reply.status_code == 422
    assert f'name="candidate" value="{slug}"' in reply.text
    assert 'value="rain sunday"' in reply.text
    assert (
        send(
            editor, KNOWN | {"commentator/name": "Bob", "existing_question": "rain sunday", "candidate": slug}
        ).status_code
        == 303
    )


@pytest.mark.parametrize(
    ("fields", "place", "message"),
    [
        ({"commentator/name": ""}, "commentator-name", "name"),
        ({"question/deadline": ""}, "question-deadline", "assign one"),
        ({"question/deadline_basis": ""}, "question-deadline_basis", "required"),
        ({"question/resolution_criteria": ""}, "question-resolution_criteria", "required"),
        ({"question/deadline_zone": "Moon"}, "question-deadline_zone", "zone"),
        ({"question/kind": "categorical"}, "question-options", "options"),
        ({"made_at": ""}, "made_at", "the day the prediction was made"),
        ({"made_at": "2025-07-01"}, "made_at", "lies in the future"),
        ({"source/url": "column"}, "source-url", "web address"),
        ({"hedge": "zzz"}, "hedge", "has no entry for"),
        ({"hedge": ""}, "hedge", "exactly one"),
        ({"probability": "70"}, "hedge", "exactly one"),
        ({"hedge": "", "probability": "0.7"}, "probability", "write 70"),
        ({"hedge": "", "probability": "700"}, "probability", "at most 100"),
        ({"hedge": "", "probabilities": "rain 30"}, "probabilities", "colon"),
        ({"existing_question": "something"}, "existing_question", "clear one of them"),
        ({"question/text": "", "question/resolution_criteria": "", "question/deadline": "", "question/topics": ""},
         "existing_question", "choose a question"),
    ],
)  # fmt: skip
def test_errors_are_shown_at_their_fields_and_nothing_typed_is_lost(
    editor: httpx.Client, admin: httpx.Client, fields: dict[str, str], place: str, message: str
) -> None:
    reply = send(editor, NEW | {"note": "My note & thoughts"} | fields)
    assert reply.status_code == 422, unescape(reply.text)
    error = unescape(reply.text).partition(f'id="f-{place}-error"')[2].partition("</p>")[0]
    assert message in error.casefold(), unescape(reply.text)
    assert "My note &amp; thoughts" in reply.text
    assert recorded(admin) == []


def test_a_prediction_without_a_source_is_recorded_only_after_confirmation(
    editor: httpx.Client, admin: httpx.Client
) -> None:
    bare = {name: value for name, value in NEW.items() if not name.startswith("source/")}
    reply = send(editor, bare)
    assert reply.status_code == 200
    assert "There is no source" in reply.text
    assert recorded(admin) == []
    assert send(editor, bare, confirmed="late").status_code == 200
    assert send(editor, bare, confirmed="source").status_code == 303
    assert recorded(admin)[0]["source"] is None


def test_a_duplicate_a_revision_and_a_late_prediction_need_confirmation(
    editor: httpx.Client, admin: httpx.Client
) -> None:
    send(editor, NEW)
    assert "of the same time on this question" in send(editor, KNOWN).text
    assert "this will be a revision" in send(editor, KNOWN | {"made_at": "2025-03-05"}).text
    past = NEW | {"question/deadline": "2025-03-20", "commentator/name": "Bob"}
    assert "marked as recorded late" in send(editor, past).text
    assert "it stays on record, and does not count" in send(editor, past | {"made_at": "2025-03-21"}).text
    assert len(recorded(admin)) == 1
    evidence = [{"url": "https://example.org/x"}]
    outcome = {"outcome": "yes", "known_at": "2025-03-30", "evidence": evidence}
    assert admin.post("/api/questions/1/resolutions", json=outcome).status_code == 201
    assert "marked as recorded late" in send(editor, KNOWN | {"commentator/name": "Bob"}).text


def test_numbers_options_own_interpretations_and_times_are_accepted(editor: httpx.Client, admin: httpx.Client) -> None:
    send(editor, NEW | {"hedge": "", "probability": "70 %", "time": "14:30"})
    own = {"hedge": "touch and go", "interval/low": "40", "interval/best": "50", "interval/high": "60%"}
    send(editor, KNOWN | {"commentator/name": "Bob"} | own)
    options = {
        "question/text": "Who wins?",
        "question/kind": "categorical",
        "question/options": "Red\nBlue\n",
        "hedge": "",
        "probabilities": "Blue: 30\nRed: 70%\n",
    }
    assert send(editor, NEW | options).status_code == 303
    first, second, third = recorded(admin)
    assert (first["probability"], first["made_at"]) == (0.7, "2025-03-01T14:30:00Z")
    assert (second["low"], second["probability"], second["high"]) == (0.4, 0.5, 0.6)
    assert third["probabilities"] == {"Red": 0.7, "Blue": 0.3}


def test_a_question_with_options_asks_for_each_of_them(editor: httpx.Client, admin: httpx.Client) -> None:
    body = {"text": "Who?", "resolution_criteria": "c", "kind": "categorical", "options": ["Red", "Blue"]}
    admin.post("/api/questions", json=body | {"slug": "who", "deadline": "2025-06-01", "deadline_basis": "stated"})
    page = editor.get("/record?question=who").text
    assert "Red: \nBlue:" in page
    assert 'value="Who?"' in page


def test_a_hedge_is_interpreted_while_it_is_typed_as_by_the_api(base_url: str) -> None:
    read = httpx.get(f"{base_url}/api/hedge", params={"words": "seems unlikely"}).json()
    shown = httpx.get(f"{base_url}/record/meaning", params={"hedge": "seems unlikely"}).text
    assert f"<strong>{100 * read['best']:.0f}%" in shown
    turned = httpx.get(f"{base_url}/record/meaning", params={"hedge": "seems unlikely", "against": "true"}).text
    assert f"<strong>{100 * (1 - read['best']):.0f}%" in turned
    assert "vague hedge" in httpx.get(f"{base_url}/record/meaning", params={"hedge": "might"}).text
    assert "has no entry for" in httpx.get(f"{base_url}/record/meaning", params={"hedge": "<b>zzz"}).text
    assert "<b>" not in httpx.get(f"{base_url}/record/meaning", params={"hedge": "<b>zzz"}).text


def test_only_those_who_may_predict_are_shown_the_form_and_may_send_it(
    base_url: str, admin: httpx.Client, editor: httpx.Client
) -> None:
    assert 'href="/record"' in editor.get("/").text
    assert httpx.get(base_url + PAGE).headers["location"] == "/sign-in?next=%2Frecord"
    assert editor.post(PAGE, data=NEW).status_code == 403
    crossed = {"token": token_on(editor.get(PAGE))} | NEW
    assert editor.post(PAGE, data=crossed, headers={"origin": "https://x.org"}).status_code == 403
    made = admin.post("/api/keys", json={"name": "desk", "scopes": ["resolve"]}).json()
    with httpx.Client(base_url=base_url, headers={"accept": "text/html"}) as resolver:
        sign_in(resolver, made["key"])
        assert 'href="/record"' not in resolver.get("/").text
        assert resolver.get(PAGE).status_code == 403
        assert resolver.post(PAGE, data={"token": token_on(resolver.get("/sign-out"))} | NEW).status_code == 403
    assert recorded(admin) == []


@pytest.mark.parametrize("text", ["", "abc", "-3", "1e2", "100.1", "nan", "0.7", "1_0", "½"])
def test_an_invalid_percentage_or_one_that_may_be_a_fraction_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_percentage(text, "/probability")


@pytest.mark.parametrize(("text", "value"), [("70", 0.7), ("0", 0), ("100 %", 1), ("0,5%", 0.005), ("33.3", 0.333)])
def test_percentages_become_probabilities(text: str, value: float) -> None:
    assert parse_percentage(text, "/probability") == value
