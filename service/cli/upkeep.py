"""Commands that look after the record: check it, fill an empty one."""

import typer

from predictions.seeding import seed as enter_starting_record
from predictions.verifying import verify as find_faults
from service.cli.common import clock, ready
from service.database import reading, writing


def verify() -> None:
    """Recompute everything from the append-only rows; say whether every stored number agrees."""
    with ready() as (_, engine), reading(engine) as session:
        findings = list(find_faults(session))
    for finding in findings:
        typer.echo(finding)
    typer.echo(f"{len(findings)} findings" if findings else "every stored number agrees with the append-only rows")
    raise typer.Exit(1 if findings else 0)


def seed() -> None:
    """Enter the starting record into an empty database."""
    with ready() as (_, engine), writing(engine) as session:
        typer.echo(f"entered {enter_starting_record(session, now=clock.now())} questions")
