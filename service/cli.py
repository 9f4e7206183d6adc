"""The `trackrecord` command: the same domain calls as the API. Exit codes: 0 fine, 1 findings or failure, 2 invalid
input or usage."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
import uvicorn
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine

from predictions.errors import TrackRecordError
from predictions.leaderboard import board, estimate
from predictions.recording import record_prediction
from predictions.resolving import resolve as settle
from predictions.schemas import PredictionIn, ResolutionIn
from predictions.scored import Filters
from predictions.seeding import seed as enter_starting_record
from predictions.verifying import verify as find_faults
from resolvers.inbox import PromptState, list_prompts
from service import auth, migrate
from service.api.questions import question_of
from service.app import create_app
from service.clock import SystemClock
from service.database import make_engine, reading, writing
from service.problems import invalid
from service.scheduler import Scheduler, run_once
from service.settings import Settings, write_private

app = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, help="Track Record: predictions, kept count of."
)
keys = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys.")
app.add_typer(keys, name="keys")
out, err, clock = Console(), Console(stderr=True), SystemClock()
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]
ACTOR = "command line"


@contextmanager
def _ready() -> Iterator[tuple[Settings, Engine]]:
    """Settings and a migrated database."""
    settings = Settings()
    if not settings.database_url:
        settings.state_dir.mkdir(parents=True, exist_ok=True)
    engine = make_engine(settings.database)
    try:
        migrate.upgrade(engine)
        yield settings, engine
    finally:
        engine.dispose()


def _print_json(content: Any) -> None:
    typer.echo(json.dumps(content, default=str, indent=2))


@app.command()
def serve(
    no_scheduler: Annotated[bool, typer.Option("--no-scheduler", help="another process sweeps")] = False,
    no_seed: Annotated[bool, typer.Option("--no-seed", help="leave an empty database empty")] = False,
) -> None:
    """Start the API, the pages and the scheduler."""
    with _ready() as (settings, engine), writing(engine) as session:
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


@app.command()
def scheduler(once: Annotated[bool, typer.Option("--once", help="one sweep, then stop")] = False) -> None:
    """Watch the deadlines without the API."""
    with _ready() as (settings, engine):
        if once:
            typer.echo(f"prompted {run_once(engine, settings)['prompted']}")
            return
        import signal
        import threading

        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        running = Scheduler(engine, settings, clock)
        running.start()
        stop.wait()
        running.stop()


@app.command()
def predict(
    commentator: Annotated[str, typer.Option()],
    question: Annotated[str, typer.Option(help="its slug")],
    made_at: Annotated[str, typer.Option(help="for example 2025-03-18T20:00:00Z")],
    probability: Annotated[float | None, typer.Option()] = None,
    hedge: Annotated[str | None, typer.Option(help="the words that carried the probability")] = None,
    source_url: Annotated[str | None, typer.Option()] = None,
) -> None:
    """Record one prediction on a question on record."""
    given = {"probability": probability, "hedge": hedge, "source": {"url": source_url} if source_url else None}
    body = {"commentator": {"name": commentator}, "question": {"slug": question}, "made_at": made_at, **given}
    data = PredictionIn.model_validate(body)
    with _ready() as (_, engine), writing(engine) as session:
        row = record_prediction(session, data, now=clock.now(), actor=ACTOR)
        typer.echo(f"recorded prediction {row.id}")


@app.command()
def resolve(
    question: str,
    outcome: str,
    known_at: Annotated[str, typer.Option(help="when the outcome became public")],
    evidence: Annotated[list[str], typer.Option(help="an address; may be repeated")],
    note: str = "",
) -> None:
    """Resolve a question, or correct its resolution."""
    body = {"outcome": outcome, "known_at": known_at, "evidence": [{"url": url} for url in evidence], "note": note}
    data = ResolutionIn.model_validate(body)
    with _ready() as (_, engine), writing(engine) as session:
        row = settle(session, question_of(session, question), data, now=clock.now(), actor=ACTOR)
        typer.echo(f"resolution {row.id}: {row.outcome}")


@app.command()
def due(as_json: AsJson = False) -> None:
    """List what waits for an outcome."""
    with _ready() as (_, engine), reading(engine) as session:
        prompts = list_prompts(session, state=PromptState.OPEN, limit=1000)
    if as_json:
        _print_json([prompt.model_dump(mode="json") for prompt in prompts])
        return
    table = Table("due", "question", "stage", "proposals")
    for prompt in prompts:
        table.add_row(str(prompt.due_at.date()), prompt.question.slug, prompt.stage, str(len(prompt.proposals)))
    out.print(table)


@app.command()
def leaderboard(topic: str | None = None, as_json: AsJson = False) -> None:
    """Show the leaderboard."""
    filters, now = Filters(topic=topic), clock.now()
    with _ready() as (_, engine), reading(engine) as session:
        items = board(session, filters, "opening", estimate(session, filters, "opening", now), now=now)
    if as_json:
        _print_json([item.model_dump(mode="json") for item in items])
        return
    table = Table("rank", "commentator", "resolved", "open", "Brier", "90% interval")
    for item in items:
        brier = "" if item.brier is None else f"{item.brier:.3f}"
        interval = "" if item.brier_low is None else f"{item.brier_low:.2f} to {item.brier_high:.2f}"
        rank = str(item.rank or "too few")
        table.add_row(rank, item.commentator.name, str(item.resolved), str(item.open + item.overdue), brier, interval)
    out.print(table)


@app.command()
def verify() -> None:
    """Recompute everything from the append-only rows; say whether every stored number agrees."""
    with _ready() as (_, engine), reading(engine) as session:
        findings = list(find_faults(session))
    for finding in findings:
        typer.echo(finding)
    typer.echo(f"{len(findings)} findings" if findings else "every stored number agrees with the append-only rows")
    raise typer.Exit(1 if findings else 0)


@app.command()
def seed() -> None:
    """Enter the starting record into an empty database."""
    with _ready() as (_, engine), writing(engine) as session:
        typer.echo(f"entered {enter_starting_record(session, now=clock.now())} questions")


@keys.command("create")
def create_key(name: str, scope: Annotated[list[str], typer.Option(help=", ".join(auth.SCOPES))]) -> None:
    """Make a key; it is shown this once."""
    with _ready() as (settings, engine), writing(engine) as session:
        _, plain = auth.create_key(session, name, scope, secret=settings.secret(), now=clock.now())
    typer.echo(plain)


@keys.command("list")
def list_keys() -> None:
    """List all keys."""
    with _ready() as (_, engine), reading(engine) as session:
        for key in auth.list_keys(session):
            typer.echo(f"{key.name}  {','.join(key.scopes)}  {'revoked' if key.revoked_at else 'valid'}")


@keys.command("revoke")
def revoke_key(name: str) -> None:
    """Make a key worthless."""
    with _ready() as (_, engine), writing(engine) as session:
        auth.revoke_key(session, name, now=clock.now())
    typer.echo(f"revoked {name}")


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
