"""Commands for API keys."""

from datetime import datetime
from typing import Annotated

import typer
from pydantic import TypeAdapter

from predictions.schemas.fields import Instant
from service.cli.common import ACTOR, AsJson, changer, clock, print_json, print_table, ready, say
from service.db.engine import read_transaction, write_transaction
from service.db.models import ApiKey
from service.security import api_keys
from service.security.own_secret import own_secret, reset_keys
from service.security.persons import Stopped


def create_key(
    name: Annotated[str, typer.Argument(help="name of its user or program")],
    scope: Annotated[list[str], typer.Option(help=f"may be repeated: {', '.join(api_keys.SCOPES)}")],
    person: Annotated[str | None, typer.Option(help="name of its owner, who may have several keys")] = None,
    expires: Annotated[str | None, typer.Option(help="time or day from which it is not valid")] = None,
    as_json: AsJson = False,
) -> None:
    """Create a key; it is shown only once."""
    expires_at = TypeAdapter(Instant).validate_python(expires) if expires is not None else None
    new = api_keys.NewKey(name, scope, person, expires_at)
    with ready() as (settings, engine):
        secret = own_secret(engine, settings, now=clock.now())
        with write_transaction(engine) as session:
            row, plain = api_keys.create_key(session, new, secret=secret, now=clock.now(), actor=ACTOR)
            created = {"name": name, "scopes": row.scopes, "key": plain}
    if as_json:
        print_json(created)
    else:
        say(plain)


def list_keys(as_json: AsJson = False) -> None:
    """List all keys, including revoked ones, without their secret part."""
    names = {"id", "name", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at"}
    with ready() as (_, engine), read_transaction(engine) as session:
        rows = api_keys.list_keys(session)
    if as_json:
        print_json([row.model_dump(include=names) | {"person": person.name} for row, person in rows])
        return
    shown = [_columns(row, person.name) for row, person in rows]
    print_table(("id", "name", "person", "scopes", "created", "last used", "state"), shown, right=[0])


def _columns(row: ApiKey, person: str) -> tuple[object, ...]:
    days = (_day(row.created_at), _day(row.last_used_at))
    return row.id, row.name, person, ", ".join(row.scopes), *days, _state(row)


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d}" if at is not None else ""


def _state(row: ApiKey) -> str:
    if row.revoked_at is not None:
        return f"revoked {_day(row.revoked_at)}"
    if row.expires_at is None:
        return "valid"
    return f"{'expired' if api_keys.is_expired(row.expires_at, clock.now()) else 'valid until'} {_day(row.expires_at)}"


def rotate_key(name: str, as_json: AsJson = False) -> None:
    """Replace the secret of a key; the new one is shown only once, and the old one stops working."""
    with ready() as (settings, engine):
        secret = own_secret(engine, settings, now=clock.now())
        with write_transaction(engine) as session:
            row = api_keys.key_named(session, name)
            plain = api_keys.rotate_key(session, row, secret=secret, now=clock.now(), actor=ACTOR)
    if as_json:
        print_json({"name": name, "key": plain})
    else:
        say(plain)


def revoke_key(
    name: str, force: Annotated[bool, typer.Option("--force", help="even if it is the last key of an admin")] = False
) -> None:
    """Revoke a key. If its owner has no other, their channels are disabled and their questions assigned to nobody."""
    with ready() as (settings, engine), write_transaction(engine) as session:
        row = api_keys.key_named(session, name)
        stopped = api_keys.revoke_and_stop(session, row, changer(session, settings), force=force)
    say(f"revoked {name}")
    for line in _lines(stopped):
        say(line)


def _lines(stopped: Stopped | None) -> list[str]:
    if stopped is None:
        return []
    channels = [f"disabled channel {name}" for name in stopped.channels]
    return channels + [f"assigned to nobody: {slug}" for slug in stopped.assignments]


def reset(name: Annotated[str, typer.Argument(help="name of the new key")], as_json: AsJson = False) -> None:
    """Revoke all keys and create an admin key, after the secret behind the keys was lost. Restart the service then."""
    with ready() as (settings, engine), write_transaction(engine) as session:
        plain = reset_keys(session, name, settings, now=clock.now())
    if as_json:
        print_json({"name": name, "scopes": ["admin"], "key": plain})
    else:
        say(plain)
