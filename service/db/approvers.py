"""Persons who may approve changes of what is settled: those with a valid key of the scope resolve or admin."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlmodel import Session, col

from service.db.models import ApiKey, Person, PersonState

_SCOPES = {"resolve", "admin"}


def is_alone(session: Session, name: str, *, now: datetime) -> bool:
    """Return whether nobody but the person of this name may approve changes.

    The operator behind the command line counts only if nobody has a key: whoever has one decides with others who have.
    """
    valid = (col(ApiKey.revoked_at).is_(None), or_(col(ApiKey.expires_at).is_(None), col(ApiKey.expires_at) > now))
    query = (
        select(col(ApiKey.scopes))
        .join(Person, col(Person.id) == col(ApiKey.person_id))
        .where(*valid, col(Person.state) == PersonState.ACTIVE, col(Person.name) != name)
    )
    return not any(_SCOPES & set(scopes) for (scopes,) in session.execute(query))
