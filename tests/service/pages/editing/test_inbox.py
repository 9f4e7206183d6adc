"""The inbox: groups by when a question is due; every decision in one step, and visibly reversible."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import Engine

from service.scheduling.scheduler import run_once
from service.settings import Settings
from tests.service.security.test_sign_in import sign_in, token_on
from tests.support.fake_clock import START, FakeClock

PROPOSAL = {
    "outcome": "no",
    "known_at": "2025-03-19",
    "rationale": "The gauge stayed dry.",
    "evidence": [{"url": "https://example.org/gauge", "note": "The gauge."}],
}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here depends on the database."""
    return sqlite_url


def enter(admin: httpx.Client, slug: str, deadline: str) -> None:
    question = {
        "slug": slug,
        "text": f"Question {slug}?",
        "resolution_criteria": "By the gauge.",
        "deadline": deadline,
        "deadline_basis": "stated",
    }
    prediction = {"commentator": {"name": "Ann"}, "question": question, "made_at": "2025-02-01", "probability": 0.8}
    assert admin.post("/api/predictions", json=prediction).status_code == 201


@pytest.fixture
def editor(
    base_url: str, admin: httpx.Client, engine: Engine, settings: Settings, clock: FakeClock
) -> Iterator[httpx.Client]:
    """A signed-in browser; questions overdue, due today, soon and later, as the scheduler has swept them."""
    days = {"long": "2025-02-20", "late": "2025-03-20", "today": "2025-04-01T11:00:00Z", "evening": "2025-04-01"}
    for slug, deadline in (days | {"soon": "2025-04-10", "far": "2025-09-01"}).items():
        enter(admin, slug, deadline)
    run_once(engine, settings, clock)
    with httpx.Client(base_url=base_url, headers={"accept": "text/html"}) as client:
        sign_in(client)
        yield client


def number_of(admin: httpx.Client, slug: str) -> int:
    return admin.get(f"/api/questions/{slug}").json()["id"]


def send(editor: httpx.Client, action: str, **fields: str) -> httpx.Response:
    token = token_on(editor.get("/due"))
    return editor.post(
        "/due", data={"token": token, "action": action} | {f"{action}/{name}": it for name, it in fields.items()}
    )


def group(text: str, name: str) -> list[str]:
    part = text.partition(f'<h2 id="{name}"')[2].partition("<h2 ")[0]
    return [slug for slug in ("long", "late", "today", "evening", "soon", "far") if f'href="/questions/{slug}"' in part]


def test_questions_are_grouped_by_when_they_are_due_the_longest_overdue_first(editor: httpx.Client) -> None:
    text = editor.get("/due").text
    assert group(text, "overdue") == ["long", "late"]
    assert text.index("Question long?") < text.index("Question late?")
    assert group(text, "today") == ["today", "evening"]
    assert group(text, "soon") == ["soon"]
    assert "Question far?" not in text


def test_an_empty_inbox_says_so(base_url: str) -> None:
    assert "No overdue questions" in httpx.get(f"{base_url}/due").text


def test_an_outcome_with_evidence_resolves_in_one_step_and_its_retraction_is_visible(
    editor: httpx.Client, admin: httpx.Client
) -> None:
    action = f"{number_of(admin, 'late')}/resolve"
    bare = send(editor, action, supersedes="none", outcome="yes", known_at="2025-03-20")
    assert bare.status_code == 422
    assert f'id="f-{action.replace("/", "-")}-evidence-0-url-error"' in bare.text
    fields = {"outcome": "yes", "known_at": "2025-03-20", "evidence/0/url": "https://example.org/rain"}
    reply = send(editor, action, supersedes="none", **fields)
    assert (reply.status_code, reply.headers["location"]) == (303, "/due?done=late")
    assert admin.get("/api/questions/late").json()["outcome"] == "yes"
    after = editor.get("/due?done=late").text
    assert group(after, "overdue") == ["long"]
    assert "Outcome on record: <strong><bdi>yes</bdi></strong>" in after
    undo = f"{number_of(admin, 'late')}/retract"
    assert send(editor, undo, reason="").status_code == 422
    assert send(editor, undo, reason="the wrong town").status_code == 303
    question = admin.get("/api/questions/late").json()
    assert (question["status"], question["outcome"], len(question["resolutions"])) == ("due", None, 2)
    again = editor.get("/due").text
    newest = max(each["id"] for each in question["resolutions"])
    assert f'name="{action}/supersedes" value="{newest}"' in again
    assert send(editor, action, supersedes=str(newest), **fields).status_code == 303


def test_a_question_is_annulled_with_a_reason_and_without_evidence(editor: httpx.Client, admin: httpx.Client) -> None:
    action = f"{number_of(admin, 'late')}/resolve"
    fields = {"supersedes": "none", "outcome": "annulled", "known_at": "2025-03-20"}
    assert send(editor, action, **fields).status_code == 422
    assert send(editor, action, note="The gauge was broken.", **fields).status_code == 303
    assert admin.get("/api/questions/late").json()["status"] == "annulled"


