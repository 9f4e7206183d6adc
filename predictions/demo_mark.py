"""The mark of a database that holds an invented record, for demonstration."""

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from predictions.errors import Conflict
from predictions.models import Commentator, DemoMark, Question, Source


def is_demo(session: Session) -> bool:
    """Return whether the database is that of a demo."""
    return session.get(DemoMark, 1) is not None


def mark_as_demo(session: Session, *, now: datetime) -> None:
    """Mark an empty database as that of a demo, for good. Raises ``Conflict`` where it holds a real record."""
    if is_demo(session):
        return
    for table in (Commentator, Source, Question):
        if session.execute(select(col(table.id)).limit(1)).first() is not None:
            raise Conflict("the database holds a record that is not invented: the demo needs a database of its own")
    session.add(DemoMark(id=1, created_at=now))
    session.flush()
