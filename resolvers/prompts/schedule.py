"""When people are prompted about a due question: at its deadline, then in reminders, at last by an escalation.

Pure. Every time is a whole number of days after ``due_at``, an instant in UTC: neither a late sweep nor daylight
saving moves it; only the end of a snooze is whenever somebody chose. What was missed while nothing ran, or the
question was snoozed, is made up for by one prompt, not by a flood.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

DUE = "due"
ESCALATION = "escalation"
SNOOZE = "snooze"

#: Days after the deadline on which people are reminded; the escalation comes on the week after the last.
REMINDER_DAYS = (1, 3, 7, 14, 21, 28, 35)

#: Of two prompts at least this far apart; more before an escalation, so that there is time to answer the one before.
REST = timedelta(hours=12)
REST_BEFORE_ESCALATION = timedelta(days=3)
_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Step:
    """One prompt, and what is planned after it.

    ``past`` counts the stages that lie behind the question then, missed ones too. ``next_at`` is None after the
    escalation: prompting stops.
    """

    stage: str
    scheduled_at: datetime
    past: int
    next_at: datetime | None


def stage_name(day: int) -> str:
    """What the stage ``day`` days after the deadline is called: ``due``, ``day_3``, ``week_2``."""
    if day == 0:
        return DUE
    return f"week_{day // 7}" if day % 7 == 0 and day > 7 else f"day_{day}"


def next_step(
    due_at: datetime,
    past: int,
    planned_at: datetime,
    now: datetime,
    days: Sequence[int] = REMINDER_DAYS,
    *,
    snooze: int = 0,
) -> Step | None:
    """The prompt that is to go out now; None before ``planned_at``.

    ``past`` stages lie behind the question and the next was planned at ``planned_at`` (at first: 0, ``due_at``), by
    the ``snooze``th snooze unless that is 0. ``days`` are whole and rising. The first prompt is never skipped, of
    missed reminders only the newest goes out, and the escalation is never the one that makes up for them.
    """
    if now < planned_at:
        return None
    marks = (0, *days)
    if snooze:
        return _after_snooze(Step(f"{SNOOZE}_{snooze}", planned_at, past, None), due_at, now, marks)
    if past >= len(marks):
        return Step(ESCALATION, planned_at, len(marks) + 1, None)
    times = [due_at + timedelta(days=day) for day in marks]
    missed = [index for index, time in enumerate(times) if index > past > 0 and time <= now]
    index = missed[-1] if missed else past
    # Planned for an earlier list of days, a stage may lie ahead in the present one: its time is then the planned one.
    scheduled_at = times[index] if times[index] <= now else planned_at
    later = [number for number, time in enumerate(times) if number > index and time >= now + REST]
    if later:
        return Step(stage_name(marks[index]), scheduled_at, later[0], times[later[0]])
    return Step(stage_name(marks[index]), scheduled_at, len(marks), _escalation_at(due_at, now, marks[-1]))


def _after_snooze(step: Step, due_at: datetime, now: datetime, marks: Sequence[int]) -> Step:
    """``step`` ends a snooze: it stands for all that was missed, and planned after it is what leaves people a rest."""
    if step.past > len(marks):
        return step
    times = enumerate(due_at + timedelta(days=day) for day in marks)
    later = [(number, time) for number, time in times if number >= step.past and time >= now + REST]
    past, next_at = later[0] if later else (len(marks), _escalation_at(due_at, now, marks[-1]))
    return replace(step, past=past, next_at=next_at)


def _escalation_at(due_at: datetime, now: datetime, last_day: int) -> datetime:
    """The first whole week after the last reminder that leaves time to answer a prompt made now."""
    at = due_at + (last_day // 7 + 1) * _WEEK
    late = now + REST_BEFORE_ESCALATION - at
    return at + -(-late // _WEEK) * _WEEK if late > timedelta(0) else at
