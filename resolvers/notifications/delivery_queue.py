"""The bookkeeping of the outbox: which deliveries to attempt now, what an answer does to one, the log, sending again.

A claim counts the attempt and takes a lease under a new token; only the holder of the token may finish it. A holder
that slept past its lease finds its token gone and changes nothing.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import bindparam, insert, null, select, update
from sqlmodel import Session, col

from predictions.enums import QuestionStatus
from predictions.errors import Conflict
from predictions.models import Question, row_id
from predictions.questions.triage import is_snoozed
from resolvers.notifications.channels import switch
from resolvers.notifications.digests import MAX_PROMPTS, build_digest, lock_channel, propagate_state
from resolvers.notifications.models import Channel, Delivery, DeliveryAttempt, DeliveryState
from resolvers.notifications.quiet_hours import is_quiet
from resolvers.notifications.retry_policy import RetryPolicy
from resolvers.notifications.sender import DeliveryResult, OutgoingMessage, SendResult, outgoing_message
from resolvers.prompts.models import Prompt

log = logging.getLogger(__name__)


# Built once: these run for every message, and building a statement costs more than running it.
_DELIVERY: Any = Delivery.__table__  # type: ignore[attr-defined]
_ATTEMPT: Any = DeliveryAttempt.__table__  # type: ignore[attr-defined]
_IS_PENDING = _DELIVERY.c.state == DeliveryState.PENDING
_CLOSED = {
    "state": bindparam("state_"),
    "finished_at": bindparam("finished_at_"),
    "last_error": bindparam("last_error_"),
    "lease_token": null(),
    "lease_until": null(),
}
#: The row as it was read: whoever was quicker has counted another attempt, or closed it.
_AS_READ = update(_DELIVERY).where(
    _DELIVERY.c.id == bindparam("id_"), _IS_PENDING, _DELIVERY.c.attempts == bindparam("seen_")
)
_TAKE = _AS_READ.values(
    attempts=_DELIVERY.c.attempts + 1,
    lease_token=bindparam("token_"),
    lease_until=bindparam("until_"),
    next_at=bindparam("until_"),
)
_CLOSE = _AS_READ.values(_CLOSED)
_FINISH = (
    update(_DELIVERY)
    .where(_DELIVERY.c.id == bindparam("id_"), _IS_PENDING, _DELIVERY.c.lease_token == bindparam("token_"))
    .values(_CLOSED | {"next_at": bindparam("next_at_")})
)
_TELL = (
    update(_ATTEMPT)
    .where(_ATTEMPT.c.delivery_id == bindparam("id_"), _ATTEMPT.c.number == bindparam("number_"))
    .values(finished_at=bindparam("now_"), status_code=bindparam("status_"), error=bindparam("error_"))
)
_OF_CHANNEL = (
    _DELIVERY.c.channel_id == bindparam("channel_"),
    _IS_PENDING,
    _DELIVERY.c.next_at <= bindparam("now_"),
)
_CLOSE_ALL = update(_DELIVERY).where(*_OF_CHANNEL).values(_CLOSED)
# Two queries by key: in one, or with conditions on the question, PostgreSQL goes by statistics that a sweep outdates.
_WAITING = (
    select(*(_DELIVERY.c[name] for name in ("id", "prompt_id", "attempts", "lease_token", "message_id", "payload")))
    .where(*_OF_CHANNEL, _DELIVERY.c.digest_id.is_(None))
    .order_by(_DELIVERY.c.next_at)
    .limit(bindparam("limit_"))
    .with_for_update(skip_locked=True)
)
_ASKED: Any = (
    select(
        *(col(Prompt.id), col(Prompt.due_at).label("prompted_for"), col(Question.status), col(Question.due_at)),
        *(col(Question.snoozed_until), col(Question.next_prompt_at)),
    )
    .join(Question, col(Question.id) == col(Prompt.question_id))
    .where(col(Prompt.id).in_(bindparam("prompts_", expanding=True)))
)


@dataclass(frozen=True)
class ClaimedDelivery:
    """A delivery that is this process's to attempt, until its lease ends; of no single prompt if it is a digest."""

    id: int
    prompt_id: int | None
    channel_id: int
    token: str
    attempt: int
    outgoing: OutgoingMessage


def claim(
    session: Session, channel: Channel, limit: int, now: datetime, terms: RetryPolicy
) -> tuple[list[ClaimedDelivery], int]:
    """Up to ``limit`` deliveries of a channel whose time has come, each with its attempt on record.

    What need not be sent any more is closed on the way, or goes into a digest: how many, is the second value. In quiet
    hours there is nothing to do. A lease moves ``next_at`` to its end, so what is being sent by someone is not looked
    at. Commit before sending.
    """
    if not channel.enabled:
        return [], _close_all(session, channel, now)
    if is_quiet(channel, now):
        return [], 0
    if channel.digest_at is None:
        rows, closed = _wanted(session, channel, limit, now, terms)
        return _take(session, channel, rows, now, terms), closed
    lock_channel(session, channel)
    rows, closed = _wanted(session, channel, MAX_PROMPTS, now, terms)
    loose = [row.id for row in rows if row.prompt_id is not None and row.attempts == 0]
    if loose:
        build_digest(session, channel, loose, now)
        return [], closed + len(loose)
    return _take(session, channel, rows[:limit], now, terms), closed


