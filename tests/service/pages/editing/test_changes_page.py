"""Changes of what is settled on pages: asked for, decided by another person, and shown to every reader."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import httpx
import pytest

from tests.service.pages.editing.test_correct_prediction_page import shown
from tests.service.security.test_sign_in import sign_in, token_on
from tests.support.sample_prediction import record_one, resolve

PAGE = "/predictions/1/correct"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here depends on the database."""
    return sqlite_url


@pytest.fixture
def people(base_url: str, admin: httpx.Client) -> Iterator[dict[str, httpx.Client]]:
    """Signed-in browsers of a recorder and of two editors; one prediction on a resolved question."""
    record_one(admin)
    resolve(admin)
    found: dict[str, httpx.Client] = {}
    for name, scope in (("Pat", "predict"), ("Ed", "resolve"), ("Flo", "resolve")):
        key = admin.post("/api/keys", json={"name": name, "scopes": [scope]}).json()["key"]
        found[name] = httpx.Client(base_url=base_url, headers={"accept": "text/html"}, timeout=30)
        sign_in(found[name], key)
    yield found
    for client in found.values():
        client.close()


def withdraw(person: httpx.Client) -> httpx.Response:
    return person.post(
        PAGE, data={"token": token_on(person.get(PAGE)), "action": "withdraw", "reason": "Somebody else said it."}
    )


def decide(person: httpx.Client, action: str, reason: str = "") -> httpx.Response:
    token = token_on(person.get("/changes")) if 'name="token"' in person.get("/changes").text else ""
    return person.post("/changes", data={"token": token, "change": "1", "action": action, "1/reason": reason})


def text_of(page: httpx.Response) -> str:
    text = " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text.partition("<main")[2])).split())
    return re.sub(r" ([.,:;])", r"\1", text)


def test_a_change_is_asked_for_approved_by_another_person_and_shown_to_readers(
    people: dict[str, httpx.Client], admin: httpx.Client
) -> None:
    refused = withdraw(people["Pat"])
    assert refused.status_code == 403
    assert "the outcome of 'rain' is on record" in unescape(refused.text).lower()
    reply = withdraw(people["Ed"])
    assert (reply.status_code, reply.headers["location"]) == (303, "/questions/rain#changes")
    waiting = text_of(admin.get("/questions/rain"))
    assert "Change 1 waits for approval" in waiting
    assert "Ann Invented 0.656 → no score" in waiting
    assert "1 change of what is settled waits for approval" in text_of(people["Flo"].get("/due"))
    assert "You asked for it" in text_of(people["Ed"].get("/changes"))
    assert people["Pat"].get("/changes").status_code == 403
    missing = decide(people["Flo"], "reject")
    assert (missing.status_code, "say why the change is rejected" in missing.text) == (422, True)
    done = decide(people["Flo"], "approve", "He is right.")
    assert (done.status_code, done.headers["location"]) == (303, "/questions/rain#change-1")
    question, person = (text_of(admin.get(path)) for path in ("/questions/rain", "/commentators/ann-invented"))
    assert "approved by Flo. He is right." in question
    assert "Change 1 took effect: another person approved it. Reason: He is right." in question
    assert "Brier score of Ann Invented: 0.656 → no score" in question
    assert "Brier score 0.656 → no score" in person
    assert "asked for by Ed, approved by Flo. Reason: Somebody else said it." in person
    assert "No change waits for approval" in text_of(people["Flo"].get("/changes"))


def test_a_change_is_rejected_with_a_reason_and_nobody_decides_on_their_own(
    people: dict[str, httpx.Client], admin: httpx.Client
) -> None:
    fields = shown(people["Ed"].get(PAGE)) | {"probability": "90%", "hedge": "", "reason": "Misread."}
    assert people["Ed"].post(PAGE, data=fields).status_code == 303
    page = people["Flo"].get("/changes")
    assert "Probability 0.9" in text_of(page)
    own = people["Ed"].post(
        "/changes", data={"token": token_on(people["Ed"].get(PAGE)), "change": "1", "action": "approve"}
    )
    assert (own.status_code, "You asked for change 1 yourself" in own.text) == (403, True)
    assert decide(people["Flo"], "reject", "It reads 20%.").status_code == 303
    assert "Rejected on" in text_of(admin.get("/questions/rain"))
    assert "Change 1 rejected. Reason: It reads 20%." in text_of(admin.get("/questions/rain"))
    assert "Scores changed after the outcome" not in admin.get("/commentators/ann-invented").text


def test_the_resolver_page_asks_for_a_reason_once_the_outcome_is_on_record(people: dict[str, httpx.Client]) -> None:
    path = "/questions/rain/probe"
    fields: dict[str, Any] = {"action": "attach", "resolver": "manifold", "config": '{"market": "rain"}'}
    fields |= {"lead_hours": "1", "every_minutes": "60", "token": token_on(people["Ed"].get(path))}
    refused = people["Ed"].post(path, data=fields)
    assert (refused.status_code, "The reason is missing" in refused.text) == (422, True)
    done = people["Ed"].post(path, data=fields | {"reason": "It disagrees."})
    assert (done.status_code, done.headers["location"]) == (303, "/questions/rain#changes")
    assert "A resolver, asked for by Ed" in text_of(people["Flo"].get("/changes"))
    assert decide(people["Flo"], "approve").status_code == 303
    assert "manifold" in people["Ed"].get(path).text