def test_proposals_are_shown_with_their_evidence_and_decided(editor: httpx.Client, admin: httpx.Client) -> None:
    first = admin.post("/api/questions/late/proposals", json=PROPOSAL).json()["id"]
    second = admin.post("/api/questions/late/proposals", json=PROPOSAL | {"outcome": "yes"}).json()["id"]
    text = editor.get("/due").text
    assert text.count("The gauge stayed dry.") == 2
    assert text.count('href="https://example.org/gauge"') == 2
    number = number_of(admin, "late")
    assert send(editor, f"{number}/reject/{second}", proposal=str(second), reason="").status_code == 422
    assert send(editor, f"{number}/reject/{second}", proposal=str(second), reason="other town").status_code == 303
    assert send(editor, f"{number}/confirm/{first}", proposal=str(first)).status_code == 303
    assert admin.get("/api/questions/late").json()["outcome"] == "no"
    assert send(editor, f"{number}/confirm/{first}", proposal=str(first)).status_code == 409


def test_a_deadline_is_postponed_with_a_reason(editor: httpx.Client, admin: httpx.Client) -> None:
    action = f"{number_of(admin, 'late')}/postpone"
    assert send(editor, action, deadline="2025-01-01", reason="r").status_code == 422
    assert send(editor, action, deadline="2025-05-01", reason="").status_code == 422
    assert send(editor, action, deadline="2025-05-01", reason="The column said May.").status_code == 303
    question = admin.get("/api/questions/late").json()
    assert (question["status"], question["deadline"]) == ("open", "2025-05-01T23:59:59Z")


def test_a_question_is_snoozed_until_a_day_and_the_snooze_can_be_ended(
    editor: httpx.Client, admin: httpx.Client
) -> None:
    number = number_of(admin, "late")
    assert send(editor, f"{number}/snooze", until="2025-03-01").status_code == 422
    assert send(editor, f"{number}/snooze", until="2025-04-05").status_code == 303
    text = editor.get("/due?done=late").text
    assert (group(text, "overdue"), group(text, "snoozed")) == (["long"], ["late"])
    assert "It is snoozed until 5 Apr 2025" in text
    assert send(editor, f"{number}/end_snooze").status_code == 303
    assert group(editor.get("/due").text, "overdue") == ["long", "late"]


def test_a_question_is_assigned_and_each_sees_their_own(editor: httpx.Client, admin: httpx.Client) -> None:
    number = number_of(admin, "late")
    assert send(editor, f"{number}/assign", assignee="first admin").status_code == 303
    text = editor.get("/due?mine=true").text
    assert "Question late?" in text
    assert "Question long?" not in text
    assert send(editor, f"{number}/assign", assignee="").status_code == 303
    assert admin.get("/api/questions/late").json()["assignee"] is None
    assert "assigned to you" in editor.get("/due?mine=true").text


def test_an_open_question_is_declared_decided(editor: httpx.Client, admin: httpx.Client) -> None:
    number = number_of(admin, "soon")
    assert send(editor, f"{number}/declare_decided", reason="It has rained.").status_code == 303
    question = admin.get("/api/questions/soon").json()
    assert datetime.fromisoformat(question["due_at"]) <= START.astimezone(UTC)
    assert group(editor.get("/due").text, "today") == ["today", "evening", "soon"]


def test_typed_values_reappear_in_their_own_form_only(editor: httpx.Client, admin: httpx.Client) -> None:
    action = f"{number_of(admin, 'late')}/resolve"
    text = send(editor, action, supersedes="none", outcome="yes", known_at="2025-13-01", note="My note & all").text
    assert text.count("My note &amp; all") == 1
    assert 'value="2025-13-01"' in text


@pytest.mark.parametrize(
    "action", ["", "1", "1/explode", "999999/resolve", "nothing/resolve", "1/confirm/99999999999999999999"]
)
def test_what_no_form_asks_for_is_refused(editor: httpx.Client, action: str) -> None:
    assert 400 <= send(editor, action, proposal="9" * 30).status_code < 500


def test_long_inboxes_come_in_pages(editor: httpx.Client, admin: httpx.Client) -> None:
    for index in range(25):
        enter(admin, f"old-{index}", f"2025-02-{1 + index:02}")
    first, second = editor.get("/due").text, editor.get("/due?page=2").text
    assert "Question late?" not in first
    assert 'href="/due?page=2"' in first
    assert "Question late?" in second
    assert 'action="/due?page=2"' in second


def test_only_those_who_may_resolve_are_shown_forms_and_may_send_them(
    editor: httpx.Client, admin: httpx.Client, base_url: str
) -> None:
    action = f"{number_of(admin, 'late')}/end_snooze"
    text = httpx.get(f"{base_url}/due").text
    assert "Question late?" in text
    assert "<form method" not in text
    made = admin.post("/api/keys", json={"name": "desk", "scopes": ["predict"]}).json()
    with httpx.Client(base_url=base_url, headers={"accept": "text/html"}) as other:
        sign_in(other, made["key"])
        page = other.get("/due").text
        assert "does not have the scope" in page
        assert '<form method="post"' not in page
        token = token_on(other.get("/sign-out"))
        assert other.post("/due", data={"token": token, "action": action}).status_code == 403
    assert editor.post("/due", data={"action": action}).status_code == 403
    token = token_on(editor.get("/due"))
    crossed = editor.post("/due", data={"token": token, "action": action}, headers={"sec-fetch-site": "cross-site"})
    assert crossed.status_code == 403
    assert admin.get("/api/questions/late").json()["status"] == "due"
