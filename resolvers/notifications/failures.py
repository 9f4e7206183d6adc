"""Find channels whose messages do not arrive."""

from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from resolvers.notifications.models import Channel, Delivery, DeliveryState

#: A channel fails if a message that waits for its next attempt has had so many without success.
FAILED_ATTEMPTS = 3


def dead_letters(session: Session, *, since: datetime) -> dict[str, int]:
    """Return the number of dead letters since then, by name of channel."""
    return _count(session, col(Delivery.state) == DeliveryState.DEAD, col(Delivery.finished_at) >= since)


def failing_channels(session: Session) -> dict[str, int]:
    """Return the number of messages that wait after failed attempts, by name of channel."""
    waiting = col(Delivery.state) == DeliveryState.PENDING
    return _count(session, waiting, col(Delivery.attempts) >= FAILED_ATTEMPTS)


def _count(session: Session, *conditions: object) -> dict[str, int]:
    name = col(Channel.name)
    query = select(name, func.count()).join(Delivery, col(Delivery.channel_id) == col(Channel.id))
    rows = session.execute(query.where(*conditions).group_by(name).order_by(name))  # type: ignore[arg-type]
    return {row[0]: row[1] for row in rows}
