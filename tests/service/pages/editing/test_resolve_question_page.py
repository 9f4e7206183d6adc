"""Resolving on a page: the form, proposals, corrections, the link in a message, and permissions."""

from collections.abc import Iterator

import httpx
import pytest

from resolvers.notifications.resolve_links import resolve_url
from service.settings import Settings
from tests.service.security.test_sign_in import sign_in, token_on
from tests.support.fake_clock import FakeClock

QUESTION = {
    "slug": "q",
    "text": "Will it rain?",
    "resolution_criteria": "Yes if the office says so.",
    "deadline": "2025-03-01",
    "deadline_basis": "stated",
}
FILLED = {"action": "resolve", "outcome": "yes", "known_at": "2025-03-01", "evidence/0/url": "https://example.org/rain"}
PAGE = "/questions/q/resolve"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here depends on the database."""
    return sqlite_url


@pytest.fixture
def editor(base_url: str, admin: httpx.Client) -> Iterator[httpx.Client]:
    """A signed-in browser, and a question with one prediction that waits."""
    prediction = {"commentator": {"name": "Ann"}, "question": QUESTION, "made_at": "2025-02-01", "probability": 0.8}
    assert admin.post("/api/predictions", json=prediction).status_code == 201
    with httpx.Client(base_url=base_url, headers={"accept": "text/html"}) as client:
        sign_in(client)
        yield client


def send(editor: httpx.Client, **fields: str) -> httpx.Response:
    page = editor.get(PAGE)
    assert page.status_code == 200, page.text
    supersedes = page.text.partition('name="supersedes" value="')[2].partition('"')[0]
    return editor.post(PAGE, data={"token": token_on(page), "supersedes": supersedes, **FILLED, **fields})


def test_an_outcome_given_on_the_page_scores_at_once(editor: httpx.Client, admin: httpx.Client) -> None:
    reply = send(editor)
    assert (reply.status_code, reply.headers["location"]) == (303, "/questions/q")
    question = admin.get("/api/questions/q").json()
    assert (question["status"], question["outcome"]) == ("resolved", "yes")
    assert question["resolutions"][0]["resolved_by"] == "first admin"
    assert admin.get("/api/leaderboard").json()["items"][0]["brier"] == pytest.approx(0.04)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"known_at": ""}, "is required"),
        ({"known_at": "2025-13-01"}, "is not a valid date"),
        ({"evidence/0/url": "nonsense"}, "f-evidence-0-url-error"),
        ({"evidence/0/url": ""}, "give at least one piece of evidence"),
        ({"outcome": "perhaps"}, "is not an outcome"),
    ],
)
def test_errors_are_shown_at_their_fields_and_nothing_typed_is_lost(
    editor: httpx.Client, admin: httpx.Client, fields: dict[str, str], message: str
) -> None:
    reply = send(editor, note="My note & thoughts", **fields)
    assert reply.status_code == 422
    assert message in reply.text.casefold()
    assert "My note &amp; thoughts" in reply.text
    assert admin.get("/api/questions/q").json()["outcome"] is None


def test_a_proposal_is_confirmed_or_rejected_with_a_reason(editor: httpx.Client, admin: httpx.Client) -> None:
    body = {
        "outcome": "no",
        "known_at": "2025-03-01",
        "rationale": "dry",
        "evidence": [{"url": "https://example.org/"}],
    }
    first = admin.post("/api/questions/q/proposals", json=body).json()["id"]
    second = admin.post("/api/questions/q/proposals", json=body | {"outcome": "yes"}).json()["id"]
    assert send(editor, action="reject", proposal=str(first), reason="").status_code == 422
    assert send(editor, action="reject", proposal=str(first), reason="wrong town").status_code == 303
    assert send(editor, action="confirm", proposal=str(second)).status_code == 303
    states = [item["state"] for item in admin.get("/api/proposals").json()["items"]]
    assert states == ["rejected", "confirmed"]


def test_an_outcome_is_retracted_on_the_page_with_a_reason(editor: httpx.Client, admin: httpx.Client) -> None:
    send(editor)
    assert send(editor, action="retract", reason="").status_code == 422
    assert send(editor, action="retract", reason="wrong town").status_code == 303
    assert admin.get("/api/questions/q").json()["outcome"] is None


def test_the_slower_of_two_editors_gets_a_conflict(editor: httpx.Client) -> None:
    page = editor.get(PAGE)
    assert send(editor).status_code == 303
    late = editor.post(PAGE, data={"token": token_on(page), "supersedes": "none", **FILLED, "outcome": "no"})
    assert late.status_code == 409


def test_a_second_outcome_corrects_the_first(editor: httpx.Client, admin: httpx.Client) -> None:
    assert send(editor).status_code == 303
    assert "Correct the outcome" in editor.get(PAGE).text
    assert send(editor, outcome="no").status_code == 303
    assert admin.get("/api/questions/q").json()["outcome"] == "no"


def test_without_a_session_the_page_leads_to_the_sign_in_and_a_form_from_elsewhere_is_refused(
    editor: httpx.Client, base_url: str
) -> None:
    stranger = httpx.get(base_url + PAGE, headers={"accept": "text/html"})
    assert (stranger.status_code, stranger.headers["location"]) == (303, "/sign-in?next=%2Fquestions%2Fq%2Fresolve")
    assert editor.post(PAGE, data=FILLED).status_code == 403
    crossed = editor.post(
        PAGE, data={"token": token_on(editor.get(PAGE)), **FILLED}, headers={"origin": "https://x.org"}
    )
    assert crossed.status_code == 403


def test_the_inbox_offers_resolving_to_those_who_may(
    editor: httpx.Client, base_url: str, settings: Settings, clock: FakeClock
) -> None:
    from service.db.engine import make_engine
    from service.scheduling.scheduler import run_once

    engine = make_engine(settings.database)
    run_once(engine, settings)
    engine.dispose()
    assert PAGE in editor.get("/due").text
    assert PAGE not in httpx.get(f"{base_url}/due").text


def test_a_link_in_a_mail_leads_to_the_form_by_way_of_the_sign_in(
    editor: httpx.Client, admin: httpx.Client, base_url: str, settings: Settings, clock: FakeClock
) -> None:
    from service.db.engine import make_engine
    from service.scheduling.scheduler import run_once

    channel = {"name": "mail", "kind": "email", "target": "desk@example.org"}
    assert admin.post("/api/channels", json=channel).status_code == 201
    engine = make_engine(settings.database)
    run_once(engine, settings, clock)
    engine.dispose()
    (delivery,) = admin.get("/api/deliveries").json()["items"]
    with httpx.Client(base_url=base_url, headers={"accept": "text/html"}) as browser:
        link = resolve_url("", settings.secret(), delivery["message_id"])
        reply = browser.get(link)
        assert (reply.status_code, reply.headers["location"]) == (303, PAGE)
        assert browser.get(PAGE).headers["location"].startswith("/sign-in")
        sign_in(browser)
        assert browser.get(PAGE).status_code == 200


def test_a_link_that_this_server_did_not_make_opens_nothing(base_url: str) -> None:
    assert httpx.get(f"{base_url}/resolve/msg_1.forged").status_code == 404


def test_a_deadline_is_corrected_and_a_postponement_undone(editor: httpx.Client, admin: httpx.Client) -> None:
    wrong = send(editor, action="correct_deadline", deadline="2025-03-02", reason="A slip.")
    assert (wrong.status_code, "f-deadline-error" in wrong.text) == (422, True)
    assert "The deadline must be earlier than the present deadline" in wrong.text
    assert send(editor, action="correct_deadline", deadline="2025-02-20", reason="A slip.").status_code == 303
    assert admin.get("/api/questions/q").json()["deadline"] == "2025-02-20T23:59:59Z"
    assert "Undo the postponement" not in editor.get(PAGE).text
    assert send(editor, action="postpone", deadline="2026-02-20", reason="Moved.").status_code == 303
    assert "Undo the postponement: 20 Feb 2025 again" in editor.get(PAGE).text
    assert send(editor, action="undo_postponement", reason="Not moved.").status_code == 303
    assert admin.get("/api/questions/q").json()["deadline"] == "2025-02-20T23:59:59Z"
