"""The bookkeeping of the outbox: which deliveries to attempt now, what an answer does to one, the log, sending again.

A claim counts the attempt and takes a lease under a new token; only the holder of the token may finish it. A holder
that slept past its lease finds its token gone and changes nothing.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import uuid4

from sqlalchemy import CursorResult, Row, Update, insert, select, update
from sqlmodel import Session, col

from predictions.columns import QuestionStatus
from predictions.errors import Conflict
from predictions.models import Question, key
from resolvers.channels import Answer, Outgoing, Verdict, outgoing, switch
from resolvers.models import Channel, Delivery, DeliveryAttempt, DeliveryState, Prompt

#: Seconds before each attempt, counted from the one before: the schedule that Standard Webhooks recommends.
RETRY_SECONDS = (0, 5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 10 * 3600)
LONGEST_RETRY_AFTER_SECONDS = 24 * 3600
LEASE_SECONDS = 60.0

Jitter = Callable[[float], float]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Claimed:
    """A delivery that is this process's to attempt, until its lease ends."""

    id: int
    channel_id: int
    token: str
    attempt: int
    outgoing: Outgoing


@dataclass(frozen=True)
class Terms:
    """How deliveries are claimed and retried. ``jitter`` draws the wait from the seconds planned."""

    jitter: Jitter
    retry_seconds: Sequence[float] = RETRY_SECONDS
    lease_seconds: float = LEASE_SECONDS

    def wait(self, attempt: int, retry_after: float | None) -> timedelta | None:
        """The time from a failed ``attempt`` (the first is 1) to the next; None after the last of a round.

        A delivery sent again after a round begins another.
        """
        following = attempt % len(self.retry_seconds)
        if following == 0:
            return None
        asked = min(retry_after or 0.0, LONGEST_RETRY_AFTER_SECONDS)
        return timedelta(seconds=max(self.jitter(self.retry_seconds[following]), asked))


def claim(session: Session, channel: Channel, limit: int, now: datetime, terms: Terms) -> tuple[list[Claimed], int]:
    """Up to ``limit`` deliveries of a channel whose time has come, each with its attempt on record.

    What need not be sent any more is closed on the way and counts to the limit: how many, is the second value.
    Commit before sending.
    """
    if not channel.enabled:
        return [], _close_all(session, channel, now)
    claimed: list[Claimed] = []
    closed = 0
    for row in _waiting(session, key(channel), limit, now):
        closing = _reason_to_close(row, terms)
        if closing is not None:
            closed += _change(session, _pending(row), _closed(*closing, now))
            continue
        mine = Claimed(
            id=row.id,
            channel_id=key(channel),
            token=uuid4().hex,
            attempt=row.attempts + 1,
            outgoing=outgoing(channel, row.message_id, row.payload),
        )
        until = now + timedelta(seconds=terms.lease_seconds)
        lease = {"attempts": mine.attempt, "lease_token": mine.token, "lease_until": until, "next_at": until}
        if _change(session, _pending(row), lease):
            claimed.append(mine)
    if claimed:
        attempts = [
            {"delivery_id": each.id, "number": each.attempt, "started_at": now, "error": ""} for each in claimed
        ]
        session.execute(insert(DeliveryAttempt), attempts)
    return claimed, closed


def _waiting(session: Session, channel_id: int, limit: int, now: datetime) -> Sequence[Row[Any]]:
    """The deliveries of a channel whose time has come, the longest waiting first, with what they ask about.

    A lease moves ``next_at`` to its end: what is being sent by someone is not among them.
    """
    delivery = (Delivery.id, Delivery.attempts, Delivery.lease_token, Delivery.message_id, Delivery.payload)
    columns: list[Any] = [*delivery, Question.status, Question.due_at, col(Prompt.due_at).label("prompted_for")]
    query = (
        select(*columns)
        .outerjoin(Prompt, col(Prompt.id) == col(Delivery.prompt_id))
        .outerjoin(Question, col(Question.id) == col(Prompt.question_id))
        .where(
            col(Delivery.channel_id) == channel_id,
            col(Delivery.state) == DeliveryState.PENDING,
            col(Delivery.next_at) <= now,
        )
        .order_by(col(Delivery.next_at), col(Delivery.id))
        .limit(limit)
    )
    return session.execute(query.with_for_update(of=Delivery, skip_locked=True)).all()


