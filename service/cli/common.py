"""Shared by all commands: the migrated database, the clock, and printing of results."""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text
from sqlalchemy import Engine

from service.clock import SystemClock
from service.db import migrate
from service.db.engine import make_engine
from service.errors import Unavailable
from service.security.persons import OPERATOR
from service.settings import Settings, unknown_variables

out, err, clock = Console(highlight=False), Console(stderr=True, highlight=False), SystemClock()
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]
ACTOR = OPERATOR
WIDE = 100


@contextmanager
def ready(**given: Any) -> Iterator[tuple[Settings, Engine]]:
    """Open a migrated database with the settings; ``given`` values other than None override the environment."""
    settings = Settings(**{name: value for name, value in given.items() if value is not None})
    for warning in unknown_variables(os.environ):
        typer.echo(f"warning: {warning}", err=True)
    if not settings.database_url:
        _make_directory(settings.state_dir)
    engine = make_engine(settings.database)
    try:
        if not migrate.is_current(engine):  # commands that only read need not wait for a writer
            migrate.upgrade(engine)
        yield settings, engine
    finally:
        engine.dispose()


def _make_directory(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)  # it holds secrets
    except OSError as error:
        remedy = "set TRACKRECORD_STATE_DIR to a writable directory"
        raise Unavailable(f"the state directory {path} cannot be created ({error.strerror}): {remedy}") from None


def print_json(content: Any) -> None:
    """Print JSON for programs."""
    typer.echo(json.dumps(content, default=str, indent=2, ensure_ascii=False))


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
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
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
        typer.echo("  ".join(cells).rstrip())


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Show a progress bar on standard error if that is a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, disable=not err.is_terminal, transient=True) as progress:
        yield progress
