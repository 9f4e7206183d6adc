"""Plan deliveries again after the clock was set back: those planned while it ran ahead would wait for hours."""

import logging
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, select, update
from sqlmodel import Session, col

from resolvers.clock import CLOCK_TOLERANCE
from resolvers.notifications.models import Channel, Delivery, DeliveryAttempt, DeliveryState
from resolvers.notifications.quiet_hours import send_time
from resolvers.notifications.retry_policy import LONGEST_RETRY_AFTER_SECONDS

log = logging.getLogger(__name__)
_planned_at: Any = func.coalesce(
    col(DeliveryAttempt.finished_at), col(DeliveryAttempt.started_at), col(Delivery.created_at)
)
_LAST_ATTEMPT = and_(
    col(DeliveryAttempt.delivery_id) == col(Delivery.id), col(DeliveryAttempt.number) == col(Delivery.attempts)
)


def replan_after_clock_change(session: Session, now: datetime) -> int:
    """Plan pending deliveries again that were planned in what is now the future; return their number.

    Each waits for as long as was intended, counted from now: at most the longest wait between two attempts.
    """
    late = (col(Delivery.state) == DeliveryState.PENDING, col(Delivery.next_at) > now + CLOCK_TOLERANCE)
    query: Any = select(
        *(col(Delivery.id), col(Delivery.attempts), col(Delivery.next_at), col(Delivery.lease_token)),
        *(Channel, _planned_at.label("planned_at")),
    )
    query = query.join(Channel, col(Channel.id) == col(Delivery.channel_id)).outerjoin(DeliveryAttempt, _LAST_ATTEMPT)
    rows = session.execute(query.where(*late, _planned_at > now + CLOCK_TOLERANCE)).all()
    for row in rows:
        intended = min(row.next_at - row.planned_at, timedelta(seconds=LONGEST_RETRY_AFTER_SECONDS))
        next_at = now + max(intended, timedelta()) if row.attempts else send_time(row.Channel, now)
        unchanged = (col(Delivery.id) == row.id, col(Delivery.attempts) == row.attempts, *late)
        lease = {"lease_until": next_at} if row.lease_token else {}
        session.execute(update(Delivery).where(*unchanged).values(next_at=next_at, **lease))
    if rows:
        log.warning("the clock was set back: %d deliveries planned in its future are planned again", len(rows))
    return len(rows)
