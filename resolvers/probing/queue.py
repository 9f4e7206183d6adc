"""The queue of probes: claim due questions for one process, and record the results.

A claim is a lease. If a process ends during a probe, its lease expires and another process probes again; a result
that arrives after the lease has expired is discarded.
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
from resolvers.clock import CLOCK_TOLERANCE
from resolvers.probing.attempt import PROBE_SECONDS, ProbeResult
from resolvers.probing.configuration import pause
from resolvers.probing.follow_up import is_followed_up
from resolvers.probing.models import AttachedResolver, ProbeStatus
from resolvers.probing.proposals import record_finding
from resolvers.probing.source_state import next_probe_at
from resolvers.sources.interface import ProbedQuestion

#: Longer than any probe: its time limit, and one more request that started just before.
LEASE_SECONDS = PROBE_SECONDS + 120.0
FIRST_RETRY = timedelta(minutes=10)
LONGEST_WAIT = timedelta(days=1)
MAX_LINES, MAX_LINE, MAX_REASON = 50, 500, 4_000


@dataclass(frozen=True)
class ClaimedProbe:
    """A question that only this process probes until its lease ends."""

    question: ProbedQuestion
    resolver: str
    config: dict[str, object]
    token: str


def due_probes_query(now: datetime) -> Select[AttachedResolver, Question]:
    """Return the query for due probes, including those that were planned before the question came due earlier.

    That is: it was declared decided before probing was to start, or its deadline was corrected to an earlier instant.
    Questions with an outcome are probed again for a while (``follow_up``).
    """
    in_the_future = now + CLOCK_TOLERANCE  # what happened then was recorded while the clock ran ahead
    planned = or_(col(AttachedResolver.next_probe_at) <= now, col(AttachedResolver.probed_at) > in_the_future)
    never_probed = and_(col(Question.due_at) <= now, col(AttachedResolver.probed_at).is_(None))
    overtaken = and_(
        col(Question.due_at) <= now - FIRST_RETRY,  # until then the probe at the deadline is still to come
        col(AttachedResolver.probed_at) < col(Question.due_at),
        col(AttachedResolver.failures) == 0,
    )
    unresolved = col(Question.status).in_(UNRESOLVED)
    wanted = or_(and_(unresolved, planned | never_probed | overtaken), and_(~unresolved, is_followed_up(now)))
    lease_until = col(AttachedResolver.lease_until)
    too_long = in_the_future + timedelta(seconds=LEASE_SECONDS)
    free = or_(lease_until.is_(None), lease_until <= now, lease_until > too_long)
    return (
        select(AttachedResolver, Question)
        .join(Question, col(Question.id) == col(AttachedResolver.question_id))
        .where(~col(AttachedResolver.paused), free, wanted)
        .order_by(col(AttachedResolver.next_probe_at), col(AttachedResolver.question_id))
    )


def claim_probes(
    session: Session, *, now: datetime, limit: int, lease_seconds: float = LEASE_SECONDS
) -> list[ClaimedProbe]:
    """Claim up to ``limit`` due probes. If the question was postponed, its probes are postponed too."""
    query = due_probes_query(now).limit(limit).with_for_update(skip_locked=True, of=AttachedResolver)
    claimed = []
    for row, question in session.execute(query.execution_options(populate_existing=True)).all():
        start = question.due_at - timedelta(hours=row.lead_hours)
        if now < start and question.outcome is None:
            row.next_probe_at = start
            continue
        row.lease_token, row.lease_until = uuid4().hex, now + timedelta(seconds=lease_seconds)
        claimed.append(ClaimedProbe(ProbedQuestion.of(question), row.resolver, row.config, row.lease_token))
    session.flush()
    return claimed


def record_probe(
    session: Session,
    claimed: ClaimedProbe,
    result: ProbeResult,
    *,
    now: datetime,
    draw: Callable[[], float] = random.random,
) -> bool:
    """Record a result, with its proposal if there is one; return False if the lease was lost."""
    row = _locked_if_held(session, claimed)
    if row is None:
        return False
    question = session.get_one(Question, row.question_id)
    state, reason = result.state, result.reason
    if result.proposal is not None:
        recorded, sentence = record_finding(session, row, question, result.proposal, now)
        state, reason = state if recorded else ProbeStatus.NOTHING, f"{reason}; {sentence}"
    if result.final and not row.paused:
        pause(session, row, question, now=now, actor=f"resolver {row.resolver}")
        reason = f"{reason}; probing is paused, as the source will say no more"
    row.state, row.reason, row.probed_at = state, reason[:MAX_REASON], now
    row.observed = [line[:MAX_LINE] for line in result.observed[:MAX_LINES]]
    row.failures = 0 if result.succeeded else row.failures + 1
    row.last_good_at = now if result.succeeded else row.last_good_at
    row.next_probe_at = _next_probe_at(row, question, result, now, draw)
    row.lease_token = row.lease_until = None
    session.flush()
    return True


def release_probe(session: Session, claimed: ClaimedProbe) -> None:
    """End a lease without a result, so that another process can claim the probe at once."""
    row = _locked_if_held(session, claimed)
    if row is not None:
        row.lease_token = row.lease_until = None
        session.flush()


def _locked_if_held(session: Session, claimed: ClaimedProbe) -> AttachedResolver | None:
    query = select(AttachedResolver).where(
        col(AttachedResolver.question_id) == claimed.question.id, col(AttachedResolver.lease_token) == claimed.token
    )
    return session.exec(query.with_for_update().execution_options(populate_existing=True)).first()


def _next_probe_at(
    row: AttachedResolver, question: Question, result: ProbeResult, now: datetime, draw: Callable[[], float]
) -> datetime:
    """Return the next time: after a success the interval; after a failure sooner, but not before Retry-After.

    If the question comes due before that, it is probed when it comes due, at the time of the first prompt. For one
    with an outcome the deadline is of no matter any more.
    """
    interval = timedelta(minutes=row.every_minutes)
    if not result.succeeded:
        interval = min(interval, FIRST_RETRY * 2 ** min(row.failures - 1, 10))
        interval = max(interval, min(timedelta(seconds=result.retry_after or 0), LONGEST_WAIT))
    if question.outcome is not None:
        return now + interval * (1 + draw() / 10)
    lead = timedelta(hours=row.lead_hours)
    planned = next_probe_at(now, question.due_at, interval=interval, lead=lead, draw=draw)
    if result.succeeded and now < question.due_at < planned:
        return question.due_at + min(interval, FIRST_RETRY) * draw()
    return planned
