"""Changes of channels by people and receivers, each an event of the ledger that only admins read."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from predictions import ledger
from predictions.models import LedgerEvent
from resolvers.notifications.channels import ChannelIn, ChannelPreferences, create_channel, set_enabled, with_hashes
from resolvers.notifications.digests import change_preferences
from resolvers.notifications.models import Channel


@dataclass(frozen=True)
class Changer:
    """A person who changes channels, the time, and the secret under which the ledger hashes confidential values."""

    actor: str
    now: datetime
    secret: bytes

    def add(self, session: Session, data: ChannelIn) -> Channel:
        """Create a channel, enabled. Raises ``Conflict`` if the name is taken."""
        channel = create_channel(session, data, now=self.now)
        self._log(session, channel, "channel.created")
        return channel

    def change(self, session: Session, channel: Channel, data: ChannelPreferences) -> None:
        """Change what a channel receives, and when."""
        change_preferences(session, channel, data, now=self.now)
        self._log(session, channel, "channel.changed")

    def switch(self, session: Session, channel: Channel, *, enabled: bool, reason: str = "") -> None:
        """Enable a channel, or disable it with a reason."""
        set_enabled(channel, enabled=enabled, reason=reason or f"disabled by {self.actor}")
        self._log(session, channel, "channel.enabled" if enabled else "channel.disabled")

    def log_disabled(self, session: Session) -> None:
        """Enter the event of each channel that its receiver has disabled, by the reply that it is gone."""
        for channel in disabled_without_event(session):
            self._log(session, channel, "channel.disabled")

    def _log(self, session: Session, channel: Channel, action: str) -> None:
        session.flush()
        body = with_hashes(ledger.contents(channel), self.secret)
        ledger.append(session, now=self.now, actor=self.actor, action=action, subject=channel, body=body)


def disabled_without_event(session: Session) -> list[Channel]:
    """Return the disabled channels whose newest event in the ledger does not say so.

    A delivery disables its channel in a transaction that does not hold the lock of the ledger.
    """
    of_channel = (col(LedgerEvent.subject) == "channel", col(LedgerEvent.subject_id) == col(Channel.id))
    newest = select(col(LedgerEvent.action)).where(*of_channel).order_by(col(LedgerEvent.seq).desc()).limit(1)
    said = newest.correlate(Channel).scalar_subquery()
    disabled = col(Channel.enabled).is_(False)
    query = select(Channel).where(disabled, func.coalesce(said, "") != "channel.disabled")
    return list(session.execute(query.order_by(col(Channel.id))).scalars())
