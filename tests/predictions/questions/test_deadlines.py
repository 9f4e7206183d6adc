"""A deadline that was recorded too late is corrected, and a postponement undone; the ledger keeps every former one."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from predictions.audit.as_of import rebuild
from predictions.audit.verify import verify
from predictions.enums import QuestionStatus
from predictions.errors import Conflict, InvalidInput
from predictions.models import LedgerEvent, Question
from predictions.questions.deadlines import correct_deadline, undo_postponement
from predictions.questions.lifecycle import declare_decided, postpone
from predictions.questions.triage import snooze_question
from resolvers.deadline_sweep import sweep_due
from tests.support.fake_clock import START
from tests.support.source_requests import BASE_URL, create_question, recorded_prompts, resolve_question

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def by(at: datetime) -> dict[str, Any]:
    return {"now": at, "actor": "editor"}


def sweep(session: Session, now: datetime) -> None:
    sweep_due(session, now=now, base_url=BASE_URL)


def schedule(question: Question) -> tuple[Any, ...]:
    return question.deadline, question.due_at, question.next_prompt_at, question.status.value


def last_event(session: Session) -> tuple[str, dict[str, Any]]:
    row = session.exec(select(LedgerEvent).order_by(col(LedgerEvent.seq).desc())).first()
    assert row is not None
    return row.action, json.loads(row.body)


def test_a_corrected_deadline_is_earlier_and_its_event_has_every_column_that_changed(session: Session) -> None:
    question = create_question(session, "rain", START + 30 * DAY)
    correct_deadline(session, question, START + DAY, "a typing error", **by(START))
    assert schedule(question) == (START + DAY, START + DAY, START + DAY, "open")
    action, body = last_event(session)
    assert (action, body["reason"]) == ("question.deadline_corrected", "a typing error")
    assert body["before"]["deadline"] == (START + 30 * DAY).isoformat()
    assert set(body["after"]) == {"deadline", "due_at", "next_prompt_at", "prompts", "status"}
    for not_earlier in (START + DAY, START + 2 * DAY):
        with pytest.raises(InvalidInput, match="earlier than the present deadline"):
            correct_deadline(session, question, not_earlier, "r", **by(START))
    assert list(verify(session)) == []


def test_a_corrected_deadline_that_has_passed_makes_the_question_due_at_once(session: Session) -> None:
    question = create_question(session, "rain", START + 30 * DAY)
    correct_deadline(session, question, START - DAY, "r", **by(START))
    sweep(session, START)
    assert question.status is QuestionStatus.DUE
    assert recorded_prompts(session) == [(question.id, "due")]


def test_a_correction_ends_a_snooze_and_prompts_for_the_right_deadline(session: Session) -> None:
    question = create_question(session, "rain", START)
    sweep(session, START)
    snooze_question(session, question, START + 9 * DAY, **by(START))
    correct_deadline(session, question, START - 2 * DAY, "r", **by(START))
    sweep(session, START + HOUR)
    assert recorded_prompts(session) == [(question.id, "due")] * 2
    assert question.next_prompt_at == START + DAY, "three days after the corrected deadline"


def test_a_correction_leaves_a_question_due_that_was_declared_decided_before(session: Session) -> None:
    question = create_question(session, "rain", START + 30 * DAY)
    declare_decided(session, question, "it rained", **by(START))
    sweep(session, START)
    before = schedule(question)
    correct_deadline(session, question, START + 9 * DAY, "r", **by(START))
    assert schedule(question) == (START + 9 * DAY, *before[1:])


def test_a_question_with_an_outcome_or_before_its_opening_is_refused(session: Session) -> None:
    question = create_question(session, "rain", START + 9 * DAY, opens_at=START.isoformat())
    with pytest.raises(InvalidInput, match="later than the opening"):
        correct_deadline(session, question, START, "r", **by(START))
    postpone(session, question, START + 10 * DAY, "r", **by(START))
    resolve_question(session, question, "yes", START + DAY)
    with pytest.raises(Conflict, match="retract its resolution"):
        correct_deadline(session, question, START + DAY, "r", **by(START))
    with pytest.raises(Conflict, match="retract its resolution"):
        undo_postponement(session, question, "r", **by(START))


def test_an_undone_postponement_brings_back_deadline_and_due_question(session: Session) -> None:
    question = create_question(session, "rain", START + 30 * DAY)
    declare_decided(session, question, "it rained", **by(START))
    sweep(session, START)
    postpone(session, question, START + 60 * DAY, "not yet", **by(START + HOUR))
    postpone(session, question, START + 90 * DAY, "not yet", **by(START + HOUR))
    undo_postponement(session, question, "wrong question", **by(START + 2 * HOUR))
    assert question.deadline == START + 60 * DAY
    undo_postponement(session, question, "wrong question", **by(START + 2 * HOUR))
    assert question.deadline == START + 30 * DAY
    assert last_event(session)[0] == "question.postponement_undone"
    with pytest.raises(Conflict, match="no postponement led to the present deadline"):
        undo_postponement(session, question, "r", **by(START + 2 * HOUR))
    assert list(verify(session)) == []


def test_a_deadline_corrected_after_a_postponement_is_not_undone(session: Session) -> None:
    question = create_question(session, "rain", START + DAY)
    postpone(session, question, START + 9 * DAY, "moved", **by(START))
    correct_deadline(session, question, START + 8 * DAY, "the ninth was wrong", **by(START))
    with pytest.raises(Conflict, match="no postponement"):
        undo_postponement(session, question, "r", **by(START))


def test_the_record_as_of_each_instant_has_the_deadline_of_then(session: Session) -> None:
    question = create_question(session, "rain", START + 30 * DAY)
    postpone(session, question, START + 60 * DAY, "moved", **by(START + DAY))
    correct_deadline(session, question, START + 3 * DAY, "a typing error", **by(START + 2 * DAY))
    postpone(session, question, START + 40 * DAY, "moved", **by(START + 5 * DAY))
    undo_postponement(session, question, "no", **by(START + 6 * DAY))
    for hours, days, status in ((1, 30, "open"), (25, 60, "open"), (50, 3, "open"), (100, 3, "due"), (121, 40, "open")):
        engine = rebuild(session, START + hours * HOUR)
        with Session(engine) as past:
            then = past.exec(select(Question)).one()
            assert (then.deadline, then.status.value) == (START + days * DAY, status), hours
        engine.dispose()
