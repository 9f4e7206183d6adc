"""The `trackrecord` command: the same domain calls as the API. Exit codes: 0 fine, 1 findings or failure, 2 invalid
input or usage."""

import sys

import typer
from pydantic import ValidationError

from predictions.errors import TrackRecordError
from service.cli import board, keys, recording, running, upkeep
from service.cli.common import err
from service.problems import invalid

app = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, help="Track Record: predictions, kept count of."
)
for command in (
    *(running.serve, running.scheduler),
    *(recording.predict, recording.resolve, recording.due),
    *(board.leaderboard,),
    *(upkeep.verify, upkeep.seed),  # demo.demo goes here
):
    app.command()(command)

keys_app = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys.")
keys_app.command("create")(keys.create_key)
keys_app.command("list")(keys.list_keys)
keys_app.command("revoke")(keys.revoke_key)
app.add_typer(keys_app, name="keys")


def main() -> None:
    """Run the command; an error of the domain is told in a line for each fault."""
    try:
        app()
    except (TrackRecordError, ValidationError) as error:
        told = invalid(error) if isinstance(error, ValidationError) else error
        for fault in told.faults:
            err.print(f"{fault.pointer}: {fault.detail}", markup=False)
        if not told.faults:
            err.print(told.detail, markup=False)
        sys.exit(2)
