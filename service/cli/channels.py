"""Commands for channels: where prompts are sent."""

from typing import Annotated

import typer

from predictions.errors import NotFound
from resolvers.channels import ChannelIn, Verdict, enter_channel, send_test, switch
from resolvers.chat import check_address
from resolvers.delivery_log import list_channels
from resolvers.models import Channel, ChannelKind
from service.cli.common import AsJson, clock, print_json, print_table, ready
from service.database import delivering, reading
from service.senders import make_senders

Number = Annotated[int, typer.Argument(help="its number in the list", min=1)]


def add(
    name: Annotated[str, typer.Argument(help="your name for it")],
    target: Annotated[str, typer.Argument(help="where to: a webhook, a mail address, or a chat as Apprise writes it")],
    kind: Annotated[str, typer.Option(help="webhook, email or chat")] = "webhook",
    topic: Annotated[list[str] | None, typer.Option(help="only questions of this topic; may be repeated")] = None,
    escalations_only: Annotated[bool, typer.Option("--escalations-only", help="only what nobody answered")] = False,
    as_json: AsJson = False,
) -> None:
    """Send prompts there from now on. The secret that verifies a webhook's signatures is shown this once."""
    given = {"name": name, "target": target, "kind": kind, "topics": topic or []}
    data = ChannelIn.model_validate(given | {"escalations_only": escalations_only})
    if data.kind is ChannelKind.CHAT:
        check_address(data.target)
    with ready() as (_, engine), delivering(engine) as session:
        row = enter_channel(session, data, now=clock.now())
        made = {"id": row.id, "name": row.name, "secret": row.secret}
    if as_json:
        print_json(made)
    else:
        secret = f"; its signatures verify with {made['secret']}" if made["secret"] else ""
        typer.echo(f"channel {made['id']}{secret}")


def list_all(as_json: AsJson = False) -> None:
    """List all channels, without their secrets."""
    with ready() as (_, engine), reading(engine) as session:
        views = list_channels(session)
    if as_json:
        print_json([view.model_dump(mode="json") for view in views])
        return
    rows = [
        (view.id, view.name, view.kind, view.target, ", ".join(view.topics) or "all", view.disabled_reason or "enabled")
        for view in views
    ]
    print_table(("id", "name", "kind", "target", "topics", "state"), rows, right=[0])


def test(number: Number) -> None:
    """Send a test message now and say what came back."""
    with ready() as (settings, engine):
        with reading(engine) as session:
            channel = _channel(session.get(Channel, number), number)
            session.expunge(channel)
        answer = send_test(channel, make_senders(settings, clock), now=clock.now())
    code = f" ({answer.status_code})" if answer.status_code else ""
    typer.echo(f"{answer.verdict.value}{code}{': ' if answer.detail else ''}{answer.detail}")
    raise typer.Exit(0 if answer.verdict is Verdict.DELIVERED else 1)


def enable(number: Number) -> None:
    """Let a channel have messages again."""
    _switch(number, enabled=True)


def disable(number: Number, reason: Annotated[str, typer.Option(help="shown beside it")] = "disabled by hand") -> None:
    """Send nothing there; what waits for it becomes dead letters, which can be sent again."""
    _switch(number, enabled=False, reason=reason)


def _switch(number: int, *, enabled: bool, reason: str = "") -> None:
    with ready() as (_, engine), delivering(engine) as session:
        switch(_channel(session.get(Channel, number), number), enabled=enabled, reason=reason)
    typer.echo(f"channel {number} is {'enabled' if enabled else 'disabled'}")


def _channel(found: Channel | None, number: int) -> Channel:
    if found is None:
        raise NotFound(f"no channel has the number {number}: trackrecord channels list shows them")
    return found
