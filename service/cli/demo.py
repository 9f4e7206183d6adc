"""The command `trackrecord demo`: build and serve an invented record in a separate database."""

import os
from typing import Annotated

import typer
from rich.progress import Progress
from sqlalchemy import Engine

from service.cli.common import clock, err, ready, say
from service.cli.serve import create_first_key, open_listener, run
from service.db.engine import write_transaction
from service.demo.build import SEED, build
from service.logs import configure_logs
from service.security.own_secret import own_secret
from service.settings import read_settings

FOLDER = "demo"


def demo(
    host: Annotated[str | None, typer.Option(help="default: TRACKRECORD_HOST, or 127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="default: TRACKRECORD_PORT, or 8000")] = None,
    seed: Annotated[int, typer.Option(help="seed of the random numbers")] = SEED,
    fresh: Annotated[bool, typer.Option("--fresh", help="delete the existing demo and build a new one")] = False,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="build the demo without serving it")] = False,
) -> None:
    """Build and serve an invented record: 60 commentators, 400 questions. Your own record is not changed."""
    folder = read_settings().state_dir / FOLDER
    if os.environ.get("TRACKRECORD_DATABASE_URL"):
        say(f"The demo ignores TRACKRECORD_DATABASE_URL: its database is in {folder}.", err=True)
    if fresh:
        for path in folder.glob("trackrecord.db*"):
            path.unlink()
    with ready(ranking=False, state_dir=folder, database_url="", host=host, port=port) as (settings, engine):
        if no_serve:
            _build(engine, seed)
            return
        with open_listener(settings) as listener:  # first: a port in use is reported before the demo is built
            configure_logs(settings)
            _build(engine, seed)
            secret = own_secret(engine, settings, now=clock.now())
            with write_transaction(engine) as session:
                create_first_key(session, settings, secret)
            run(settings, listener, with_scheduler=True)


def _build(engine: Engine, seed: int) -> None:
    with Progress(console=err, transient=True) as bar:
        task = bar.add_task("Replaying two invented years")
        with write_transaction(engine) as session:
            entered = build(
                session,
                now=clock.now(),
                seed=seed,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
    say(f"Entered {entered} invented questions." if entered else "The demo exists already.")
