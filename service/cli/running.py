"""Commands that keep running: the service itself, and the scheduler alone."""

import signal
import threading
from typing import Annotated

import typer
import uvicorn

from predictions.seeding import seed as enter_starting_record
from service import auth
from service.app import create_app
from service.cli.common import clock, ready
from service.database import writing
from service.scheduler import Scheduler, run_once
from service.settings import write_private


def serve(
    no_scheduler: Annotated[bool, typer.Option("--no-scheduler", help="another process sweeps")] = False,
    no_seed: Annotated[bool, typer.Option("--no-seed", help="leave an empty database empty")] = False,
) -> None:
    """Start the API, the pages and the scheduler."""
    with ready() as (settings, engine), writing(engine) as session:
        entered = 0 if no_seed else enter_starting_record(session, now=clock.now())
        if settings.admin_key is None and not auth.list_keys(session):
            secret, now = settings.secret(), clock.now()
            _, plain = auth.create_key(session, auth.FIRST_ADMIN, ["admin"], secret=secret, now=now)
            path = settings.state_dir / "admin.key"
            path.unlink(missing_ok=True)
            write_private(path, plain)
            typer.echo(f"Admin key, shown this once and kept in {path}: {plain}")
    if entered:
        typer.echo(f"Entered the starting record: {entered} questions.")
    typer.echo(f"Leaderboard {settings.base_url}/   due {settings.base_url}/due   API {settings.base_url}/docs")
    served = create_app(settings, scheduler=not no_scheduler)
    uvicorn.run(served, host=settings.host, port=settings.port, log_level="warning")


def scheduler(once: Annotated[bool, typer.Option("--once", help="one sweep, then stop")] = False) -> None:
    """Watch the deadlines without the API."""
    with ready() as (settings, engine):
        if once:
            typer.echo(f"prompted {run_once(engine, settings)['prompted']}")
            return
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        running = Scheduler(engine, settings, clock)
        running.start()
        stop.wait()
        running.stop()
