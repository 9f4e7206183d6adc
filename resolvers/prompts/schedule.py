"""The schedule of prompts for a due question: at the deadline, then reminders, then one escalation.

Pure functions. Every time is a whole number of days after ``due_at``, an instant in UTC, so neither a late sweep nor
daylight saving moves it; only the end of a snooze can be any time. Stages that were missed while no process ran, or
while the question was snoozed, are replaced by a single prompt.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

DUE = "due"
ESCALATION = "escalation"
SNOOZE = "snooze"
#: Begins the stage of the prompt about a proposal that contradicts an outcome on record; its number is the proposal's.
REVERSAL = "reversal"

#: Days after the deadline on which people are reminded; the escalation follows in the week after the last.
REMINDER_DAYS = (1, 3, 7, 14, 21, 28, 35)

#: Least time between two prompts; longer before an escalation, so that people have time to answer the last prompt.
MIN_GAP = timedelta(hours=12)
MIN_GAP_BEFORE_ESCALATION = timedelta(days=3)
_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Step:
    """One prompt, and the next one planned.

    ``stages_passed`` counts the stages before ``next_at``, missed ones included. ``next_at`` is None after the
    escalation, when prompting stops.
    """

    stage: str
    scheduled_at: datetime
    stages_passed: int
    next_at: datetime | None


def stage_name(day: int) -> str:
    """Return the name of the stage ``day`` days after the deadline: ``due``, ``day_3``, ``week_2``."""
    if day == 0:
        return DUE
    return f"week_{day // 7}" if day % 7 == 0 and day > 7 else f"day_{day}"


def reversal_step(proposal: int, planned_at: datetime, stages_passed: int) -> Step:
    """Return the one prompt about a proposal that contradicts an outcome on record."""
    return Step(f"{REVERSAL}_{proposal}", planned_at, stages_passed, None)


def next_step(
    due_at: datetime,
    stages_passed: int,
    planned_at: datetime,
    now: datetime,
    days: Sequence[int] = REMINDER_DAYS,
    *,
    snooze: int = 0,
) -> Step | None:
    """Return the prompt to send now; None before ``planned_at``.

    ``stages_passed`` stages are over, and the next was planned at ``planned_at`` (at first: 0, ``due_at``), by snooze
    number ``snooze`` unless that is 0. ``days`` are whole and increasing. The first prompt is never skipped, of missed
    reminders only the newest is sent, and the escalation never replaces missed reminders.
    """
    if now < planned_at:
        return None
    stage_days = (0, *days)
    if snooze:
        return _after_snooze(Step(f"{SNOOZE}_{snooze}", planned_at, stages_passed, None), due_at, now, stage_days)
    if stages_passed >= len(stage_days):
        return Step(ESCALATION, planned_at, len(stage_days) + 1, None)
    times = [due_at + timedelta(days=day) for day in stage_days]
    missed = [index for index, time in enumerate(times) if index > stages_passed > 0 and time <= now]
    index = missed[-1] if missed else stages_passed
    # If the reminder days were changed since, the stage may be in the future: then the planned time counts.
    scheduled_at = times[index] if times[index] <= now else planned_at
    later = [number for number, time in enumerate(times) if number > index and time >= now + MIN_GAP]
    if later:
        return Step(stage_name(stage_days[index]), scheduled_at, later[0], times[later[0]])
    return Step(
        stage_name(stage_days[index]), scheduled_at, len(stage_days), _escalation_at(due_at, now, stage_days[-1])
    )


def _after_snooze(step: Step, due_at: datetime, now: datetime, stage_days: Sequence[int]) -> Step:
    """Return ``step``, which ends a snooze and replaces all missed stages, with the next stage after ``MIN_GAP``."""
    if step.stages_passed > len(stage_days):
        return step
    times = enumerate(due_at + timedelta(days=day) for day in stage_days)
    later = [(number, time) for number, time in times if number >= step.stages_passed and time >= now + MIN_GAP]
    stages_passed, next_at = later[0] if later else (len(stage_days), _escalation_at(due_at, now, stage_days[-1]))
    return replace(step, stages_passed=stages_passed, next_at=next_at)


def _escalation_at(due_at: datetime, now: datetime, last_day: int) -> datetime:
    """Return the first whole week after the last reminder that leaves time to answer a prompt sent now."""
    at = due_at + (last_day // 7 + 1) * _WEEK
    shortfall = now + MIN_GAP_BEFORE_ESCALATION - at
    return at + -(-shortfall // _WEEK) * _WEEK if shortfall > timedelta(0) else at
