"""The delivery queue: claim due deliveries, record the result of an attempt, and resend.

A claim counts the attempt and takes a lease under a new token; only the holder of the token may record the result.
A process whose lease has expired finds its token replaced and changes nothing.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import bindparam, insert, null, select, update
from sqlmodel import Session, col

from predictions.contests.models import WAITING, Contest
from predictions.enums import QuestionStatus
from predictions.errors import Conflict, time_text
from predictions.models import Question, row_id
from predictions.questions.triage import is_snoozed
from resolvers.notifications.channels import set_enabled
from resolvers.notifications.digests import MAX_PROMPTS, build_digest, lock_channel, propagate_state
from resolvers.notifications.models import Channel, Delivery, DeliveryAttempt, DeliveryState
from resolvers.notifications.payloads import contests_of
from resolvers.notifications.quiet_hours import is_quiet, send_time
from resolvers.notifications.retry_policy import RetryPolicy
from resolvers.notifications.sender import OutgoingMessage, SendResult, SendStatus, outgoing_message
from resolvers.prompts.inbox import is_contradicted
from resolvers.prompts.models import Prompt
from resolvers.prompts.schedule import REVERSAL

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
#: Matches the row only as it was read: another process may have counted an attempt or closed it since.
_UNCHANGED = update(_DELIVERY).where(
    _DELIVERY.c.id == bindparam("id_"), _IS_PENDING, _DELIVERY.c.attempts == bindparam("seen_")
)
_CLAIM = _UNCHANGED.values(
    attempts=_DELIVERY.c.attempts + 1,
    lease_token=bindparam("token_"),
    lease_until=bindparam("until_"),
    next_at=bindparam("until_"),
)
_CLOSE = _UNCHANGED.values(_CLOSED)
_FINISH = (
    update(_DELIVERY)
    .where(_DELIVERY.c.id == bindparam("id_"), _IS_PENDING, _DELIVERY.c.lease_token == bindparam("token_"))
    .values(_CLOSED | {"next_at": bindparam("next_at_")})
)
_FINISH_ATTEMPT = (
    update(_ATTEMPT)
    .where(_ATTEMPT.c.delivery_id == bindparam("id_"), _ATTEMPT.c.number == bindparam("number_"))
    .values(finished_at=bindparam("now_"), status_code=bindparam("status_"), error=bindparam("error_"))
)
_DUE_IN_CHANNEL = (
    _DELIVERY.c.channel_id == bindparam("channel_"),
    _IS_PENDING,
    _DELIVERY.c.next_at <= bindparam("now_"),
)
_CLOSE_ALL_DUE = update(_DELIVERY).where(*_DUE_IN_CHANNEL).values(_CLOSED)
# Two queries by key: for a join, PostgreSQL plans with statistics that a sweep makes outdated.
_DUE_ROWS = (
    select(*(_DELIVERY.c[name] for name in ("id", "prompt_id", "attempts", "lease_token", "message_id", "payload")))
    .where(*_DUE_IN_CHANNEL, _DELIVERY.c.digest_id.is_(None))
    .order_by(_DELIVERY.c.next_at)
    .limit(bindparam("limit_"))
    .with_for_update(skip_locked=True)
)
_QUESTION_STATES: Any = (
    select(
        *(col(Prompt.id), col(Prompt.due_at).label("prompted_for"), col(Question.status), col(Question.due_at)),
        *(col(Question.snoozed_until), col(Question.next_prompt_at)),
        *(col(Prompt.stage), is_contradicted().label("contradicted")),
    )
    .join(Question, col(Question.id) == col(Prompt.question_id))
    .where(col(Prompt.id).in_(bindparam("prompts_", expanding=True)))
)


def new_delivery(channel: Channel, payload: str, *, now: datetime, prompt_id: int | None = None) -> dict[str, Any]:
    """Return the row of a message that is to be sent to a channel."""
    return {
        "prompt_id": prompt_id,
        "channel_id": row_id(channel),
        "message_id": f"msg_{uuid4().hex}",
        "payload": payload,
        "state": DeliveryState.PENDING,
        "next_at": send_time(channel, now),
        "created_at": now,
    }


@dataclass(frozen=True)
class ClaimedDelivery:
    """A delivery that this process may send until its lease ends; ``prompt_id`` is None unless it is of one prompt."""

    id: int
    prompt_id: int | None
    channel_id: int
    token: str
    attempt: int
    outgoing: OutgoingMessage


def claim_deliveries(
    session: Session, channel: Channel, limit: int, now: datetime, policy: RetryPolicy
) -> tuple[list[ClaimedDelivery], int]:
    """Claim up to ``limit`` due deliveries of a channel, each with its attempt recorded.

    Deliveries that are no longer wanted are closed, and those for a digest are put into one; the second value returned
    is their number. In quiet hours nothing is claimed. A claim moves ``next_at`` to the end of its lease, so that other
    processes skip the row. Commit before sending.
    """
    if not channel.enabled:
        return [], _close_all_due(session, channel, now)
    if is_quiet(channel, now):
        return [], 0
    if channel.digest_at is None:
        rows, closed = _deliverable_rows(session, channel, limit, now, policy)
        return _claim_rows(session, channel, rows, now, policy), closed
    lock_channel(session, channel)
    rows, closed = _deliverable_rows(session, channel, MAX_PROMPTS, now, policy)
    undigested = [row.id for row in rows if row.prompt_id is not None and row.attempts == 0]
    if undigested:
        build_digest(session, channel, undigested, now)
        return [], closed + len(undigested)
    return _claim_rows(session, channel, rows[:limit], now, policy), closed


def _deliverable_rows(
    session: Session, channel: Channel, limit: int, now: datetime, policy: RetryPolicy
) -> tuple[list[Any], int]:
    """Return up to ``limit`` due rows that are still to be sent, and how many others were closed instead."""
    connection = session.connection()
    rows = connection.execute(_DUE_ROWS, {"channel_": row_id(channel), "limit_": limit, "now_": now}).all()
    question_states = connection.execute(_QUESTION_STATES, {"prompts_": [row.prompt_id for row in rows]}).all()
    cancel_reasons = {each.id: reason for each in question_states if (reason := _cancel_reason(each))}
    wanted: list[Any] = []
    closed = 0
    for row in rows:
        reason = cancel_reasons.get(row.prompt_id) or _answered(session, row.payload)
        closing = _closing_reason(row, reason, policy)
        if closing is None:
            wanted.append(row)
        else:
            as_read = {"id_": row.id, "seen_": row.attempts}
            closed += connection.execute(_CLOSE, as_read | _closing_values(*closing, now)).rowcount
    return wanted, closed


def _claim_rows(
    session: Session, channel: Channel, rows: list[Any], now: datetime, policy: RetryPolicy
) -> list[ClaimedDelivery]:
    """Lease each row and record its attempt, except rows that another process has claimed since they were read."""
    connection, until = session.connection(), now + timedelta(seconds=policy.lease_seconds)
    claimed: list[ClaimedDelivery] = []
    for row in rows:
        delivery = ClaimedDelivery(
            id=row.id,
            prompt_id=row.prompt_id,
            channel_id=row_id(channel),
            token=uuid4().hex,
            attempt=row.attempts + 1,
            outgoing=outgoing_message(channel, row.message_id, row.payload),
        )
        values = {"id_": row.id, "seen_": row.attempts, "token_": delivery.token, "until_": until}
        if connection.execute(_CLAIM, values).rowcount:
            claimed.append(delivery)
    if claimed:
        attempts = [
            {"delivery_id": each.id, "number": each.attempt, "started_at": now, "error": ""} for each in claimed
        ]
        connection.execute(insert(_ATTEMPT), attempts)
    return claimed


def _cancel_reason(question: Any) -> str | None:
    if question.stage.startswith(REVERSAL):
        return None if question.contradicted else "the proposal that contradicted the outcome is decided"
    if question.status is not QuestionStatus.DUE or question.due_at != question.prompted_for:
        return "the question is no longer due"
    return "the question was snoozed: another message follows when the snooze ends" if is_snoozed(question) else None


def _answered(session: Session, payload: str) -> str | None:
    """Return why a message about contests is no longer needed, if all of them are answered."""
    numbers = contests_of(payload)
    waiting = select(col(Contest.id)).where(col(Contest.id).in_(numbers), col(Contest.state).in_(WAITING)).limit(1)
    if numbers and session.execute(waiting).first() is None:
        return "the contests are answered"
    return None


def _closing_reason(row: Any, cancel_reasons: str | None, policy: RetryPolicy) -> tuple[DeliveryState, str] | None:
    if cancel_reasons:
        return DeliveryState.CANCELLED, cancel_reasons
    if row.lease_token is not None and row.attempts % len(policy.retry_seconds) == 0:
        return DeliveryState.DEAD, "the last attempt was interrupted: it is not known whether the message arrived"
    return None


def _close_all_due(session: Session, channel: Channel, now: datetime) -> int:
    reason = f"the channel is disabled: {channel.disabled_reason or 'by an admin'}"
    which = {"channel_": row_id(channel), "now_": now}
    values = which | _closing_values(DeliveryState.DEAD, reason, now)
    return session.connection().execute(_CLOSE_ALL_DUE, values).rowcount


def record_result(
    session: Session, claimed: ClaimedDelivery, result: SendResult, now: datetime, policy: RetryPolicy
) -> DeliveryState | None:
    """Record the result of an attempt; return the delivery's new state, or None if the lease was lost."""
    connection = session.connection()
    attempt_values = {"now_": now, "status_": result.status_code, "error_": result.detail}
    connection.execute(_FINISH_ATTEMPT, {"id_": claimed.id, "number_": claimed.attempt} | attempt_values)
    state, next_at = _next_state(claimed, result, now, policy)
    closed = _closing_values(state, result.detail, None if state is DeliveryState.PENDING else now)
    held = {"id_": claimed.id, "token_": claimed.token, "next_at_": next_at}
    if not connection.execute(_FINISH, held | closed).rowcount:
        log.warning("delivery %d: attempt %d lost its lease; its result is discarded", claimed.id, claimed.attempt)
        return None
    if claimed.prompt_id is None and state is not DeliveryState.PENDING:
        propagate_state(session, claimed.id, state, result.detail, now)
    if result.status is SendStatus.GONE:
        _disable_channel(session, claimed, result.detail)
    return state


