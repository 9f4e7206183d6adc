"""Commands for API keys."""

from typing import Annotated

import typer

from service import auth
from service.cli.common import clock, ready
from service.database import reading, writing


def create_key(name: str, scope: Annotated[list[str], typer.Option(help=", ".join(auth.SCOPES))]) -> None:
    """Make a key; it is shown this once."""
    with ready() as (settings, engine), writing(engine) as session:
        _, plain = auth.create_key(session, name, scope, secret=settings.secret(), now=clock.now())
    typer.echo(plain)


def list_keys() -> None:
    """List all keys."""
    with ready() as (_, engine), reading(engine) as session:
        for key in auth.list_keys(session):
            typer.echo(f"{key.name}  {','.join(key.scopes)}  {'revoked' if key.revoked_at else 'valid'}")


def revoke_key(name: str) -> None:
    """Make a key worthless."""
    with ready() as (_, engine), writing(engine) as session:
        auth.revoke_key(session, name, now=clock.now())
    typer.echo(f"revoked {name}")
