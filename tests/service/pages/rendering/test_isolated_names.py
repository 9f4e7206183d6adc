"""Names and texts that are written from right to left reorder nothing of what stands around them."""

from collections.abc import Iterator
from html.parser import HTMLParser

import httpx
import pytest

from tests.service.security.test_sign_in import HTML, sign_in

NAME = "אב"  # in every name that is entered here
#: Elements that hold plain text only, whose text stands alone.
PLAIN = {"title", "desc", "text", "option", "textarea", "code"}
EMPTY = {"meta", "link", "input", "br", "wbr", "img", "hr", "path", "circle", "rect", "line"}
QUESTION = {
    "slug": "rain",
    "text": f"{NAME} text?",
    "resolution_criteria": "By the gauge.",
    "kind": "categorical",
    "options": [f"{NAME} one", f"{NAME} two"],
    "deadline": "2025-03-31",
    "deadline_basis": "stated",
    "topics": [f"{NAME}-topic"],
    "event": "weather",
    "reference": {
        "probabilities": {f"{NAME} one": 0.5, f"{NAME} two": 0.5},
        "source": f"{NAME} market",
        "as_of": "2025-01-02",
    },
}
SOURCE = {"url": "https://example.org/a", "title": f"{NAME} title", "outlet": f"{NAME} outlet"}
EVIDENCE = [{"url": "https://example.org/b", "note": f"{NAME} note"}]
PUBLIC = (
    *("/", "/?include=resolved&min_resolved=0", "/questions", "/questions/rain", "/questions/due", "/sources"),
    *("/sources/1", "/commentators/first", "/search?q=" + NAME, "/ledger", "/compare?first=first&second=second"),
    *("/calibration?commentator=first", f"/calibration?topic={NAME}-topic", "/questions/rain/card"),
    *(
        "/commentators/first/card",
        "/corrections",
        "/contest?prediction=1",
        f"/calibration?commentator={NAME}+nobody",
        "/questions/waits",
    ),
)
EDITING = (
    *("/due", "/channels", "/channels/1", "/questions/due/resolve", "/questions/rain/resolve", "/questions/due/probe"),
    *("/predictions/1/correct", "/commentators/first/correct", "/record?question=due", "/contests"),
)


class Bare(HTMLParser):
    """Collects the texts with a name that no element isolates, each with the elements around it."""

    def __init__(self) -> None:
        super().__init__()
        self.around: list[str] = []
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in EMPTY:
            self.around.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.around and self.around.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if NAME in data and not {"bdi", *PLAIN} & set(self.around):
            self.found.append(("/".join(self.around[-3:]), data))


@pytest.fixture
def entered(admin: httpx.Client) -> httpx.Client:
    def post(path: str, body: object) -> None:
        reply = admin.post(path, json=body)
        assert reply.status_code < 300, reply.text

    for slug in ("rain", "due"):
        post("/api/questions", QUESTION | {"slug": slug})
    number = admin.get("/api/questions/rain").json()["id"]
    binary = {"kind": "binary", "options": None, "reference": None, "deadline": "2026-01-01"}
    condition = {"question": number, "outcome": f"{NAME} one"}
    post("/api/questions", QUESTION | binary | {"slug": "waits", "condition": condition})
    for slug in ("first", "second"):
        post("/api/commentators", {"slug": slug, "name": f"{NAME} {slug}"})
        stated = {"made_at": "2025-01-05", "source": SOURCE, "note": f"{NAME} remark"}
        for question in ("rain", "due"):
            shares = {f"{NAME} one": 0.6, f"{NAME} two": 0.4}
            who = {"commentator": {"slug": slug}, "question": {"slug": question}}
            post("/api/predictions", stated | who | {"probabilities": shares})
    outcome = {"outcome": f"{NAME} one", "known_at": "2025-03-20", "evidence": EVIDENCE}
    post("/api/questions/rain/resolutions", outcome | {"note": f"{NAME} note"})
    key = admin.post("/api/keys", json={"name": f"{NAME} key", "person": f"{NAME} person", "scopes": ["predict"]})
    for option in ("one", "two"):
        proposed = outcome | {"outcome": f"{NAME} {option}", "rationale": "r"}
        bearer = {"Authorization": f"Bearer {key.json()['key']}"}
        assert admin.post("/api/questions/due/proposals", json=proposed, headers=bearer).status_code == 201
    channel = {"name": f"{NAME} channel", "kind": "email", "target": "a@example.org", "person": f"{NAME} person"}
    post("/api/channels", channel | {"topics": [f"{NAME}-topic"]})
    post("/api/questions/due/assignment", {"assignee": f"{NAME} person"})
    changed = admin.patch("/api/sources/1", json={"outlet": f"{NAME} paper"})
    assert changed.status_code == 200, changed.text
    contest = {"prediction": 1, "name": f"{NAME} sender", "contact": f"{NAME} contact", "text": f"{NAME} is wrong"}
    for _ in range(2):
        post("/api/contests", contest | {"evidence": EVIDENCE})
    post("/api/contests/2/take-up", {})
    post("/api/subscriptions", {"channel": 1, "question": {"slug": "due"}})
    post("/api/subscriptions", {"channel": 1, "topic": f"{NAME}-topic"})
    return admin


@pytest.fixture
def editor(entered: httpx.Client, base_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base_url, headers=HTML) as client:
        sign_in(client)
        yield client


def bare_names(page: httpx.Response) -> list[tuple[str, str]]:
    assert page.status_code == 200, page.text
    assert NAME in page.text
    parser = Bare()
    parser.feed(page.text)
    return parser.found


def test_every_name_on_a_page_is_isolated(editor: httpx.Client) -> None:
    found = {path: bare for path in (*PUBLIC, *EDITING) if (bare := bare_names(editor.get(path)))}
    assert found == {}
