"""Probes of questions that have an outcome: for a while their sources are read again, at a slower rate.

A market is un-resolved, a list corrected, a publication entered later. What contradicts the outcome on record is a
proposal like any other: a person decides, and a resolver never changes a resolution.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, exists, func, or_, select
from sqlmodel import col

from predictions.enums import ANNULLED
from predictions.models import Question, Resolution
from resolvers.probing.models import AttachedResolver

#: Disputes of markets end within days, and corrections of official lists come with their next publications.
FOLLOW_UP = timedelta(days=30)
FOLLOW_UP_EVERY = timedelta(days=1)


def is_followed_up(now: datetime) -> Any:
    """Return the condition for a question whose outcome is to be compared with its source now.

    Its newest resolution is a day to 30 days old and rests on more than a failed condition, and the last probe is a
    day ago. The planned time counts too, unless it was planned before the resolution, perhaps for a later deadline.
    """
    newest = (
        select(func.max(Resolution.id)).where(col(Resolution.question_id) == Question.id).correlate(Question)
    ).scalar_subquery()
    resolved_at, probed_at = col(Resolution.resolved_at), col(AttachedResolver.probed_at)
    day_ago = now - FOLLOW_UP_EVERY
    return exists().where(
        col(Resolution.id) == newest,
        or_(~col(Resolution.automatic), col(Resolution.outcome) != ANNULLED),
        and_(resolved_at > now - FOLLOW_UP, resolved_at <= day_ago),
        or_(probed_at.is_(None), probed_at <= day_ago),
        or_(col(AttachedResolver.next_probe_at) <= now, probed_at.is_(None), probed_at < resolved_at),
    )


def next_follow_up(row: AttachedResolver, resolution: Resolution | None) -> datetime | None:
    """Return when the source of a question with this newest resolution is read again; None if it is not."""
    if resolution is None or (resolution.automatic and resolution.outcome == ANNULLED):
        return None
    earliest = resolution.resolved_at + FOLLOW_UP_EVERY
    if row.probed_at is not None:
        earliest = max(earliest, row.probed_at + FOLLOW_UP_EVERY)
        if row.probed_at >= resolution.resolved_at:
            earliest = max(earliest, row.next_probe_at)
    return earliest if earliest < resolution.resolved_at + FOLLOW_UP else None
