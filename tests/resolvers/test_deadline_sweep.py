"""Deadlines that come due: exactly one prompt for each stage, by any number of sweeps."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select
from sqlmodel import Session, col

from predictions import ledger
from predictions.enums import QuestionStatus
from predictions.models import LedgerEvent, Question
from predictions.questions.lifecycle import declare_decided, postpone
from predictions.questions.resolve import retract_resolution
from predictions.questions.triage import snooze_question
from resolvers.deadline_sweep import SweepResult, next_prompt_at, sweep_due
from resolvers.notifications.channels import set_enabled
from resolvers.notifications.models import DeliveryState
from resolvers.prompts.inbox import PromptState, due_questions, list_prompts
from resolvers.prompts.models import Prompt
from service.db.engine import make_engine, write_transaction
from tests.support.fake_clock import START
from tests.support.source_requests import (
    BASE_URL,
    add_channel,
    all_deliveries,
    create_question,
    recorded_prompts,
    resolve_question,
)

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def sweep(session: Session, now: datetime, batch: int = 100) -> SweepResult:
    return sweep_due(session, now=now, base_url=BASE_URL, batch=batch)


def events(session: Session, action: str) -> list[LedgerEvent]:
    query = select(LedgerEvent).where(col(LedgerEvent.action) == action).order_by(col(LedgerEvent.seq))
    return list(session.execute(query).scalars())


def test_a_question_is_prompted_for_when_its_deadline_passes_and_not_before(session: Session) -> None:
    question = create_question(session, "rain", START)
    assert sweep(session, START - SECOND) == SweepResult(0, 0, START)
    assert question.status is QuestionStatus.OPEN

    assert sweep(session, START) == SweepResult(1, 1, START + DAY)
    session.expire_all()
    assert session.get_one(Question, question.id).status is QuestionStatus.DUE
    [prompt] = list_prompts(session, now=START)
    assert (prompt.question.slug, prompt.stage, prompt.state) == ("rain", "due", "open")
    assert (prompt.due_at, prompt.scheduled_at, prompt.created_at) == (START, START, START)
    assert sweep(session, START + SECOND) == SweepResult(0, 0, START + DAY), "once"


def test_the_ledger_records_that_a_question_came_due_and_its_reminders(session: Session) -> None:
    questions = [create_question(session, slug, START) for slug in ("rain", "snow")]
    sweep(session, START + SECOND)
    came_due = events(session, "question.came_due")
    assert [(event.subject, event.subject_id) for event in came_due] == [("question", row.id) for row in questions]
    assert [event.actor for event in came_due] == ["system", "system"]
    first = list_prompts(session, now=START)[0]
    body = json.loads(came_due[0].body)
    assert (body["before"]["status"], body["after"]["status"], body["prompt"]["id"]) == ("open", "due", first.id)

    sweep(session, START + DAY)
    reminded = events(session, "question.reminded")
    stages = [(event.subject_id, json.loads(event.body)["prompt"]["stage"]) for event in reminded]
    assert stages == [(row.id, "day_1") for row in questions]
    assert list(ledger.chain_errors(session)) == []


def test_reminders_follow_until_the_escalation_and_then_it_stops(session: Session) -> None:
    question = create_question(session, "rain", START)
    now: datetime | None = START
    while now and now < START + 100 * DAY:
        now = sweep(session, now).next_at
    stages = [stage for _, stage in recorded_prompts(session)]
    assert stages == ["due", "day_1", "day_3", "day_7", "week_2", "week_3", "week_4", "week_5", "escalation"]
    session.refresh(question)
    assert (question.next_prompt_at, question.status) == (None, QuestionStatus.DUE)


def test_after_a_year_of_downtime_there_is_one_prompt_now_and_an_escalation_later(session: Session) -> None:
    create_question(session, "rain", START)
    late = START + 365 * DAY
    swept = sweep(session, late)
    assert swept == SweepResult(1, 1, START + 371 * DAY)
    assert sweep(session, late + SECOND).prompted == 0
    assert sweep(session, START + 372 * DAY).next_at is None
    assert [stage for _, stage in recorded_prompts(session)] == ["due", "escalation"]


def test_a_question_declared_decided_is_prompted_for_at_once(session: Session) -> None:
    question = create_question(session, "rain", START + 30 * DAY)
    declare_decided(session, question, "It rained.", now=START, actor="tester")
    assert sweep(session, START).prompted == 1
    [prompt] = list_prompts(session, now=START)
    assert prompt.due_at == START
    assert prompt.state is PromptState.OPEN


def test_a_postponed_question_is_prompted_for_anew_and_the_old_prompt_is_overtaken(session: Session) -> None:
    question = create_question(session, "rain", START)
    sweep(session, START)
    postpone(session, question, START + 5 * DAY, "The match was moved.", now=START + SECOND, actor="tester")
    assert sweep(session, START + DAY).prompted == 0, "no reminder of the old deadline"
    assert sweep(session, START + 5 * DAY).prompted == 1
    assert [(prompt.stage, prompt.state) for prompt in list_prompts(session, now=START)] == [
        ("due", "overtaken"),
        ("due", "open"),
    ]


def test_a_resolved_question_is_not_reminded_of(session: Session) -> None:
    question = create_question(session, "rain", START)
    sweep(session, START)
    resolve_question(session, question, "yes", START + SECOND)
    assert sweep(session, START + 50 * DAY) == SweepResult(0, 0, None)
    assert [prompt.state for prompt in list_prompts(session, now=START)] == [PromptState.ANSWERED]


def test_a_retraction_opens_the_prompt_again_without_a_second_one(session: Session) -> None:
    question = create_question(session, "rain", START)
    sweep(session, START)
    resolve_question(session, question, "yes", START + SECOND)
    retract_resolution(session, question, "It was drizzle.", now=START + 2 * DAY, actor="tester")
    assert sweep(session, START + 2 * DAY) == SweepResult(1, 0, START + 3 * DAY)
    assert [(prompt.stage, prompt.state) for prompt in list_prompts(session, now=START)] == [("due", "open")]
    assert sweep(session, START + 3 * DAY).prompted == 1, "and reminders go on where they would be"
    assert recorded_prompts(session)[-1][1] == "day_3"


def test_a_question_that_is_due_again_is_not_sent_again(session: Session) -> None:
    add_channel(session, "desk", START)
    question = create_question(session, "rain", START)
    sweep(session, START)
    resolve_question(session, question, "yes", START + SECOND)
    retract_resolution(session, question, "It was drizzle.", now=START + 2 * SECOND, actor="tester")
    create_question(session, "snow", START + 2 * SECOND)
    assert sweep(session, START + 2 * SECOND).examined == 2
    slugs = [json.loads(row.payload)["data"]["question"]["slug"] for row in all_deliveries(session)]
    assert slugs == ["rain", "snow"]


def test_a_batch_is_bounded_and_the_longest_overdue_come_first(session: Session) -> None:
    numbers = [create_question(session, f"q-{index}", START - index * SECOND).id for index in range(7)]
    assert sweep(session, START, batch=3).examined == 3
    assert {number for number, _ in recorded_prompts(session)} == set(numbers[-3:])
    assert [sweep(session, START, batch=3).examined for _ in range(3)] == [3, 1, 0]


def test_the_size_of_a_batch_changes_nothing_else(session: Session) -> None:
    for index in range(9):
        create_question(session, f"q-{index}", START - index * 3 * DAY)
    results = []
    for batch in (1, 4, 100):
        with session.begin_nested() as attempt:
            while sweep(session, START, batch=batch).examined:
                pass
            rows = session.execute(select(col(Prompt.question_id), col(Prompt.stage), col(Prompt.scheduled_at))).all()
            results.append(
                (sorted(map(tuple, rows)), session.execute(select(func.count(col(LedgerEvent.seq)))).scalar())
            )
            attempt.rollback()
        session.expire_all()
    assert results[0] == results[1] == results[2]
    assert len(results[0][0]) == 9


def test_a_sweep_that_is_not_committed_leaves_nothing(engine: Engine) -> None:
    with write_transaction(engine) as session:
        create_question(session, "rain", START)
        add_channel(session, "desk", START)

    def stop_before_the_commit() -> None:
        with write_transaction(engine) as session:
            assert sweep(session, START).prompted == 1
            raise RuntimeError("the process stops here")

    with pytest.raises(RuntimeError, match="stops here"):
        stop_before_the_commit()
    with write_transaction(engine) as session:
        assert recorded_prompts(session) == []
        assert all_deliveries(session) == []
        assert sweep(session, START).prompted == 1, "and the next sweep makes up for it"


def test_on_postgresql_a_sweep_neither_takes_nor_waits_for_what_another_has_claimed(postgresql_url: str) -> None:
    engine = make_engine(postgresql_url)
    with write_transaction(engine) as session:
        for index in range(4):
            create_question(session, f"q-{index}", START)
    with Session(engine) as first, Session(engine) as second:
        assert sweep(first, START).examined == 4
        assert sweep(second, START) == SweepResult(0, 0, START), "to the second they are as they were"
        second.rollback()
        first.rollback()
        assert sweep(second, START).examined == 4, "what the first gave up is free again"
    engine.dispose()


def test_many_sweeps_at_once_record_each_prompt_exactly_once(engine: Engine) -> None:
    with write_transaction(engine) as session:
        numbers = [create_question(session, f"q-{index}", START).id for index in range(60)]
        add_channel(session, "desk", START)

    def sweep_until_done(_: int) -> int:
        prompted = 0
        while True:
            with write_transaction(engine) as session:
                swept = sweep(session, START, batch=7)
            prompted += swept.prompted
            if not swept.examined:
                return prompted

    with ThreadPoolExecutor(6) as pool:
        counts = list(pool.map(sweep_until_done, range(6)))
    assert sum(counts) == 60
    with write_transaction(engine) as session:
        assert sorted(recorded_prompts(session)) == sorted((number, "due") for number in numbers)
        assert len({row.prompt_id for row in all_deliveries(session)}) == len(all_deliveries(session)) == 60
        assert list(ledger.chain_errors(session)) == []


def test_each_channel_receives_its_topics_only(session: Session) -> None:
    channels = {
        "all": add_channel(session, "all", START),
        "weather": add_channel(session, "weather", START, topics=["weather", "sea"]),
        "sport": add_channel(session, "sport", START, topics=["sport"]),
        "boss": add_channel(session, "boss", START, escalations_only=True),
        "off": add_channel(session, "off", START),
    }
    set_enabled(channels["off"], enabled=False, reason="not wanted")
    create_question(session, "rain", START, "weather")
    create_question(session, "goal", START)
    names = {channel.id: name for name, channel in channels.items()}

    sweep(session, START)
    assert [
        (names[row.channel_id], json.loads(row.payload)["data"]["question"]["slug"]) for row in all_deliveries(session)
    ] == [
        ("all", "rain"),
        ("weather", "rain"),
        ("all", "goal"),
    ]
    for day in (1, 3, 7, 14, 21, 28, 35, 42):
        sweep(session, START + day * DAY)
    escalated = [row for row in all_deliveries(session) if json.loads(row.payload)["data"]["stage"] == "escalation"]
    assert sorted(names[row.channel_id] for row in escalated) == ["all", "all", "boss", "boss", "weather"]


def test_a_delivery_contains_all_that_is_needed_to_resolve(session: Session) -> None:
    question = create_question(session, "rain", START, "weather", text="Will it rain in Köln?")
    add_channel(session, "desk", START)
    sweep(session, START + SECOND)
    [delivery] = all_deliveries(session)
    [prompt] = list_prompts(session, now=START)
    assert (delivery.state, delivery.attempts, delivery.next_at) == (DeliveryState.PENDING, 0, START + SECOND)
    assert delivery.message_id.startswith("msg_")
    assert json.loads(delivery.payload) == {
        "type": "prompt.created",
        "timestamp": "2025-04-01T12:00:01Z",
        "data": {
            "prompt": prompt.id,
            "stage": "due",
            "due_at": "2025-04-01T12:00:00Z",
            "scheduled_at": "2025-04-01T12:00:00Z",
            "demo": False,
            "question": {
                "id": question.id,
                "slug": "rain",
                "text": "Will it rain in Köln?",
                "resolution_criteria": "Yes if it happened.",
                "kind": "binary",
                "outcomes": ["yes", "no"],
                "deadline": "2025-04-01T12:00:00Z",
                "deadline_zone": "UTC",
                "topics": ["weather"],
            },
            "links": {
                "question": f"{BASE_URL}/questions/rain",
                "resolve": f"{BASE_URL}/api/questions/{question.id}/resolutions",
            },
        },
    }


def test_a_delivery_is_not_rewritten_when_the_question_changes(session: Session) -> None:
    question = create_question(session, "rain", START)
    add_channel(session, "desk", START)
    sweep(session, START)
    before = all_deliveries(session)[0].payload
    question.text = "Will it snow?"
    session.flush()
    session.expire_all()
    assert all_deliveries(session)[0].payload == before


def test_the_inbox_filters_by_state_and_pages(session: Session) -> None:
    questions = [create_question(session, f"q-{index}", START) for index in range(4)]
    sweep(session, START)
    resolve_question(session, questions[0], "no", START)
    postpone(session, questions[1], START + DAY, "Moved.", now=START, actor="tester")
    snooze_question(session, questions[3], START + DAY, now=START, actor="tester")
    slugs = {
        state: [prompt.question.slug for prompt in list_prompts(session, now=START, state=state)]
        for state in PromptState
    }
    assert slugs == {"answered": ["q-0"], "overtaken": ["q-1"], "open": ["q-2"], "snoozed": ["q-3"]}
    for prompt in list_prompts(session, now=START):
        assert prompt in list_prompts(session, now=START, state=prompt.state), (
            "derived alike by the query and by the row"
        )
    first = list_prompts(session, now=START, limit=3)
    rest = list_prompts(session, now=START, after=first[-1].id, limit=3)
    assert [prompt.question.slug for prompt in (*first, *rest)] == ["q-0", "q-1", "q-2", "q-3"]
    assert list_prompts(session, now=START, stage="day_1") == []
    assert [prompt.question.id for prompt in list_prompts(session, now=START, question=questions[2].id)] == [
        questions[2].id
    ]


def test_due_questions_are_listed_longest_overdue_first_swept_or_not(session: Session) -> None:
    create_question(session, "later", START + DAY)
    create_question(session, "new", START)
    create_question(session, "old", START - DAY)
    resolve_question(session, create_question(session, "done", START - 2 * DAY), "yes", START - DAY)
    sweep(session, START - SECOND)
    assert [question.slug for question in due_questions(session, now=START)] == ["old", "new"]
    assert [question.slug for question in due_questions(session, now=START, limit=1)] == ["old"]


def test_the_next_time_to_sweep_is_that_of_the_earliest_question(session: Session) -> None:
    assert next_prompt_at(session) is None
    create_question(session, "later", START + DAY)
    create_question(session, "sooner", START + SECOND)
    assert next_prompt_at(session) == START + SECOND
