"""The history of a question in words: every event has its sentence, with what changed and why."""

import ast
import re
from html import unescape

import httpx
import pytest

from predictions.changes.settled import WAITS
from predictions.enums import ProposalState
from predictions.models import LedgerEvent
from service.pages.rendering.labels import ACTIONS
from service.pages.rendering.question_history import SENTENCES, Known, told
from tests.support.fake_clock import START
from tests.support.sample_prediction import QUESTION, record_one, resolve
from tests.test_house_rules import nodes

#: What actions of events look like that can concern a question.
ACTION = re.compile(r"(questions?|predictions?|reference|resolution|proposal|change|record)\.[a-z]+(_[a-z]+)*")
OTHERS = re.compile(r".*\.(id|html|json|dump)")
#: Actions of events that earlier versions wrote, and the stored record still holds.
FORMER = {"questions.reminded", "resolution.taken_back"}


def used_actions() -> set[str]:
    """The actions that the code names, apart from the texts of pages."""
    decided = {f"proposal.{state.value}" for state in ProposalState if state is not ProposalState.PENDING}
    return decided | {
        node.value
        for path, node in nodes("predictions", "resolvers", "service")
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and ACTION.fullmatch(node.value)
        if not path.startswith("service/pages/rendering/")
        if node.value not in WAITS and not OTHERS.fullmatch(node.value)
    }


def test_every_action_that_can_concern_a_question_has_a_sentence_and_a_label() -> None:
    used = used_actions()
    assert {"question.changed", "prediction.withdrawn", "change.approved", "proposal.withdrawn"} <= used
    assert used - SENTENCES.keys() == set()
    assert SENTENCES.keys() - used - FORMER == set(), "sentences of events that do not occur"
    assert {name for name in used if name not in ACTIONS} - FORMER == set()


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here depends on the database."""
    return sqlite_url


def test_the_page_of_a_question_tells_its_history_in_words(admin: httpx.Client) -> None:
    record_one(admin, question=QUESTION | {"text": "Will it rain?", "deadline": "2025-04-30"})
    admin.patch("/api/questions/rain", json={"text": "Will it <i>pour</i>?", "topics": [], "reason": "clearer"})
    admin.post("/api/questions/rain/postponements", json={"deadline": "2025-05-02", "reason": "rained off"})
    admin.post("/api/questions/rain/postponements/undo", json={"reason": "no rain"})
    admin.post("/api/questions/rain/assignment", json={"assignee": "Bob"})
    forecast = {"probability": 0.3, "source": "an exchange", "as_of": "2025-03-01"}
    admin.post("/api/questions/rain/references", json=forecast)
    right = {"probability": 0.9, "made_at": "2025-03-02", "reason": "misread"}
    admin.post("/api/predictions/1/corrections", json=right)
    proposal = {"outcome": "no", "known_at": "2025-03-19", "rationale": "Dry.", "evidence": [{"url": "https://a.org/"}]}
    admin.post("/api/questions/rain/proposals", json=proposal)
    admin.post("/api/proposals/1/reject", json={"reason": "Another gauge."})
    resolve(admin, "yes")
    resolve(admin, "no")
    admin.post("/api/questions/rain/resolutions/retraction", json={"reason": "Too early."})
    text = " ".join(unescape(re.sub(r"<[^>]+>", " ", admin.get("/questions/rain").text)).split())
    for sentence in (
        "Question entered, with the deadline 30 Apr 2025, 23:59 UTC.",
        "Prediction by Ann Invented recorded: “seems unlikely” (19%), made on 1 Mar 2025.",
        "Question corrected. text : Will it rain? → Will it <i>pour</i>? topics : weather → none Reason: clearer",
        "Deadline postponed. deadline : 30 Apr 2025, 23:59 UTC → 2 May 2025, 23:59 UTC Reason: rained off",
        "Postponement undone. deadline : 2 May 2025, 23:59 UTC → 30 Apr 2025, 23:59 UTC Reason: no rain",
        "Assigned. assignee : none → Bob",
        "Reference forecast of 1 Mar 2025 recorded: 30% by an exchange.",
        "Prediction by Ann Invented corrected. prediction : “seems unlikely” (19%) → 90% made on : 1 Mar 2025",
        "Outcome proposed: no. Reason: Dry.",
        "Proposal 1 (no) rejected. Reason: Another gauge.",
        "Outcome confirmed: yes, known on 20 Mar 2025.",
        "Scores of 1 commentator computed.",
        "Outcome corrected. outcome : yes → no",
        "Outcome retracted. outcome : no → none Reason: Too early.",
    ):
        assert sentence in text, f"{sentence}\n{text.partition('History')[2]}"
    assert '{"' not in admin.get("/questions/rain").text.partition('<ol class="history">')[2].partition("</ol>")[0]
    assert "criteria changed" in text, "the first prediction is marked"


@pytest.mark.parametrize(
    ("action", "body", "said"),
    [
        (
            "question.postponed",
            '{"before": "2025-03-01T12:00:00+00:00", "after": "2025-04-01"',
            "deadline",
        ),
        ("question.assigned", '{"before": null, "assignee": "Bob"', "assignee"),
        ("question.snoozed", '{"before": null, "until": "2025-04-01T12:00:00+00:00"', "1 Apr 2025, 12:00 UTC"),
    ],
)
def test_events_that_earlier_versions_wrote_are_told_too(action: str, body: str, said: str) -> None:
    event = LedgerEvent.model_construct(seq=1, at=START, action=action, subject_id=1, body=f'{body}, "reason": "r"}}')
    found = told(event, Known([], {}, {}, {}, {}, {}))
    assert said in f"{found.sentence} {[each.name for each in found.moved]}"


@pytest.mark.parametrize("body", ["", "null", "{", '{"before": 3}', "[]"])
def test_an_event_whose_body_was_erased_or_damaged_has_its_label(body: str) -> None:
    known = Known([], {}, {}, {}, {}, {})
    for action in SENTENCES:
        event = LedgerEvent.model_construct(seq=1, at=START, action=action, subject_id=1, body=body)
        assert told(event, known).sentence.endswith(".")
