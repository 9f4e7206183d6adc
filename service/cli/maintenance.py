"""Commands that maintain the record: verify, rescore, back up, restore, load the starting record."""

from pathlib import Path
from typing import Annotated, Any

import typer

from predictions.errors import InvalidInput
from predictions.ledger import head_errors, parse_head
from predictions.scores.rebuild import bring_into_force
from predictions.scores.rebuild import rescore as rebuild_scores
from service import checkpoints
from service.cli.common import ACTOR, AsJson, clock, err, print_json, progress_bar, ready, say
from service.cli.errors import FINDINGS
from service.db.backup import back_up
from service.db.engine import read_transaction, write_transaction
from service.db.restore import restore as restore_backup
from service.db.service_state import SCHEDULER, forget
from service.security.own_secret import secret_faults
from service.settings import read_settings
from service.starting_record import enter_starting_record
from service.verification import find_faults


def verify(
    head: Annotated[
        list[str] | None, typer.Option(metavar="SEQ:HASH", help="a head of the ledger that was kept; may be repeated")
    ] = None,
    heads: Annotated[
        Path | None, typer.Option(metavar="FILE", exists=True, dir_okay=False, help="a file with a head on each line")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Rebuild rows from the ledger and numbers from the rows, check the checkpoints, and list the differences."""
    lines = [*(head or []), *(_lines(heads) if heads else [])]
    kept = [parse_head(line) for line in lines]
    with ready() as (settings, engine), err.status("recomputing"):
        checkpoints.settle(engine, settings)
        in_state = checkpoints.read_kept(settings)
        with read_transaction(engine) as session:
            findings = [
                *head_errors(session, kept),
                *find_faults(session, settings),
                *checkpoints.findings(session, in_state),
            ]
    if as_json:
        print_json({"agrees": not findings, "findings": findings})
    else:
        _print_findings(findings)
    raise typer.Exit(FINDINGS if findings else 0)


def _lines(path: Path) -> list[str]:
    try:
        return [line for line in path.read_text().splitlines() if line.strip()]
    except UnicodeDecodeError:
        raise InvalidInput(f"{path} is not text in UTF-8: write one head, SEQ:HASH, on each line") from None


def _print_findings(findings: list[str]) -> None:
    for finding in findings:
        say(finding)
    summary = f"{len(findings)} finding{'' if len(findings) == 1 else 's'}"
    say(summary if findings else "every row agrees with the ledger, and every stored number with the rows")


def rescore(as_json: AsJson = False) -> None:
    """Recompute all scores and running totals from the append-only rows, in one transaction.

    TRACKRECORD_RANK_RECORDED_LATE comes into force.
    """
    with ready() as (settings, engine), progress_bar() as bar, write_transaction(engine) as session:
        task = bar.add_task("scoring", total=None)
        by: Any = {"now": clock.now(), "actor": ACTOR}
        by["progress"] = lambda at, of: bar.update(task, completed=at, total=of)
        done = bring_into_force(session, settings.rank_recorded_late, **by) or rebuild_scores(session, **by)
    if as_json:
        print_json({"scores": done.scores, "changed": done.changed})
    else:
        say(f"{done.scores} scores recomputed, {done.changed} of them changed")


def seed(as_json: AsJson = False) -> None:
    """Load the starting record into an empty database."""
    with ready() as (_, engine), write_transaction(engine) as session:
        entered = enter_starting_record(session, now=clock.now())
    if as_json:
        print_json({"questions": entered})
    else:
        say(f"entered {entered} questions" if entered else "the database has questions already: nothing was entered")


def backup(to: Annotated[Path, typer.Argument(help="a directory that does not exist yet")]) -> None:
    """Copy database, keys and snapshots into a new directory, while the service runs."""
    settings = read_settings()
    with err.status("copying"):
        directory = back_up(settings, to, now=clock.now())
    say(f"backed up to {directory}; to check it, restore it elsewhere: trackrecord restore {directory}")
    if not (directory / "secret").exists():
        place = "TRACKRECORD_SECRET_KEY" if settings.secret_key else "the secret, as the state directory has none"
        say(f"warning: the backup does not hold {place}: keep it elsewhere, as all keys need it", err=True)


def restore(directory: Annotated[Path, typer.Argument(help="a directory that trackrecord backup has made")]) -> None:
    """Restore a backup where there is no database yet, upgrade it, and verify it. Nothing is overwritten."""
    with err.status("restoring"):
        restore_backup(read_settings(), directory)
    with ready() as (settings, engine), write_transaction(engine) as session, err.status("verifying"):
        forget(session, SCHEDULER)  # which worked on the original
        kept = checkpoints.read_kept(settings)
        findings = [
            *find_faults(session, settings),
            *checkpoints.findings(session, kept),
            *secret_faults(session, settings),
        ]
    say(f"restored from {directory}")
    _print_findings(findings)
    raise typer.Exit(FINDINGS if findings else 0)
