"""Commands for signed checkpoints of the ledger."""

from pathlib import Path
from typing import Annotated

import typer

from predictions.checkpoints.make import MOST_STAMP_BYTES, Stamp, attach_stamp
from predictions.checkpoints.models import Checkpoint
from predictions.safe_text import printable
from service import checkpoints
from service.cli.common import ACTOR, AsJson, clock, print_json, ready, say
from service.db.engine import write_transaction
from service.lookup import checkpoint_of

#: What the name of a file says of the kind of a stamp.
KINDS = {".ots": "opentimestamps", ".tsr": "rfc3161", ".asc": "openpgp", ".sig": "signature"}


def make(context: typer.Context, as_json: AsJson = False) -> None:
    """Sign a checkpoint of the ledger now, and print it; the scheduler makes one each day."""
    if context.invoked_subcommand is not None:
        return
    with ready() as (settings, engine):
        now = clock.now()
        row = checkpoints.make_checkpoint(engine, settings, now=now, actor=ACTOR, recreate=True)
    _show(row, as_json=as_json)


def _show(row: Checkpoint, *, as_json: bool) -> None:
    if as_json:
        print_json({"id": row.id, "size": row.size, "note": row.note})
    else:
        say(row.note.removesuffix("\n"))


def rotate_key(
    reason: Annotated[str, typer.Option(help="why; it is public")],
    abandon: Annotated[
        bool, typer.Option("--abandon", help="give up a checkpoint that the ledger does not contain after a restore")
    ] = False,
) -> None:
    """Make a new key for checkpoints, which the ledger announces signed by the old one, and a checkpoint with it."""
    if not reason.strip():
        raise typer.BadParameter("must not be empty: say why the key changes", param_hint="--reason")
    with ready() as (settings, engine):
        now = clock.now()
        key = checkpoints.rotate_key(engine, settings, reason=reason, abandon=abandon, now=now, actor=ACTOR)
    say(str(key))


def stamp(
    number: Annotated[int, typer.Argument(help="the checkpoint's id", min=1)],
    file: Annotated[Path, typer.Argument(help="the stamp", exists=True, dir_okay=False)],
    kind: Annotated[
        str | None, typer.Option(help="what it is, such as opentimestamps or rfc3161; default: by the file's ending")
    ] = None,
) -> None:
    """Attach an outside stamp to a checkpoint: a file by somebody else that proves when it existed."""
    with file.open("rb") as opened:
        content = opened.read(MOST_STAMP_BYTES + 1)
    given = Stamp(kind or KINDS.get(file.suffix.lower(), "other"), printable(file.name)[:200], content)
    with ready() as (_, engine), write_transaction(engine) as session:
        row = checkpoint_of(session, number)
        attached = attach_stamp(session, row.id, given, now=clock.now(), actor=ACTOR).id
    say(f"stamp {attached}, {given.kind}, is attached to checkpoint {number}")


def rebuild_tree() -> None:
    """Compute the stored tree of the ledger again from its events, where verify finds it wrong."""
    with ready() as (_, engine):
        checkpoints.rebuild_tree(engine)
    say("the stored tree is computed again from the events")
