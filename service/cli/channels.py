"""Commands for channels, to which prompts are sent."""

from typing import Annotated, Any

import typer

from resolvers.notifications.channels import (
    ChannelIn,
    ChannelPreferences,
    send_test_message,
)
from resolvers.notifications.delivery_log import ChannelView, list_channels
from resolvers.notifications.models import ChannelKind
from resolvers.notifications.sender import SendStatus
from resolvers.notifications.senders.chat import check_address
from service.cli.common import AsJson, changer, clock, print_json, print_table, ready, say
from service.db.engine import read_transaction, write_transaction
from service.lookup import channel_of
from service.wiring.senders import make_senders

Number = Annotated[int, typer.Argument(help="the channel's id in the list", min=1)]
Topics = Annotated[list[str] | None, typer.Option("--topic", help="only questions of this topic; may be repeated")]
Escalations = Annotated[
    bool | None, typer.Option("--escalations-only/--all-stages", help="only prompts that nobody answered")
]
Person = Annotated[str | None, typer.Option(help="the owner: it receives only what they are subscribed to or assigned")]
Zone = Annotated[str | None, typer.Option(help="time zone of the times of day, for example Europe/Berlin")]
Quiet = Annotated[
    str | None, typer.Option(help="quiet hours without messages: 22:00-07:00; an empty text removes them")
]
Digest = Annotated[
    str | None, typer.Option(help="send one message a day at this time: 08:00; an empty text sends each prompt")
]


def _preferences(
    topics: list[str] | None,
    escalations_only: bool | None,
    person: str | None,
    zone: str | None,
    quiet: str | None,
    digest: str | None,
) -> dict[str, Any]:
    """Return the given options as the fields of ``ChannelPreferences``; an empty text clears a field."""
    start, dash, end = (quiet or "").partition("-")
    if quiet and not dash:
        raise typer.BadParameter("must be two times with a hyphen between them: 22:00-07:00", param_hint="--quiet")
    given: dict[str, Any] = {"topics": topics, "escalations_only": escalations_only, "zone": zone}
    given |= {"person": person, "digest_at": digest}
    given |= {} if quiet is None else {"quiet_from": start, "quiet_to": end}
    return {name: None if value == "" else value for name, value in given.items() if value is not None}


def add(
    name: Annotated[str, typer.Argument(help="a name for the channel")],
    target: Annotated[str, typer.Argument(help="a webhook URL, an e-mail address, or a chat in Apprise's notation")],
    kind: Annotated[str, typer.Option(help="webhook, email or chat")] = "webhook",
    topic: Topics = None,
    escalations_only: Escalations = None,
    person: Person = None,
    zone: Zone = None,
    quiet: Quiet = None,
    digest: Digest = None,
    as_json: AsJson = False,
) -> None:
    """Add a channel. The secret that verifies a webhook's signatures is shown only once."""
    given = {"name": name, "target": target, "kind": kind}
    data = ChannelIn.model_validate(given | _preferences(topic, escalations_only, person, zone, quiet, digest))
    with ready() as (settings, engine):
        if data.kind is ChannelKind.CHAT:
            check_address(data.target, allowed_hosts=settings.allowed_hosts)
        with write_transaction(engine) as session:
            row = changer(session, settings).add(session, data)
            channel = {"id": row.id, "name": row.name, "secret": row.secret}
    if as_json:
        print_json(channel)
    else:
        secret = f"; its signatures verify with {channel['secret']}" if channel["secret"] else ""
        say(f"channel {channel['id']}{secret}")


def change(
    number: Number,
    topic: Topics = None,
    escalations_only: Escalations = None,
    person: Person = None,
    zone: Zone = None,
    quiet: Quiet = None,
    digest: Digest = None,
) -> None:
    """Change what a channel receives and when; omitted options stay. An empty --topic means all topics."""
    topics = None if topic is None else [each for each in topic if each]
    data = ChannelPreferences.model_validate(_preferences(topics, escalations_only, person, zone, quiet, digest))
    with ready() as (settings, engine), write_transaction(engine) as session:
        changer(session, settings).change(session, channel_of(session, number), data)
    say(f"channel {number} changed")


def list_all(as_json: AsJson = False) -> None:
    """List all channels, without their secrets."""
    with ready() as (_, engine), read_transaction(engine) as session:
        views = list_channels(session)
    if as_json:
        print_json([view.model_dump(mode="json") for view in views])
        return
    names = ("id", "name", "kind", "target", "receives", "when", "state")
    print_table(names, [_line(view) for view in views], right=[0], fold=[3])


def _line(view: ChannelView) -> tuple[object, ...]:
    receives = ", ".join(view.topics) or ("all" if view.person is None else "subscriptions")
    hours = [f"daily at {view.digest_at}"] if view.digest_at else []
    hours += [f"not {view.quiet_from}-{view.quiet_to}"] if view.quiet_from else []
    zone = f" ({view.zone})" if hours else ""
    when = f"{', '.join(hours) or 'at once'}{zone}"
    state = "enabled" if view.enabled else view.disabled_reason
    return view.id, view.name, view.kind, view.target, receives, when, state


def test(number: Number) -> None:
    """Send a test message now and print the result."""
    with ready() as (settings, engine):
        with read_transaction(engine) as session:
            channel = channel_of(session, number)
            session.expunge(channel)
        answer = send_test_message(channel, make_senders(settings, clock), now=clock.now())
    code = f" ({answer.status_code})" if answer.status_code else ""
    say(f"{answer.status.value.replace('_', ' ')}{code}{': ' if answer.detail else ''}{answer.detail}")
    raise typer.Exit(0 if answer.status is SendStatus.DELIVERED else 1)


def enable(number: Number) -> None:
    """Resume sending to a channel."""
    _switch(number, enabled=True)


def disable(
    number: Number, reason: Annotated[str, typer.Option(help="shown next to the state")] = "disabled by hand"
) -> None:
    """Stop sending to a channel; its waiting deliveries become dead letters, which can be sent again."""
    _switch(number, enabled=False, reason=reason)


def _switch(number: int, *, enabled: bool, reason: str = "") -> None:
    with ready() as (settings, engine), write_transaction(engine) as session:
        changer(session, settings).switch(session, channel_of(session, number), enabled=enabled, reason=reason)
    say(f"channel {number} {'enabled' if enabled else 'disabled'}")
