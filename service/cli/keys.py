"""Commands for API keys."""

from typing import Annotated

import typer

from service.cli.common import AsJson, clock, print_json, print_table, ready
from service.db.engine import read_transaction, write_transaction
from service.security import api_keys


def create_key(
    name: Annotated[str, typer.Argument(help="name of its user or program")],
    scope: Annotated[list[str], typer.Option(help=f"may be repeated: {', '.join(api_keys.SCOPES)}")],
    as_json: AsJson = False,
) -> None:
    """Create a key; it is shown only once."""
    with ready() as (settings, engine), write_transaction(engine) as session:
        row, plain = api_keys.create_key(session, name, scope, secret=settings.secret(), now=clock.now())
        scopes = row.scopes
    if as_json:
        print_json({"name": name, "scopes": scopes, "key": plain})
    else:
        typer.echo(plain)


def list_keys(as_json: AsJson = False) -> None:
    """List all keys, including revoked ones, without their secret part."""
    with ready() as (_, engine), read_transaction(engine) as session:
        rows = [
            row.model_dump(include={"name", "scopes", "created_at", "revoked_at"})
            for row in api_keys.list_keys(session)
        ]
    if as_json:
        print_json(rows)
        return
    states = [f"revoked {row['revoked_at']:%Y-%m-%d}" if row["revoked_at"] else "valid" for row in rows]
    shown = [
        (row["name"], ", ".join(row["scopes"]), f"{row['created_at']:%Y-%m-%d}", state)
        for row, state in zip(rows, states, strict=True)
    ]
    print_table(("name", "scopes", "created", "state"), shown)


def revoke_key(name: str) -> None:
    """Revoke a key."""
    with ready() as (_, engine), write_transaction(engine) as session:
        api_keys.revoke_key(session, name, now=clock.now())
    typer.echo(f"revoked {name}")
