"""Channels: addresses that prompts are sent to, with their preferences."""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from datetime import datetime, time
from typing import Annotated, Any, Self
from uuid import uuid4

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator
from sqlmodel import Session, select

from predictions.errors import Conflict, InvalidInput
from predictions.schemas.fields import Input, Line, Name, Topic, Zone
from resolvers.errors import AddressRefused
from resolvers.notifications.models import Channel, ChannelKind
from resolvers.notifications.payloads import CHANNEL_TEST, message
from resolvers.notifications.quiet_hours import is_between
from resolvers.notifications.sender import Sender, SendResult, outgoing_message
from resolvers.outbound.address_guard import validate_url

#: Columns that hold secrets, or addresses with secrets in them.
SECRET_COLUMNS = ("target", "secret")
SECRET_PREFIX = "whsec_"  # noqa: S105 - the prefix of every secret, not a secret
SECRET_BYTES = range(24, 65)
_MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_TIME_OF_DAY = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


def _time_of_day(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(_TIME_OF_DAY, value):
        raise ValueError("must be a time of day, for example 22:30")
    return value


TimeOfDay = Annotated[str, BeforeValidator(_time_of_day), Field(pattern=_TIME_OF_DAY, description="HH:MM")]
_CHAT_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[!-~]+")


class ChannelPreferences(Input):
    """The prompts that a channel receives, its quiet hours and its digest.

    Times of day are local to ``zone``; quiet hours may span midnight. With ``digest_at`` the channel receives one
    message a day with all new prompts.
    """

    topics: Annotated[list[Topic], Field(max_length=50)] = Field(
        default=[], description="topics of which the channel receives prompts; empty: all topics"
    )
    escalations_only: bool = Field(default=False, description="true: send only escalations")
    person: Name | None = Field(
        default=None, description="name of the person to whom the channel belongs; null for a shared channel"
    )
    zone: Zone = Field(default="UTC", description="IANA time zone of the times of day")
    quiet_from: TimeOfDay | None = Field(
        default=None, description="time of day, HH:MM, at which quiet hours begin; null: no quiet hours"
    )
    quiet_to: TimeOfDay | None = Field(
        default=None, description="time of day, HH:MM, at which quiet hours end; null: no quiet hours"
    )
    digest_at: TimeOfDay | None = Field(
        default=None, description="time of day, HH:MM, of the daily digest; null: send each prompt by itself"
    )

    @model_validator(mode="after")
    def _check_times(self) -> Self:
        if (self.quiet_from is None) != (self.quiet_to is None) or (
            self.quiet_from and self.quiet_from == self.quiet_to
        ):
            raise ValueError(
                "quiet hours need quiet_from and quiet_to together, two different times: give both, or neither"
            )
        if self.digest_at and self.quiet_from and self.quiet_to:
            at, start, end = map(time.fromisoformat, (self.digest_at, self.quiet_from, self.quiet_to))
            if is_between(at, start, end):
                raise ValueError("digest_at is within the quiet hours: choose a time outside them")
        return self


class ChannelIn(ChannelPreferences):
    """A new channel. ``secret`` signs the messages of a webhook; without one it is generated."""

    name: Annotated[Name, Field(max_length=120)] = Field(description="unique name of the channel")
    kind: Annotated[ChannelKind, Field(strict=False)] = Field(
        default=ChannelKind.WEBHOOK, description="webhook (default), email or chat"
    )
    target: Annotated[str, Field(min_length=1, max_length=2000)] = Field(
        description="address of the webhook, mail address, or chat address as Apprise writes it"
    )
    secret: Annotated[str, Field(max_length=120)] | None = Field(
        default=None, description="signing secret of a webhook: whsec_ and 24 to 64 bytes in base64; null: generate one"
    )

    @field_validator("target")
    @classmethod
    def _check_target(cls, value: str, info: ValidationInfo) -> str:
        kind = info.data.get("kind")
        if kind is ChannelKind.WEBHOOK:
            try:
                validate_url(value)
            except AddressRefused as error:
                raise ValueError(f"is not allowed, because {error.detail}") from None
        if kind is ChannelKind.EMAIL and not _MAILBOX.fullmatch(value):
            raise ValueError("must be one plain mail address, for example newsroom@example.org")
        if kind is ChannelKind.CHAT and not _CHAT_ADDRESS.fullmatch(value):
            raise ValueError("must be the address of one chat service as Apprise writes it, for example slack://...")
        return value

    @field_validator("secret")
    @classmethod
    def _check_secret(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            size = len(base64.b64decode(value.removeprefix(SECRET_PREFIX), validate=True))
        except binascii.Error:
            size = 0
        if not value.startswith(SECRET_PREFIX) or size not in SECRET_BYTES:
            raise ValueError(f"must be {SECRET_PREFIX} and 24 to 64 bytes in base64: leave it out to generate one")
        return value


def create_channel(session: Session, data: ChannelIn, *, now: datetime) -> Channel:
    """Create a channel, enabled. Raises ``Conflict`` if the name is taken."""
    if session.exec(select(Channel).where(Channel.name == data.name)).first():
        raise Conflict(f"a channel named {data.name!r} exists: choose another name")
    secret = data.secret or (generate_secret() if data.kind is ChannelKind.WEBHOOK else "")
    channel = Channel(
        name=data.name,
        kind=data.kind,
        target=data.target,
        secret=secret,
        created_at=now,
        **_preference_values(data),
    )
    session.add(channel)
    session.flush()
    return channel


def set_preferences(channel: Channel, data: ChannelPreferences) -> None:
    """Store the preferences of a channel."""
    for name, value in _preference_values(data).items():
        setattr(channel, name, value)


def _preference_values(data: ChannelPreferences) -> dict[str, Any]:
    fields = {name: getattr(data, name) for name in ChannelPreferences.model_fields}
    return fields | {"topics": sorted(set(data.topics))}


def generate_secret() -> str:
    """Generate a signing secret in the format of Standard Webhooks."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def set_enabled(channel: Channel, *, enabled: bool, reason: str = "") -> None:
    """Enable a channel, or disable it with a reason; pending deliveries of a disabled channel become dead letters."""
    channel.enabled, channel.disabled_reason = enabled, "" if enabled else reason


def with_hashes(columns: dict[str, Any], secret: bytes) -> dict[str, Any]:
    """Return the columns of a channel as the ledger has them: with keyed hashes in place of secrets and addresses."""
    kept = {name: value for name, value in columns.items() if name not in SECRET_COLUMNS}
    for name in SECRET_COLUMNS:
        text = f"channel {name}\n{columns[name]}".encode()
        kept[f"{name}_hmac"] = hmac.new(secret, text, hashlib.sha256).hexdigest()
    return kept


def send_test_message(channel: Channel, senders: Mapping[ChannelKind, Sender], *, now: datetime) -> SendResult:
    """Send a test message once, without the delivery queue.

    Raises ``InvalidInput`` if channels of this kind are not set up on the server.
    """
    sender = senders.get(channel.kind)
    if sender is None:
        raise InvalidInput.at("/kind", f"{channel.kind.value} channels are not set up on this server: ask its operator")
    payload = message(CHANNEL_TEST, now, {"channel": channel.name, "note": "Prompts will arrive like this message."})
    return sender.send(outgoing_message(channel, f"msg_{uuid4().hex}", payload))


class ChannelEnabledIn(Input):
    """Enable or disable a channel; ``reason`` is stored if it is disabled."""

    enabled: bool = Field(description="true: enable the channel; false: disable it")
    reason: Line = Field(default="", description="why the channel is disabled; if empty, the caller is named")
