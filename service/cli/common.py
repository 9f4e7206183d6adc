"""What all commands share: the database made ready, the clock, and how results are printed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from sqlalchemy import Engine

from service import migrate
from service.clock import SystemClock
from service.database import make_engine
from service.settings import Settings

out, err, clock = Console(), Console(stderr=True), SystemClock()
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]
ACTOR = "command line"


@contextmanager
def ready() -> Iterator[tuple[Settings, Engine]]:
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


def print_json(content: Any) -> None:
    typer.echo(json.dumps(content, default=str, indent=2))
