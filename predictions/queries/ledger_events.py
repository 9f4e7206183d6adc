"""Events of the ledger: forwards from a number, backwards for readers, and the last change of each question."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from predictions.models import LedgerEvent


def list_events(
    session: Session, *, after: int = 0, subject: str | None = None, subject_id: int | None = None, limit: int = 100
) -> Sequence[LedgerEvent]:
    """Return events with a number above ``after``, in order; of one table and row where these are given."""
    query = select(LedgerEvent).where(col(LedgerEvent.seq) > after).order_by(col(LedgerEvent.seq)).limit(limit)
    if subject is not None:
        query = query.where(col(LedgerEvent.subject) == subject)
    if subject_id is not None:
        query = query.where(col(LedgerEvent.subject_id) == subject_id)
    return session.execute(query).scalars().all()


def newest_events(session: Session, *, before: int | None, limit: int) -> Sequence[LedgerEvent]:
    """Return the newest events, newest first; those with a number below ``before`` where it is given."""
    query = select(LedgerEvent).order_by(col(LedgerEvent.seq).desc()).limit(limit)
    if before is not None:
        query = query.where(col(LedgerEvent.seq) < before)
    return session.execute(query).scalars().all()


def last_changes(session: Session, questions: Collection[int]) -> dict[int, datetime]:
    """Return the time of the last event of each question that has any, by its id."""
    number = col(LedgerEvent.subject_id)
    query = select(number, func.max(col(LedgerEvent.at))).where(
        col(LedgerEvent.subject) == "question", number.in_(questions)
    )
    return {row[0]: row[1] for row in session.execute(query.group_by(number))}