def _reason_to_close(row: Row[Any], terms: Terms) -> tuple[DeliveryState, str] | None:
    still_due = row.status is QuestionStatus.DUE and row.due_at == row.prompted_for
    if row.prompted_for is not None and not still_due:
        return DeliveryState.CANCELLED, "the question is no longer due"
    if row.lease_token is not None and row.attempts % len(terms.retry_seconds) == 0:
        return DeliveryState.DEAD, "the last attempt was cut short: whether it arrived is not known"
    return None


def _close_all(session: Session, channel: Channel, now: datetime) -> int:
    waiting = update(Delivery).where(
        col(Delivery.channel_id) == channel.id,
        col(Delivery.state) == DeliveryState.PENDING,
        col(Delivery.next_at) <= now,
    )
    reason = f"the channel is disabled: {channel.disabled_reason or 'by an admin'}"
    return _change(session, waiting, _closed(DeliveryState.DEAD, reason, now))


def finish(session: Session, claimed: Claimed, answer: Answer, now: datetime, terms: Terms) -> DeliveryState | None:
    """Book the answer to an attempt: the delivery's new state; None where the lease was lost meanwhile."""
    attempt = update(DeliveryAttempt).where(
        col(DeliveryAttempt.delivery_id) == claimed.id, col(DeliveryAttempt.number) == claimed.attempt
    )
    told = {"finished_at": now, "status_code": answer.status_code, "error": answer.detail}
    _change(session, attempt, told)
    values = _after(claimed, answer, now, terms)
    ours = update(Delivery).where(
        col(Delivery.id) == claimed.id,
        col(Delivery.lease_token) == claimed.token,
        col(Delivery.state) == DeliveryState.PENDING,
    )
    if not _change(session, ours, values):
        log.warning("delivery %d: attempt %d lost its lease; its answer changes nothing", claimed.id, claimed.attempt)
        return None
    if answer.verdict is Verdict.GONE:
        _disable(session, claimed, answer.detail)
    state: DeliveryState = values["state"]
    return state


def _after(claimed: Claimed, answer: Answer, now: datetime, terms: Terms) -> dict[str, Any]:
    if answer.verdict is Verdict.DELIVERED:
        return _closed(DeliveryState.DELIVERED, "", now)
    wait = terms.wait(claimed.attempt, answer.retry_after) if answer.verdict is Verdict.PASSING else None
    if wait is None:
        return _closed(DeliveryState.DEAD, answer.detail, now)
    again = {"state": DeliveryState.PENDING, "next_at": now + wait, "last_error": answer.detail}
    return again | _NO_LEASE


def _disable(session: Session, claimed: Claimed, reason: str) -> None:
    """Disable the channel, unless somebody has set another target since."""
    channel = session.get(Channel, claimed.channel_id, populate_existing=True)
    if channel is not None and channel.target == claimed.outgoing.target:
        switch(channel, enabled=False, reason=reason)
        session.flush()


_NO_LEASE = {"lease_token": None, "lease_until": None}


def _closed(state: DeliveryState, reason: str, now: datetime) -> dict[str, Any]:
    return {"state": state, "finished_at": now, "last_error": reason} | _NO_LEASE


def _pending(row: Row[Any]) -> Update:
    """The row as it was read: whoever was quicker has counted another attempt or closed it."""
    return update(Delivery).where(
        col(Delivery.id) == row.id,
        col(Delivery.state) == DeliveryState.PENDING,
        col(Delivery.attempts) == row.attempts,
    )


def _change(session: Session, where: Update, values: dict[str, Any]) -> int:
    """How many rows the UPDATE found."""
    options = {"synchronize_session": False}
    result = cast(CursorResult[Any], session.execute(where.values(**values), execution_options=options))
    return result.rowcount


def resend(session: Session, delivery: Delivery, *, now: datetime) -> None:
    """Send a dead letter, or what was delivered before, once more with the same message id.

    Raises ``Conflict`` where it is still to be sent, was cancelled, or its channel is disabled.
    """
    if delivery.state is DeliveryState.PENDING:
        raise Conflict(f"delivery {delivery.id} is still to be sent, at {delivery.next_at.isoformat()}: wait for that")
    if delivery.state is DeliveryState.CANCELLED:
        raise Conflict(f"delivery {delivery.id} was cancelled: {delivery.last_error}")
    if not session.get_one(Channel, delivery.channel_id).enabled:
        raise Conflict("the channel is disabled: enable it first")
    delivery.state, delivery.next_at, delivery.finished_at = DeliveryState.PENDING, now, None
    session.flush()
