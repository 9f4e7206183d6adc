"""Counts and ages for monitoring the sources of resolvers."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from predictions.models import Question
from resolvers.probing.models import AttachedResolver, ProbeStatus, SourceHost


def count_resolvers(session: Session) -> Mapping[ProbeStatus, int]:
    """Return the number of attached resolvers by the state of their last probe; a state without any is left out."""
    state = col(AttachedResolver.state)
    return {row[0]: row[1] for row in session.execute(select(state, func.count()).group_by(state))}


def count_paused_hosts(session: Session) -> int:
    """Return the number of hosts that get no requests for now, after repeated failures."""
    query = select(func.count()).select_from(SourceHost).where(col(SourceHost.broken))
    return int(session.execute(query).scalar_one())


def oldest_good_check(session: Session) -> datetime | None:
    """Return the time of the last success of the active resolver for which it is longest ago; None without any.

    The time of attachment counts for a resolver that never succeeded. Active are those that have probed, are not
    paused, and whose question has no outcome.
    """
    last_success = func.min(func.coalesce(AttachedResolver.last_good_at, AttachedResolver.attached_at))
    active = (
        ~col(AttachedResolver.paused),
        col(AttachedResolver.probed_at).is_not(None),
        col(Question.outcome).is_(None),
    )
    query = select(last_success).join(Question, col(Question.id) == col(AttachedResolver.question_id)).where(*active)
    oldest: datetime | None = session.execute(query).scalar()
    return oldest
