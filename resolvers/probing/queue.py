"""Probing: due questions are claimed by exactly one process, looked into, and what came of it is booked.

A claim is a lease. Whoever dies while looking loses it, and another process looks again; whoever comes back too late
finds the lease gone, and what it saw is dropped.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import and_, or_
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import Select

from predictions.models import Question
from predictions.outcomes import UNRESOLVED
from resolvers.probing.attempt import PROBE_SECONDS, ProbeResult
from resolvers.probing.models import AttachedResolver
from resolvers.probing.proposals import record_finding
from resolvers.probing.source_state import next_probe_at
from resolvers.sources.interface import ProbedQuestion

#: Longer than any look: its own limit, and one more call that began just before.
LEASE_SECONDS = PROBE_SECONDS + 120.0
FIRST_PAUSE = timedelta(minutes=10)
LONGEST_WAIT = timedelta(days=1)
MAX_LINES, MAX_LINE, MAX_REASON = 50, 500, 4_000


@dataclass(frozen=True)
class ClaimedProbe:
    """A question that this process alone looks into, until the lease ends."""

    question: ProbedQuestion
    resolver: str
    config: dict[str, object]
    token: str


def due_probes(now: datetime) -> Select[AttachedResolver, Question]:
    """What is to be probed now: also a question declared decided before its probing was to start."""
    is_time = col(AttachedResolver.next_probe_at) <= now
    sooner = and_(col(Question.due_at) <= now, col(AttachedResolver.probed_at).is_(None))
    free = or_(col(AttachedResolver.lease_until).is_(None), col(AttachedResolver.lease_until) <= now)
    return (
        select(AttachedResolver, Question)
        .join(Question, col(Question.id) == col(AttachedResolver.question_id))
        .where(col(Question.status).in_(UNRESOLVED), ~col(AttachedResolver.paused), free, or_(is_time, sooner))
        .order_by(col(AttachedResolver.next_probe_at), col(AttachedResolver.question_id))
    )


def claim_probes(
    session: Session, *, now: datetime, limit: int, lease_seconds: float = LEASE_SECONDS
) -> list[ClaimedProbe]:
    """Claim up to ``limit`` due probes. A question that was postponed meanwhile is put off until its time."""
    query = due_probes(now).limit(limit).with_for_update(skip_locked=True, of=AttachedResolver)
    claimed = []
    for row, question in session.execute(query.execution_options(populate_existing=True)).all():
        start = question.due_at - timedelta(hours=row.lead_hours)
        if now < start:
            row.next_probe_at = start
            continue
        row.lease_token, row.lease_until = uuid4().hex, now + timedelta(seconds=lease_seconds)
        claimed.append(ClaimedProbe(ProbedQuestion.of(question), row.resolver, row.config, row.lease_token))
    session.flush()
    return claimed


def record_probe(
    session: Session,
    claimed: ClaimedProbe,
    look: ProbeResult,
    *,
    now: datetime,
    draw: Callable[[], float] = random.random,
) -> bool:
    """Put on record how a look went, with its proposal if there is one; False where the lease was lost meanwhile."""
    row = _still_ours(session, claimed)
    if row is None:
        return False
    question = session.get_one(Question, row.question_id)
    reason = look.reason
    if look.proposal is not None:
        reason = f"{reason}; {record_finding(session, row, question, look.proposal, now)}"
    row.state, row.reason, row.probed_at = look.state, reason[:MAX_REASON], now
    row.observed = [line[:MAX_LINE] for line in look.observed[:MAX_LINES]]
    row.failures = 0 if look.good else row.failures + 1
    row.last_good_at = now if look.good else row.last_good_at
    row.next_probe_at = _next(row, question, look, now, draw)
    row.lease_token = row.lease_until = None
    session.flush()
    return True


def release_probe(session: Session, claimed: ClaimedProbe) -> None:
    """End a lease without a look, so that another process need not wait for its end."""
    row = _still_ours(session, claimed)
    if row is not None:
        row.lease_token = row.lease_until = None
        session.flush()


def _still_ours(session: Session, claimed: ClaimedProbe) -> AttachedResolver | None:
    query = select(AttachedResolver).where(
        col(AttachedResolver.question_id) == claimed.question.id, col(AttachedResolver.lease_token) == claimed.token
    )
    return session.exec(query.with_for_update().execution_options(populate_existing=True)).first()


def _next(
    row: AttachedResolver, question: Question, look: ProbeResult, now: datetime, draw: Callable[[], float]
) -> datetime:
    """After a good look the usual interval; after others sooner at first, but not before the source wants it.

    When the question comes due in between, it is looked into just then, beside the prompt that goes out.
    """
    interval = timedelta(minutes=row.every_minutes)
    if not look.good:
        interval = min(interval, FIRST_PAUSE * 2 ** min(row.failures - 1, 10))
        interval = max(interval, min(timedelta(seconds=look.retry_after or 0), LONGEST_WAIT))
    lead = timedelta(hours=row.lead_hours)
    planned = next_probe_at(now, question.due_at, interval=interval, lead=lead, draw=draw)
    if look.good and now < question.due_at < planned:
        return question.due_at + min(interval, FIRST_PAUSE) * draw()
    return planned
