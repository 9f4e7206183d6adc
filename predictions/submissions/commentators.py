"""Find, enter and correct commentators."""

from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Select, bindparam
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from predictions import ledger
from predictions.enums import CommentatorKind
from predictions.errors import Conflict, InvalidInput
from predictions.imports.staging import import_id, log_entries
from predictions.imports.visibility import adopted
from predictions.models import Commentator, Source, row_id
from predictions.questions.lookup import taken_slugs
from predictions.schemas.inputs import CommentatorIn
from predictions.slugs import free_slug, name_key

#: The fields of a commentator's published reply to the record.
STATEMENT = ("statement", "statement_on", "statement_url")
# Runs for every prediction, and building a query takes longer than running it.
_BY_NAME: Select[Commentator] = sa_select(Commentator).where(col(Commentator.name_key) == bindparam("name"))


def find_commentator(session: Session, data: CommentatorIn) -> Commentator | None:
    """Return the commentator that ``data`` names by id, slug or name, or None for a new one.

    Raises ``InvalidInput`` for an unknown id, or an unknown slug without a name.
    """
    if data.id is not None:
        existing = session.get(Commentator, data.id)
        if existing is None:
            raise InvalidInput.at("/id", f"no commentator has the id {data.id}: check it, or give a name")
        return existing
    if data.slug is not None:
        existing = session.exec(select(Commentator).where(Commentator.slug == data.slug)).first()
        if existing is None and data.name is None:
            raise InvalidInput.at(
                "/slug", f"no commentator has the slug {data.slug!r}: give a name too, to enter a new one"
            )
        if existing is not None:
            return existing
    return _named(session, name_key(data.name or ""))


def enter_commentator(session: Session, data: CommentatorIn, *, now: datetime, actor: str) -> Commentator:
    """Return the commentator that ``data`` names; enter a new one."""
    find = partial(find_commentator, session, data)
    existing = find() or adopted(session, find, now=now, actor=actor)
    if existing is not None:
        return existing
    name = data.name or ""
    key = _visible_key(name)
    slug = data.slug or free_slug(name, "commentator", key, partial(taken_slugs, session, Commentator))
    commentator = new_commentator(data, slug, now)
    _enter(session, commentator, "commentator", now, actor)
    return commentator


def new_commentator(data: CommentatorIn, slug: str, now: datetime) -> Commentator:
    """Return a commentator who is not on record yet."""
    name = data.name or ""
    return Commentator(
        slug=slug,
        name=" ".join(name.split()),
        name_key=name_key(name),
        kind=data.kind or CommentatorKind.PERSON,
        description=data.description,
        created_at=now,
    )


def change_commentator(
    session: Session, commentator: Commentator, changes: dict[str, Any], *, now: datetime, actor: str
) -> None:
    """Correct a commentator's name, kind, description or statement; the ledger keeps the old values.

    A statement needs a day and may have an address; without a statement there is neither. Raises ``Conflict`` if
    another commentator has the new name, ``InvalidInput`` for a name without visible characters and for a statement
    without a day.
    """
    changes = _with_statement(commentator, changes)
    if "name" in changes:
        key = _visible_key(changes["name"])
        same_name = partial(_named, session, key)
        other = same_name() or adopted(session, same_name, now=now, actor=actor)
        if other is not None and other.id != commentator.id:
            raise Conflict(f"{other.name!r} (id {other.id}) has this name already: choose a distinct name")
        commentator.name_key = key
    ledger.append_change(session, commentator, changes, now=now, actor=actor, action="commentator.changed")


def _named(session: Session, key: str) -> Commentator | None:
    return session.execute(_BY_NAME, {"name": key}).scalars().first()


def _with_statement(commentator: Commentator, changes: dict[str, Any]) -> dict[str, Any]:
    """Return the changes, with day and address reset unless given together with a new statement."""
    if "statement" in changes:
        changes = {"statement_on": None, "statement_url": None} | changes
    statement = {name: changes.get(name, getattr(commentator, name)) for name in STATEMENT}
    if not statement["statement"] and (statement["statement_on"] or statement["statement_url"]):
        raise InvalidInput.at("/statement", "is missing: give the statement, or leave out its day and address")
    if statement["statement"] and not statement["statement_on"]:
        raise InvalidInput.at("/statement_on", "is missing: give the day on which the statement was made")
    return changes


def _visible_key(name: str) -> str:
    key = name_key(name)
    if not key:
        raise InvalidInput.at("/name", "needs at least one visible character")
    return key


def _enter(session: Session, row: Commentator | Source, subject: str, now: datetime, actor: str) -> None:
    row.import_id = import_id(session)
    session.add(row)
    session.flush()
    log_entries(
        session, [ledger.NewEvent(now, actor, f"{subject}.entered", subject, row_id(row), ledger.contents(row))]
    )
