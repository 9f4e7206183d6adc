"""Channels: where prompts are sent, who hears what, and what a receiver's answer means."""

import base64
import binascii
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Annotated, Any, Self
from uuid import uuid4

from pydantic import Field, ValidationInfo, field_validator, model_validator
from sqlmodel import Session, select

from predictions.errors import Conflict, InvalidInput
from predictions.schemas.fields import Input, Line, Name, Topic, Zone
from resolvers.errors import AddressRefused
from resolvers.notifications.models import Channel, ChannelKind
from resolvers.notifications.payloads import CHANNEL_TEST, message
from resolvers.notifications.quiet_hours import within
from resolvers.notifications.sender import Sender, SendResult, outgoing_message
from resolvers.outbound.address_guard import checked_url
from resolvers.prompts.schedule import ESCALATION

SECRET_PREFIX = "whsec_"  # noqa: S105 - the mark of every secret, not one of them
SECRET_BYTES = range(24, 65)
_MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="HH:MM")]
_CHAT_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[!-~]+")


class ChannelPreferences(Input):
    """What a channel hears of, and when. Times of day are on the wall of ``zone``; the night may lie between the quiet
    ones. With ``digest_at`` all that came due since the last one is one message a day."""

    topics: Annotated[list[Topic], Field(max_length=50)] = []
    escalations_only: bool = False
    person: Name | None = None
    zone: Zone = "UTC"
    quiet_from: TimeOfDay | None = None
    quiet_to: TimeOfDay | None = None
    digest_at: TimeOfDay | None = None

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if (self.quiet_from is None) != (self.quiet_to is None) or (
            self.quiet_from and self.quiet_from == self.quiet_to
        ):
            raise ValueError("give quiet_from and quiet_to together, and not the same time twice")
        if self.digest_at and self.quiet_from and self.quiet_to:
            at, start, end = map(time.fromisoformat, (self.digest_at, self.quiet_from, self.quiet_to))
            if within(at, start, end):
                raise ValueError("digest_at lies within the quiet hours: choose a time outside")
        return self


class ChannelIn(ChannelPreferences):
    """A new channel. ``secret`` signs what a webhook receives; without one a new secret is made."""

    name: Annotated[Name, Field(max_length=120)]
    kind: Annotated[ChannelKind, Field(strict=False)] = ChannelKind.WEBHOOK
    target: Annotated[str, Field(min_length=1, max_length=2000)]
    secret: Annotated[str, Field(max_length=120)] | None = None

    @field_validator("target")
    @classmethod
    def _fits_kind(cls, value: str, info: ValidationInfo) -> str:
        kind = info.data.get("kind")
        if kind is ChannelKind.WEBHOOK:
            try:
                checked_url(value)
            except AddressRefused as error:
                raise ValueError(error.detail) from None
        if kind is ChannelKind.EMAIL and not _MAILBOX.fullmatch(value):
            raise ValueError("must be one plain mail address, for example desk@example.org")
        if kind is ChannelKind.CHAT and not _CHAT_ADDRESS.fullmatch(value):
            raise ValueError("must be the address of one chat service as Apprise writes it, for example slack://...")
        return value

    @field_validator("secret")
    @classmethod
    def _signs(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            size = len(base64.b64decode(value.removeprefix(SECRET_PREFIX), validate=True))
        except binascii.Error:
            size = 0
        if not value.startswith(SECRET_PREFIX) or size not in SECRET_BYTES:
            raise ValueError(f"must be {SECRET_PREFIX} and 24 to 64 bytes in base64: leave it out to have one made")
        return value


def enter_channel(session: Session, data: ChannelIn, *, now: datetime) -> Channel:
    """A new channel, enabled. Raises ``Conflict`` where the name is taken."""
    if session.exec(select(Channel).where(Channel.name == data.name)).first():
        raise Conflict(f"a channel named {data.name!r} exists: choose another name")
    secret = data.secret or (make_secret() if data.kind is ChannelKind.WEBHOOK else "")
    channel = Channel(
        name=data.name,
        kind=data.kind,
        target=data.target,
        secret=secret,
        created_at=now,
        **_listening(data),
    )
    session.add(channel)
    session.flush()
    return channel


def set_preferences(channel: Channel, data: ChannelPreferences) -> None:
    """Set what a channel hears of, and when."""
    for name, value in _listening(data).items():
        setattr(channel, name, value)


def _listening(data: ChannelPreferences) -> dict[str, Any]:
    fields = {name: getattr(data, name) for name in ChannelPreferences.model_fields}
    return fields | {"topics": sorted(set(data.topics))}


def make_secret() -> str:
    """A new secret for signing, as Standard Webhooks writes it."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def switch(channel: Channel, *, enabled: bool, reason: str = "") -> None:
    """Enable a channel, or disable it with the reason; what waits for a disabled channel becomes dead letters."""
    channel.enabled, channel.disabled_reason = enabled, "" if enabled else reason


def wants(
    channel: Channel, stage: str, topics: Sequence[str], *, watching: bool = False, assignee: str | None = None
) -> bool:
    """Whether a channel hears of this stage of a question with these topics, which it may be ``watching``.

    A channel without topics hears of all questions; unless it is one person's, who hears of what they watch or see to.
    """
    if channel.escalations_only and stage != ESCALATION:
        return False
    if watching or (channel.person is not None and channel.person == assignee):
        return True
    return not set(channel.topics).isdisjoint(topics) if channel.topics else channel.person is None


def send_test(channel: Channel, senders: Mapping[ChannelKind, Sender], *, now: datetime) -> SendResult:
    """Send a test message now, once, past the outbox. Raises ``InvalidInput`` for a kind that is not set up."""
    sender = senders.get(channel.kind)
    if sender is None:
        raise InvalidInput.at("/kind", f"channels of the kind {channel.kind.value} are not set up on this server")
    payload = message(CHANNEL_TEST, now, {"channel": channel.name, "note": "Prompts will arrive like this message."})
    return sender.send(outgoing_message(channel, f"msg_{uuid4().hex}", payload))


class SwitchIn(Input):
    """Whether a channel gets messages, and if not, why."""

    enabled: bool
    reason: Line = ""
