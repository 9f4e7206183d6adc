"""Facts about the service itself that its processes and commands share, each under one name."""

from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from service.db.models import ServiceState

#: Fingerprint of the secret behind the stored keys.
SECRET = "secret"  # noqa: S105 - the name of the row
#: When a scheduler last did all that was due; the value is the time by which it does so again.
SCHEDULER = "scheduler"
#: When the last backup was complete; the value is its directory.
BACKUP = "backup"
#: Recorded by a migration: the record is older than the events from which it can be rebuilt.
BASELINE = "baseline"


def recall(session: Session, name: str) -> ServiceState | None:
    """Return a fact, or None if it was never recorded."""
    return session.get(ServiceState, name)


def forget(session: Session, name: str) -> None:
    """Delete a fact that no longer holds."""
    if (fact := recall(session, name)) is not None:
        session.delete(fact)


def remember(session: Session, name: str, value: str, *, now: datetime) -> None:
    """Record a fact in place of an earlier one; several processes may do so at once."""
    kind = postgresql if session.connection().dialect.name == "postgresql" else sqlite
    insert = kind.insert(ServiceState).values(name=name, value=value, at=now)
    changed = {"value": insert.excluded.value, "at": insert.excluded.at}
    session.connection().execute(insert.on_conflict_do_update(index_elements=["name"], set_=changed))