def _wanted(session: Session, channel: Channel, limit: int, now: datetime, terms: RetryPolicy) -> tuple[list[Any], int]:
    """Up to ``limit`` rows whose time has come, without those that are closed instead; and how many these are."""
    connection = session.connection()
    rows = connection.execute(_WAITING, {"channel_": row_id(channel), "limit_": limit, "now_": now}).all()
    asked = connection.execute(_ASKED, {"prompts_": [row.prompt_id for row in rows]}).all()
    not_wanted = {each.id: reason for each in asked if (reason := _why_not_wanted(each))}
    wanted: list[Any] = []
    closed = 0
    for row in rows:
        closing = _reason_to_close(row, not_wanted.get(row.prompt_id), terms)
        if closing is None:
            wanted.append(row)
        else:
            seen = {"id_": row.id, "seen_": row.attempts}
            closed += connection.execute(_CLOSE, seen | _closed(*closing, now)).rowcount
    return wanted, closed


def _take(
    session: Session, channel: Channel, rows: list[Any], now: datetime, terms: RetryPolicy
) -> list[ClaimedDelivery]:
    """A lease and an attempt on record for each of these rows, but for those that another has taken meanwhile."""
    connection, until = session.connection(), now + timedelta(seconds=terms.lease_seconds)
    claimed: list[ClaimedDelivery] = []
    for row in rows:
        mine = ClaimedDelivery(
            id=row.id,
            prompt_id=row.prompt_id,
            channel_id=row_id(channel),
            token=uuid4().hex,
            attempt=row.attempts + 1,
            outgoing=outgoing_message(channel, row.message_id, row.payload),
        )
        taken = {"id_": row.id, "seen_": row.attempts, "token_": mine.token, "until_": until}
        if connection.execute(_TAKE, taken).rowcount:
            claimed.append(mine)
    if claimed:
        attempts = [
            {"delivery_id": each.id, "number": each.attempt, "started_at": now, "error": ""} for each in claimed
        ]
        connection.execute(insert(_ATTEMPT), attempts)
    return claimed


def _why_not_wanted(asked: Any) -> str | None:
    if asked.status is not QuestionStatus.DUE or asked.due_at != asked.prompted_for:
        return "the question is no longer due"
    return "the question was snoozed: another message comes when it wakes" if is_snoozed(asked) else None


def _reason_to_close(row: Any, not_wanted: str | None, terms: RetryPolicy) -> tuple[DeliveryState, str] | None:
    if not_wanted:
        return DeliveryState.CANCELLED, not_wanted
    if row.lease_token is not None and row.attempts % len(terms.retry_seconds) == 0:
        return DeliveryState.DEAD, "the last attempt was cut short: whether it arrived is not known"
    return None


def _close_all(session: Session, channel: Channel, now: datetime) -> int:
    reason = f"the channel is disabled: {channel.disabled_reason or 'by an admin'}"
    which = {"channel_": row_id(channel), "now_": now}
    return session.connection().execute(_CLOSE_ALL, which | _closed(DeliveryState.DEAD, reason, now)).rowcount


def finish(
    session: Session, claimed: ClaimedDelivery, answer: SendResult, now: datetime, terms: RetryPolicy
) -> DeliveryState | None:
    """Book the answer to an attempt: the delivery's new state; None where the lease was lost meanwhile."""
    connection = session.connection()
    told = {"now_": now, "status_": answer.status_code, "error_": answer.detail}
    connection.execute(_TELL, {"id_": claimed.id, "number_": claimed.attempt} | told)
    state, next_at = _after(claimed, answer, now, terms)
    closed = _closed(state, answer.detail, None if state is DeliveryState.PENDING else now)
    ours = {"id_": claimed.id, "token_": claimed.token, "next_at_": next_at}
    if not connection.execute(_FINISH, ours | closed).rowcount:
        log.warning("delivery %d: attempt %d lost its lease; its answer changes nothing", claimed.id, claimed.attempt)
        return None
    if claimed.prompt_id is None and state is not DeliveryState.PENDING:
        propagate_state(session, claimed.id, state, answer.detail, now)
    if answer.verdict is DeliveryResult.GONE:
        _disable(session, claimed, answer.detail)
    return state


def _after(
    claimed: ClaimedDelivery, answer: SendResult, now: datetime, terms: RetryPolicy
) -> tuple[DeliveryState, datetime]:
    if answer.verdict is DeliveryResult.DELIVERED:
        return DeliveryState.DELIVERED, now
    wait = terms.wait(claimed.attempt, answer.retry_after) if answer.verdict is DeliveryResult.PASSING else None
    return (DeliveryState.DEAD, now) if wait is None else (DeliveryState.PENDING, now + wait)


def _disable(session: Session, claimed: ClaimedDelivery, reason: str) -> None:
    """Disable the channel, unless somebody has set another target since."""
    channel = session.get(Channel, claimed.channel_id, populate_existing=True)
    if channel is not None and channel.target == claimed.outgoing.target:
        switch(channel, enabled=False, reason=reason)
        session.flush()


def _closed(state: DeliveryState, reason: str, at: datetime | None) -> dict[str, Any]:
    return {"state_": state, "finished_at_": at, "last_error_": reason}


def resend(session: Session, delivery: Delivery, *, now: datetime) -> None:
    """Send a dead letter, or what was delivered before, once more with the same message id.

    One that a digest carried goes alone, or with the next digest. Raises ``Conflict`` where it is still to be sent,
    was cancelled, or its channel is disabled.
    """
    if delivery.state is DeliveryState.PENDING:
        raise Conflict(f"delivery {delivery.id} is still to be sent, at {delivery.next_at.isoformat()}: wait for that")
    if delivery.state is DeliveryState.CANCELLED:
        raise Conflict(f"delivery {delivery.id} was cancelled: {delivery.last_error}")
    if not session.get_one(Channel, delivery.channel_id).enabled:
        raise Conflict("the channel is disabled: enable it first")
    delivery.state, delivery.next_at, delivery.finished_at = DeliveryState.PENDING, now, None
    delivery.digest_id = None
    session.flush()
