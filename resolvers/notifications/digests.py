"""Digests: one message a day with all pending prompts of a channel."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from pydantic import ValidationError
from sqlalchemy import select, update
from sqlmodel import Session, col

from predictions.models import row_id
from predictions.validation import invalid_input
from resolvers.notifications.channels import ChannelPreferences, set_preferences
from resolvers.notifications.models import Channel, Delivery, DeliveryState
from resolvers.notifications.payloads import DIGEST_CREATED, message
from resolvers.notifications.quiet_hours import send_time

#: Prompts in one digest; further ones go into another digest.
MAX_PROMPTS = 100

_DELIVERY: Any = Delivery.__table__  # type: ignore[attr-defined]
_UNSENT = (
    _DELIVERY.c.state == DeliveryState.PENDING,
    _DELIVERY.c.prompt_id.is_not(None),
    _DELIVERY.c.digest_id.is_(None),
    _DELIVERY.c.attempts == 0,
)


def lock_channel(session: Session, channel: Channel) -> None:
    """Lock a channel until the transaction ends, so that only one process builds its digest."""
    session.execute(select(col(Channel.id)).where(col(Channel.id) == row_id(channel)).with_for_update())


def build_digest(session: Session, channel: Channel, deliveries: Sequence[int], now: datetime) -> None:
    """Put deliveries of prompts that have not been attempted into one new delivery of the channel."""
    chosen = select(_DELIVERY.c.message_id, _DELIVERY.c.payload).where(_DELIVERY.c.id.in_(deliveries))
    rows = session.execute(chosen.order_by(_DELIVERY.c.id)).all()
    prompts = [{"message_id": row.message_id, **json.loads(row.payload)["data"]} for row in rows]
    digest = Delivery(
        channel_id=row_id(channel),
        message_id=f"msg_{uuid4().hex}",
        payload=message(DIGEST_CREATED, now, {"channel": channel.name, "prompts": prompts}),
        next_at=now,
        created_at=now,
    )
    session.add(digest)
    session.flush()
    session.execute(update(_DELIVERY).where(_DELIVERY.c.id.in_(deliveries)).values(digest_id=row_id(digest)))


def propagate_state(session: Session, digest: int, state: DeliveryState, reason: str, now: datetime) -> None:
    """Give the deliveries in a digest the final state of the digest."""
    values = {"state": state, "finished_at": now, "last_error": reason}
    session.connection().execute(update(_DELIVERY).where(_DELIVERY.c.digest_id == digest).values(**values))


def change_preferences(session: Session, channel: Channel, data: ChannelPreferences, *, now: datetime) -> None:
    """Change the preferences that ``data`` sets, and reschedule the unsent deliveries of the channel.

    Raises ``InvalidInput`` if the new and the remaining preferences contradict each other.
    """
    old = {name: getattr(channel, name) for name in ChannelPreferences.model_fields}
    new = {name: getattr(data, name) for name in data.model_fields_set}
    try:
        set_preferences(channel, ChannelPreferences.model_validate(old | new))
    except ValidationError as error:
        raise invalid_input(error) from None
    session.flush()
    unsent = update(_DELIVERY).where(*_UNSENT, _DELIVERY.c.channel_id == row_id(channel))
    session.connection().execute(unsent.values(next_at=send_time(channel, now)))
