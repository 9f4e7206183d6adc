"""A question is snoozed until a time and assigned to a person; both are in the ledger."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import Session, col

from predictions.errors import Conflict, InvalidInput
from predictions.models import LedgerEvent, Question
from predictions.questions.lifecycle import postpone
from predictions.questions.triage import assign_question, is_snoozed, snooze_question
from resolvers.deadline_sweep import sweep_due
from resolvers.prompts.inbox import PromptState, due_questions, list_prompts
from tests.support.fake_clock import START
from tests.support.source_requests import BASE_URL, create_question, recorded_prompts, resolve_question

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def question(session: Session) -> Question:
    """A question that came due at START, and was prompted for."""
    found = create_question(session, "rain", START)
    sweep(session, START)
    return found


def sweep(session: Session, now: object) -> None:
    sweep_due(session, now=now, base_url=BASE_URL)  # type: ignore[arg-type]


def events(session: Session, action: str) -> list[dict[str, Any]]:
    query = select(LedgerEvent).where(col(LedgerEvent.action) == action).order_by(col(LedgerEvent.seq))
    return [json.loads(row.body) | {"by": row.actor} for row in session.execute(query).scalars()]


def states(session: Session, now: datetime = START) -> list[str]:
    return [prompt.state.value for prompt in list_prompts(session, now=now)]


def test_nobody_is_prompted_before_the_snooze_ends_and_then_somebody_is(session: Session, question: Question) -> None:
    snooze_question(session, question, START + 5 * DAY, now=START + HOUR, actor="ann")
    assert (is_snoozed(question), states(session)) == (True, ["snoozed"])
    for hours in range(2, 5 * 24):
        sweep(session, START + hours * HOUR)
    assert recorded_prompts(session) == [(question.id, "due")]
    sweep(session, START + 5 * DAY)
    assert recorded_prompts(session) == [(question.id, "due"), (question.id, "snooze_1")]
    assert (is_snoozed(question), states(session)) == (False, ["open", "open"])
    assert question.next_prompt_at == START + 7 * DAY, "the reminders go on as planned"


def test_a_snooze_shorter_than_the_time_to_the_next_reminder_ends_when_it_says(
    session: Session, question: Question
) -> None:
    snooze_question(session, question, START + 2 * HOUR, now=START, actor="ann")
    sweep(session, START + 2 * HOUR)
    assert recorded_prompts(session)[1:] == [(question.id, "snooze_1")]
    assert question.next_prompt_at == START + DAY


def test_even_after_the_escalation_a_snoozed_question_comes_back(session: Session, question: Question) -> None:
    for day in range(60):
        sweep(session, START + day * DAY)
    before = recorded_prompts(session)
    assert (before[-1][1], question.next_prompt_at) == ("escalation", None)
    snooze_question(session, question, START + 70 * DAY, now=START + 61 * DAY, actor="ann")
    sweep(session, START + 70 * DAY)
    assert recorded_prompts(session) == [*before, (question.id, "snooze_1")]
    assert question.next_prompt_at is None, "and then it is quiet again"


def test_each_snooze_has_a_prompt_of_its_own_at_its_end(session: Session, question: Question) -> None:
    for number in (1, 2, 3):
        snooze_question(session, question, START + number * HOUR, now=START + (number - 1) * HOUR, actor="ann")
        sweep(session, START + number * HOUR)
    assert [stage for _, stage in recorded_prompts(session)] == ["due", "snooze_1", "snooze_2", "snooze_3"]


def test_a_snooze_can_be_moved_and_ended(session: Session, question: Question) -> None:
    snooze_question(session, question, START + 3 * DAY, now=START, actor="ann")
    snooze_question(session, question, START + 2 * DAY, now=START, actor="bob")
    snooze_question(session, question, None, now=START + HOUR, actor="ann")
    sweep(session, START + HOUR)
    assert [stage for _, stage in recorded_prompts(session)] == ["due", "snooze_1"]
    with pytest.raises(Conflict, match="not snoozed"):
        snooze_question(session, question, None, now=START + HOUR, actor="ann")
    changes = [
        (event["by"], event["before"]["snoozed_until"], event["after"]["snoozed_until"])
        for event in events(session, "question.snoozed")
    ]
    days = [(START + day * DAY).isoformat() for day in (2, 3)]
    assert changes == [("ann", None, days[1]), ("bob", days[1], days[0]), ("ann", days[0], (START + HOUR).isoformat())]


def test_an_outcome_or_another_deadline_ends_a_snooze(session: Session, question: Question) -> None:
    snooze_question(session, question, START + 3 * DAY, now=START, actor="ann")
    resolve_question(session, question, "yes", START + HOUR)
    assert (is_snoozed(question), states(session)) == (False, ["answered"])
    other = create_question(session, "snow", START)
    sweep(session, START)
    snooze_question(session, other, START + 3 * DAY, now=START, actor="ann")
    postpone(session, other, START + 2 * DAY, "moved", now=START, actor="ann")
    assert (is_snoozed(other), states(session)[-1]) == (False, "overtaken")
    sweep(session, START + 2 * DAY)
    assert recorded_prompts(session)[-1] == (other.id, "due")


@pytest.mark.parametrize("until", [START, START - HOUR, START + 367 * DAY])
def test_a_time_that_is_past_or_far_away_is_refused(session: Session, question: Question, until: object) -> None:
    with pytest.raises(InvalidInput) as refused:
        snooze_question(session, question, until, now=START, actor="ann")  # type: ignore[arg-type]
    assert refused.value.faults[0].pointer == "/until"


def test_only_what_is_due_can_be_snoozed(session: Session, question: Question) -> None:
    with pytest.raises(Conflict, match="open"):
        snooze_question(session, create_question(session, "ahead", START + DAY), START + HOUR, now=START, actor="ann")
    resolve_question(session, question, "no", START)
    with pytest.raises(Conflict, match="resolved"):
        snooze_question(session, question, START + HOUR, now=START, actor="ann")


def test_the_inbox_shows_what_is_snoozed_apart_and_what_is_whose(session: Session, question: Question) -> None:
    other = create_question(session, "snow", START)
    sweep(session, START)
    snooze_question(session, question, START + DAY, now=START, actor="ann")
    assign_question(session, other, "Ann", now=START, actor="bob")
    by_state = {
        state: [row.question.slug for row in list_prompts(session, now=START, state=state)] for state in PromptState
    }
    assert by_state == {"open": ["snow"], "snoozed": ["rain"], "answered": [], "overtaken": []}
    assert [row.slug for row in due_questions(session, now=START)] == ["snow"]
    [mine] = list_prompts(session, now=START, assignee="Ann")
    assert (mine.question.slug, mine.assignee, mine.snoozed_until) == ("snow", "Ann", None)
    assert list_prompts(session, now=START, assignee="Bob") == []


def test_a_question_is_assigned_to_one_person_or_to_nobody(session: Session, question: Question) -> None:
    for name in ("Ann", "Ann", "Bob", None):
        assign_question(session, question, name, now=START, actor="desk")
    changes = [
        (event["before"]["assignee"], event["after"]["assignee"]) for event in events(session, "question.assigned")
    ]
    assert changes == [(None, "Ann"), ("Ann", "Bob"), ("Bob", None)], "what changes nothing is not told"
    resolve_question(session, question, "no", START)
    with pytest.raises(Conflict, match="nothing left"):
        assign_question(session, question, "Ann", now=START, actor="desk")


def test_a_snooze_that_has_ended_no_longer_shows_even_before_the_next_sweep(
    session: Session, question: Question
) -> None:
    snooze_question(session, question, START + DAY, now=START, actor="ann")
    for now, state in ((START + DAY - HOUR, "snoozed"), (START + DAY, "open")):
        assert states(session, now) == [state]
        assert [row.state for row in list_prompts(session, now=now, state=PromptState(state))] == [state]
        assert bool(due_questions(session, now=now)) == (state == "open")
    snooze_question(session, question, None, now=START + HOUR, actor="ann")
    assert states(session, START + HOUR) == ["open"]
