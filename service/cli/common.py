"""Shared by all commands: the migrated database, the clock, and printing of results."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, Literal

import typer
from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text
from sqlalchemy import Engine
from sqlmodel import Session

from predictions.safe_text import json_text, printable
from service.channel_changes import Changer
from service.clock import SystemClock
from service.db import migrate
from service.db.engine import make_engine
from service.db.models import OPERATOR
from service.db.ranking_rule import apply_ranking_rule
from service.security.own_secret import check_secret
from service.settings import Settings, read_settings, unknown_variables, variables_in_file
from service.state_files import prepare_state

out, err, clock = Console(highlight=False), Console(stderr=True, highlight=False), SystemClock()
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]
ACTOR = OPERATOR
WIDE = 100


@contextmanager
def ready(*, ranking: bool = True, **given: Any) -> Iterator[tuple[Settings, Engine]]:
    """Open a migrated database with the settings; ``given`` values other than None override the environment.

    With ``ranking``, a new or upgraded database gets the ranking rule of the settings.
    """
    settings = read_settings(**given)
    for warning in unknown_variables({*os.environ, *variables_in_file()}):
        say(f"warning: {warning}", err=True)
    prepare_state(settings)
    engine = make_engine(settings.database)
    try:
        if not migrate.is_current(engine):  # commands that only read need not wait for a writer
            migrate.upgrade(engine)
            if ranking:
                apply_ranking_rule(engine, settings, now=clock.now())
        yield settings, engine
    finally:
        engine.dispose()


def changer(session: Session, settings: Settings) -> Changer:
    """Return what changes channels for the operator. Raises ``SecretLost`` if the secret does not fit the keys."""
    check_secret(session, settings)
    return Changer(ACTOR, clock.now(), settings.secret())


def say(text: str, *, err: bool = False) -> None:
    """Print a text, in which names and sentences of others must not control the terminal."""
    typer.echo(printable(text), err=err)


def print_json(content: Any) -> None:
    """Print JSON for programs."""
    say(json_text(content, default=str, indent=2))


def print_table(
    names: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    right: Iterable[int] = (),
    fold: Iterable[int] = (),
    spare: Iterable[int] = (),
) -> None:
    """Print a table: fitted to the terminal, or complete with one row a line if the output is not a terminal.

    Columns by index: ``right`` are right-aligned; only ``fold`` may wrap; a narrow terminal omits ``spare``.
    """
    texts = [["" if cell is None else printable(str(cell)) for cell in row] for row in rows]
    at_right, may_fold = set(right), set(fold)
    if not out.is_terminal:
        _print_plain([list(names), *texts], at_right)
        return
    kept = [at for at in range(len(names)) if out.width >= WIDE or at not in set(spare)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for at in kept:
        justify: Literal["right", "left"] = "right" if at in at_right else "left"
        table.add_column(Text(names[at]), justify=justify, no_wrap=at not in may_fold, overflow="fold")
    for row in texts:
        table.add_row(*(Text(row[at]) for at in kept))
    out.print(table)


def _print_plain(rows: list[list[str]], at_right: set[int]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            cell.rjust(width) if index in at_right else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        say("  ".join(cells).rstrip())


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Show a progress bar on standard error if that is a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, disable=not err.is_terminal, transient=True) as progress:
        yield progress
