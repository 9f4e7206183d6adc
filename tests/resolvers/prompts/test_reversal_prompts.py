"""People are asked once about a proposal that contradicts an outcome on record, and not after it is decided."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from predictions import ledger
from predictions.errors import Conflict
from predictions.models import Proposal, Question
from predictions.questions.proposals import Finding, confirm, propose_finding, reject
from predictions.questions.resolve import retract_resolution
from resolvers.deadline_sweep import SweepResult, sweep_due
from resolvers.notifications.channels import set_enabled
from resolvers.notifications.delivery_queue import claim_deliveries
from resolvers.notifications.models import Channel, DeliveryState
from resolvers.notifications.rendering import render_email, render_short
from resolvers.notifications.resolve_links import open_link, resolve_token
from resolvers.prompts.inbox import PromptState, list_prompts
from tests.support.fake_clock import START
from tests.support.senders.sender_stubs import NO_JITTER
from tests.support.source_requests import BASE_URL, add_channel, all_deliveries, create_question, resolve_question

DAY = timedelta(days=1)
LATER = START + 2 * DAY
SECRET = b"secret"


def found(outcome: str, evidence: str = "1", **changes: Any) -> Finding:
    values: dict[str, Any] = {
        "resolver": "json",
        "config_sha256": "c",
        "outcome": outcome,
        "known_at": START,
        "confidence": 0.85,
        "rationale": f"The source says {outcome}.",
        "evidence": [{"url": "https://example.org/feed", "excerpt": outcome}],
        "evidence_sha256": evidence,
    }
    return Finding(**(values | changes))


def propose(session: Session, question: Question, finding: Finding, at: datetime = LATER) -> Proposal:
    proposal = propose_finding(session, question, finding, now=at, actor="resolver json")
    assert proposal is not None
    return proposal


def sweep(session: Session, now: datetime) -> SweepResult:
    return sweep_due(session, now=now, base_url=BASE_URL)


def claimed(session: Session, channel: Channel, now: datetime) -> int:
    return len(claim_deliveries(session, channel, 10, now, NO_JITTER)[0])


@pytest.fixture
def channel(session: Session) -> Channel:
    return add_channel(session, "desk", START)


@pytest.fixture
def question(session: Session, channel: Channel) -> Question:
    """A question that was prompted for and resolved as yes by a proposal."""
    question = create_question(session, "rain", START)
    sweep(session, START)
    confirm(session, propose(session, question, found("yes"), START), None, now=START, actor="person")
    assert claimed(session, channel, START) == 0, "resolved before the message was sent"
    assert sweep(session, LATER) == SweepResult(0, 0, None)
    return question


def test_a_contradiction_is_prompted_for_once_and_leaves_the_question_resolved(
    session: Session, channel: Channel, question: Question
) -> None:
    proposal = propose(session, question, found("no"))
    assert sweep(session, LATER) == SweepResult(1, 1, None)
    assert (question.outcome, question.status) == ("yes", "resolved")
    propose(session, question, found("no"), LATER + DAY)
    assert sweep(session, LATER + DAY) == SweepResult(0, 0, None), "the same again is no news"
    [_, prompt] = list_prompts(session, now=LATER)
    assert (prompt.stage, prompt.state) == (f"reversal_{proposal.id}", "open")
    assert [item.outcome for item in prompt.proposals] == ["no"]
    assert list_prompts(session, now=LATER, state=PromptState.OPEN) == [prompt]
    assert [item.stage for item in list_prompts(session, now=LATER, state=PromptState.ANSWERED)] == ["due"]
    assert claimed(session, channel, LATER) == 1
    assert list(ledger.chain_errors(session)) == []


def test_the_message_says_what_it_is_about_and_its_link_opens_the_question(
    session: Session, question: Question
) -> None:
    propose(session, question, found("no"))
    sweep(session, LATER)
    delivery = all_deliveries(session)[-1]
    mail = render_email(delivery.payload, delivery.message_id, "https://x/{}".format)
    assert mail.subject == "Outcome contradicted: Will rain happen?"
    assert "confirm or reject the proposal" in mail.text
    assert "confirm or reject the proposal" in mail.html
    assert "confirm or reject the proposal" in render_short(delivery.payload)[1]
    assert json.loads(delivery.payload)["data"]["stage"].startswith("reversal_")
    token = resolve_token(SECRET, delivery.message_id)
    assert open_link(session, SECRET, token, now=LATER)[0].id == question.id


@pytest.mark.parametrize("decision", ["confirmed", "rejected", "withdrawn", "retracted", "resolved"])
def test_a_decided_contradiction_is_neither_sent_nor_open(
    session: Session, channel: Channel, question: Question, decision: str
) -> None:
    proposal = propose(session, question, found("no"))
    sweep(session, LATER)
    by: dict[str, Any] = {"now": LATER, "actor": "person"}
    if decision == "confirmed":
        confirm(session, proposal, None, **by)
    elif decision == "rejected":
        reject(session, proposal, "a prank", **by)
    elif decision == "withdrawn":
        assert propose_finding(session, question, found("yes"), now=LATER, actor="resolver json") is None
    elif decision == "retracted":
        retract_resolution(session, question, "unclear", **by)
    else:
        resolve_question(session, question, "annulled", LATER)
    delivery = all_deliveries(session)[-1]
    with pytest.raises(Conflict):
        open_link(session, SECRET, resolve_token(SECRET, delivery.message_id), now=LATER)
    assert claimed(session, channel, LATER) == 0
    session.expire_all()
    assert all_deliveries(session)[-1].state is DeliveryState.CANCELLED
    prompts = {item.stage: item.state for item in list_prompts(session, now=LATER)}
    assert prompts[f"reversal_{proposal.id}"] == ("open" if decision == "retracted" else "answered")


def test_a_contradiction_decided_before_the_sweep_is_not_prompted_for(session: Session, question: Question) -> None:
    reject(session, propose(session, question, found("no")), "a prank", now=LATER, actor="person")
    assert sweep(session, LATER) == SweepResult(0, 0, None)
    assert len(list_prompts(session, now=LATER)) == 1


def test_each_contradiction_is_prompted_for(session: Session, channel: Channel, question: Question) -> None:
    set_enabled(channel, enabled=False)
    for at, finding in ((LATER, found("no")), (LATER + DAY, found("retracted")), (LATER + 2 * DAY, found("no", "2"))):
        propose(session, question, finding, at)
        assert sweep(session, at) == SweepResult(1, 1, None)
    assert len(list_prompts(session, now=LATER, state=PromptState.OPEN)) == 3


def test_a_retraction_confirmed_takes_no_other_words(session: Session, question: Question) -> None:
    proposal = propose(session, question, found("retracted"))
    row = confirm(session, proposal, None, now=LATER, actor="person")
    assert (row.outcome, row.note, question.status) == (None, "The source says retracted.", "due")