def _next_state(
    claimed: ClaimedDelivery, result: SendResult, now: datetime, policy: RetryPolicy
) -> tuple[DeliveryState, datetime]:
    if result.status is SendStatus.DELIVERED:
        return DeliveryState.DELIVERED, now
    wait = policy.wait(claimed.attempt, result.retry_after) if result.status is SendStatus.TEMPORARY else None
    return (DeliveryState.DEAD, now) if wait is None else (DeliveryState.PENDING, now + wait)


def _disable_channel(session: Session, claimed: ClaimedDelivery, reason: str) -> None:
    """Disable the channel unless its target has been changed since the claim."""
    channel = session.get(Channel, claimed.channel_id, populate_existing=True)
    if channel is not None and channel.target == claimed.outgoing.target:
        set_enabled(channel, enabled=False, reason=reason)
        session.flush()


def _closing_values(state: DeliveryState, reason: str, at: datetime | None) -> dict[str, Any]:
    return {"state_": state, "finished_at_": at, "last_error_": reason}


def resend(session: Session, delivery: Delivery, *, now: datetime) -> None:
    """Send a dead letter or a delivered message once more, with the same message id.

    A delivery that was part of a digest is sent alone, or with the next digest. Raises ``Conflict`` if it is still
    pending, was cancelled, or its channel is disabled.
    """
    if delivery.state is DeliveryState.PENDING:
        raise Conflict(f"delivery {delivery.id} is still to be sent, at {time_text(delivery.next_at)}: wait for that")
    if delivery.state is DeliveryState.CANCELLED:
        reason = delivery.last_error
        raise Conflict(f"delivery {delivery.id} was cancelled ({reason}): only a delivered or dead one is sent again")
    if not session.get_one(Channel, delivery.channel_id).enabled:
        raise Conflict("the channel is disabled: enable it first")
    delivery.state, delivery.next_at, delivery.finished_at = DeliveryState.PENDING, now, None
    delivery.digest_id = None
    session.flush()
