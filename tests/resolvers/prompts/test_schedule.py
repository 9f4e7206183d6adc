"""The schedule of prompts: a table of cases, and properties that hold for any history of sweeps."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.prompts.schedule import MIN_GAP, MIN_GAP_BEFORE_ESCALATION, REMINDER_DAYS, Step, next_step, stage_name

DUE_AT = datetime(2025, 6, 30, 21, 59, 59, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
MOMENT = 3 * SECOND


def after(days: float) -> datetime:
    return DUE_AT + timedelta(days=days)


def history(sweeps: list[datetime], due_at: datetime = DUE_AT, days: tuple[int, ...] = REMINDER_DAYS) -> list[Step]:
    """The prompts of sweeps at these times, in this order."""
    steps: list[Step] = []
    stages_passed, planned_at = 0, due_at
    for now in sweeps:
        step = next_step(due_at, stages_passed, planned_at, now, days=days)
        if step is not None:
            steps.append(step)
            if step.next_at is None:
                break
            stages_passed, planned_at = step.stages_passed, step.next_at
    return steps


@pytest.mark.parametrize(
    ("stages_passed", "planned", "now", "stage", "scheduled", "following"),
    [
        # As time passes, with sweeps a moment late:
        (0, 0, 0, "due", 0, 1),
        (1, 1, 1.001, "day_1", 1, 3),
        (2, 3, 3.001, "day_3", 3, 7),
        (3, 7, 7.001, "day_7", 7, 14),
        (4, 14, 14.001, "week_2", 14, 21),
        (5, 21, 21.001, "week_3", 21, 28),
        (6, 28, 28.001, "week_4", 28, 35),
        (7, 35, 35.001, "week_5", 35, 42),
        (8, 42, 42.001, "escalation", 42, None),
        # After downtime the newest missed reminder goes out, and only that one:
        (1, 1, 2.5, "day_1", 1, 3),
        (1, 1, 5, "day_3", 3, 7),
        (1, 1, 20, "week_2", 14, 21),
        (1, 1, 100, "week_5", 35, 105),
        # The first prompt is never skipped, however late:
        (0, 0, 5, "due", 0, 7),
        (0, 0, 2.9, "due", 0, 7),  # day 3 would come two hours later: people get a rest
        (0, 0, 30, "due", 0, 35),
        (0, 0, 365, "due", 0, 371),  # the whole week after at least three days
        (0, 0, 363, "due", 0, 371),  # 364 would leave one day
        # An escalation that was planned comes, however late, at the time for which it was planned:
        (8, 371, 371.1, "escalation", 371, None),
        (8, 42, 400, "escalation", 42, None),
    ],
)
def test_each_stage_has_its_time(
    stages_passed: int, planned: float, now: float, stage: str, scheduled: float, following: float | None
) -> None:
    step = next_step(DUE_AT, stages_passed, after(planned), after(now))
    assert step is not None
    assert (step.stage, step.scheduled_at) == (stage, after(scheduled))
    assert step.next_at == (None if following is None else after(following))


@pytest.mark.parametrize(("stages_passed", "planned"), [(0, 0), (1, 1), (4, 14), (8, 42)])
def test_nothing_is_prompted_before_its_time(stages_passed: int, planned: float) -> None:
    assert next_step(DUE_AT, stages_passed, after(planned), after(planned) - timedelta(microseconds=1)) is None
    assert next_step(DUE_AT, stages_passed, after(planned), after(planned)) is not None


def test_a_service_that_never_stops_goes_through_all_stages() -> None:
    every_hour = [DUE_AT + hour * timedelta(hours=1) + MOMENT for hour in range(24 * 60)]
    stages = [(step.stage, (step.scheduled_at - DUE_AT) / DAY) for step in history(every_hour)]
    assert stages == [
        ("due", 0),
        ("day_1", 1),
        ("day_3", 3),
        ("day_7", 7),
        ("week_2", 14),
        ("week_3", 21),
        ("week_4", 28),
        ("week_5", 35),
        ("escalation", 42),
    ]


def test_a_question_overdue_for_a_year_is_prompted_now_and_escalated_later() -> None:
    first = DUE_AT + timedelta(days=365)
    every_hour = [first + hour * timedelta(hours=1) for hour in range(24 * 60)]
    steps = history(every_hour)
    assert [step.stage for step in steps] == ["due", "escalation"]
    assert steps[1].scheduled_at == DUE_AT + timedelta(weeks=53)


@pytest.mark.parametrize(
    ("stages_passed", "ends", "following", "then_past"),
    [
        (1, 0.1, 1, 1),  # before the first reminder, which comes as planned
        (1, 0.6, 3, 2),  # the first would come within hours: people get a rest
        (1, 5, 7, 3),  # days 1 and 3 were slept through
        (2, 34, 35, 7),
        (2, 34.6, 42, 8),  # no reminder is left: next comes the escalation
        (8, 42.5, 49, 8),  # not right after the snooze
        (9, 60, None, 9),  # it was escalated before: back once, and quiet again
    ],
)
def test_the_end_of_a_snooze_is_one_prompt_that_replaces_all_missed_stages(
    stages_passed: int, ends: float, following: float | None, then_past: int
) -> None:
    assert next_step(DUE_AT, stages_passed, after(ends), after(ends) - SECOND, snooze=2) is None
    planned = None if following is None else after(following)
    assert next_step(DUE_AT, stages_passed, after(ends), after(ends), snooze=2) == Step(
        "snooze_2", after(ends), then_past, planned
    )


def test_the_operator_may_choose_other_days() -> None:
    every_day = [DUE_AT + number * DAY for number in range(60)]
    steps = history(every_day, days=(2, 9))
    assert [(step.stage, step.scheduled_at) for step in steps] == [
        ("due", DUE_AT),
        ("day_2", after(2)),
        ("day_9", after(9)),
        ("escalation", after(14)),
    ]
    assert [step.stage for step in history(every_day, days=())] == ["due", "escalation"]


def test_other_days_chosen_in_the_middle_lose_no_prompt_and_send_none_early() -> None:
    sooner = next_step(DUE_AT, 1, after(1), after(1), days=(2, 9))  # planned while day 1 was in the list
    assert sooner == Step("day_2", after(1), 2, after(9))
    fewer = next_step(DUE_AT, 6, after(28), after(28), days=(2, 9))
    assert fewer is not None
    assert (fewer.stage, fewer.next_at) == ("escalation", None)


@pytest.mark.parametrize(
    "deadline",
    [
        datetime(2025, 3, 29, 23, 59, 59, tzinfo=ZoneInfo("Europe/Berlin")),  # the day that follows has 23 hours
        datetime(2025, 10, 25, 23, 59, 59, tzinfo=ZoneInfo("Europe/Berlin")),  # 25
        datetime(2025, 4, 5, 23, 59, 59, tzinfo=ZoneInfo("Australia/Lord_Howe")),  # 24 and a half
    ],
)
def test_a_night_of_daylight_saving_moves_no_reminder(deadline: datetime) -> None:
    due_at = deadline.astimezone(UTC)
    step = next_step(due_at, 0, due_at, due_at)
    assert step is not None
    assert step.next_at is not None
    assert step.next_at - due_at == timedelta(hours=24)
    on_the_wall = step.next_at.astimezone(deadline.tzinfo)
    assert (on_the_wall.hour, on_the_wall.minute) != (23, 59), "the wall shows another time of day, as it should"


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "Pacific/Kiritimati"])
def test_a_deadline_at_midnight_before_a_leap_day_is_reminded_of_on_the_leap_day(zone: str) -> None:
    midnight = datetime(2028, 2, 28, tzinfo=ZoneInfo(zone))
    due_at = midnight.astimezone(UTC)
    step = next_step(due_at, 0, due_at, due_at)
    assert step is not None
    assert step.scheduled_at == due_at
    assert step.next_at is not None
    assert step.next_at.astimezone(midnight.tzinfo) == datetime(2028, 2, 29, tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("day", "name"), [(0, "due"), (1, "day_1"), (7, "day_7"), (8, "day_8"), (14, "week_2"), (35, "week_5")]
)
def test_stages_are_named_after_days_and_weeks(day: int, name: str) -> None:
    assert stage_name(day) == name


SWEEPS = st.lists(
    st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=500)).map(lambda gap: DUE_AT + gap),
    min_size=1,
    max_size=40,
).map(sorted)
DAYS = st.sets(st.integers(1, 90), max_size=8).map(lambda chosen: tuple(sorted(chosen)))


@given(sweeps=SWEEPS, days=DAYS)
def test_the_rules_hold_whenever_sweeps_run(sweeps: list[datetime], days: tuple[int, ...]) -> None:
    steps = history(sweeps, days=days)
    stages = [step.stage for step in steps]
    assert stages[0] == "due", "the first is never skipped"
    assert len(set(stages)) == len(stages), "no stage comes twice"
    assert "escalation" not in stages[:-1], "the escalation is the last"
    assert len(steps) <= len(days) + 2, "it ends"
    times = [step.scheduled_at for step in steps]
    assert times == sorted(set(times)), "time goes on from stage to stage"
    assert all((time - DUE_AT) % DAY == timedelta(0) for time in times), "times derive from the deadline"
    assert all(
        not (time - DUE_AT) % timedelta(weeks=1)
        for time, name in zip(times, stages, strict=True)
        if name == "escalation"
    ), "and the escalation from its weeks"


@given(sweeps=SWEEPS, days=DAYS)
def test_each_prompt_comes_at_its_time_or_later_and_at_the_first_sweep_after_it(
    sweeps: list[datetime], days: tuple[int, ...]
) -> None:
    stages_passed, planned_at = 0, DUE_AT
    for now in sweeps:
        step = next_step(DUE_AT, stages_passed, planned_at, now, days=days)
        assert (step is not None) == (now >= planned_at), "due for a prompt, or not: nothing in between"
        if step is None:
            continue
        assert step.scheduled_at <= now
        if step.next_at is None:
            return
        rest = MIN_GAP_BEFORE_ESCALATION if step.stages_passed > len(days) else MIN_GAP
        assert step.next_at - now >= rest, "people have time to answer"
        stages_passed, planned_at = step.stages_passed, step.next_at


@given(sweeps=SWEEPS, days=DAYS, extra=st.integers(0, 39))
def test_a_sweep_more_that_finds_nothing_to_do_changes_nothing(
    sweeps: list[datetime], days: tuple[int, ...], extra: int
) -> None:
    again = sorted([*sweeps, sweeps[extra % len(sweeps)]])
    assert history(again, days=days) == history(sweeps, days=days)
