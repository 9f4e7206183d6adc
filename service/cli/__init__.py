"""Define the `trackrecord` command, which calls the same domain functions as the API; a module per command group.

Entry point: `main`.
"""

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from service import __version__
from service.cli import (
    channels,
    checkpoint,
    deliveries,
    demo,
    doctor,
    files,
    keys,
    leaderboard,
    maintenance,
    record,
    resolvers,
    serve,
    show,
)
from service.cli.common import say
from service.cli.errors import EXIT_CODES, INTERRUPTED, print_error
from service.cli.options import NamesOptions

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EXIT_CODES,
)
SECTIONS: dict[str, tuple[Callable[..., None], ...]] = {
    "Run": (serve.serve, serve.scheduler, demo.demo),
    "Record": (record.predict, record.resolve),
    "Read": (leaderboard.leaderboard, show.question, show.record, show.due),
    "Maintain": (
        *(doctor.doctor, maintenance.backup, maintenance.restore, maintenance.verify, maintenance.rescore),
        *(maintenance.seed, resolvers.probe),
    ),
}
for section, commands in SECTIONS.items():
    for command in commands:
        app.command(rich_help_panel=section, cls=NamesOptions)(command)
app.command("import", rich_help_panel="Record", cls=NamesOptions)(files.import_file)
app.command("export", rich_help_panel="Read", cls=NamesOptions)(files.export)

keys_app = typer.Typer(no_args_is_help=True, help="Create, list and revoke API keys.")
keys_app.command("create", cls=NamesOptions)(keys.create_key)
keys_app.command("list", cls=NamesOptions)(keys.list_keys)
keys_app.command("rotate", cls=NamesOptions)(keys.rotate_key)
keys_app.command("revoke", cls=NamesOptions)(keys.revoke_key)
keys_app.command("reset", cls=NamesOptions)(keys.reset)
app.add_typer(keys_app, name="keys", rich_help_panel="Maintain")


def _print_version(wanted: bool) -> None:
    if wanted:
        say(__version__)
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
]


@app.callback()
def options(_version: Version = False) -> None:
    """Record predictions, resolve questions and rank commentators."""


channels_app = typer.Typer(
    no_args_is_help=True, help="Manage the channels that prompts are sent to: webhooks, e-mail addresses, chats."
)
CHANNELS: dict[str, Callable[..., None]] = {
    "add": channels.add,
    "change": channels.change,
    "list": channels.list_all,
    "test": channels.test,
    "enable": channels.enable,
    "disable": channels.disable,
    "watch": deliveries.watch,
    "unwatch": deliveries.unwatch,
    "log": deliveries.log,
    "resend": deliveries.again,
}
for name, function in CHANNELS.items():
    channels_app.command(name, cls=NamesOptions)(function)
app.add_typer(channels_app, name="channels", rich_help_panel="Maintain")

resolver_app = typer.Typer(
    no_args_is_help=True, help="Manage resolvers, which look for the outcomes of questions in data sources."
)
RESOLVERS: dict[str, Callable[..., None]] = {
    "set": resolvers.set_resolver,
    "list": resolvers.list_resolvers,
    "remove": resolvers.remove,
    "kinds": resolvers.list_kinds,
}
for name, function in RESOLVERS.items():
    resolver_app.command(name, cls=NamesOptions)(function)
app.add_typer(resolver_app, name="resolver", rich_help_panel="Maintain")


checkpoint_app = typer.Typer(help="Sign checkpoints of the ledger, which show later that nothing before was changed.")
checkpoint_app.callback(invoke_without_command=True)(checkpoint.make)
CHECKPOINT: dict[str, Callable[..., None]] = {
    "rotate-key": checkpoint.rotate_key,
    "stamp": checkpoint.stamp,
    "rebuild-tree": checkpoint.rebuild_tree,
}
for name, function in CHECKPOINT.items():
    checkpoint_app.command(name, cls=NamesOptions)(function)
app.add_typer(checkpoint_app, name="checkpoint", rich_help_panel="Maintain")


def main(arguments: list[str] | None = None) -> None:
    """Run the command and exit with its code; print an error that the user can fix as one line per fault."""
    try:
        app(arguments, prog_name="trackrecord")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - print_error() raises unknown errors again
        sys.exit(print_error(error))
