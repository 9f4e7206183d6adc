"""The two things that make a computed board out of date: a scoring event and the next deadline."""

from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from predictions.models import LedgerEvent, Score


def newest_scoring(session: Session) -> int:
    """Return the number of the newest ledger event that changed scores, 0 without any."""
    changing = col(LedgerEvent.action).in_(("question.scored", "record.rescored"))
    return session.execute(select(func.max(col(LedgerEvent.seq))).where(changing)).scalar() or 0


def next_deadline(session: Session, now: datetime) -> datetime | None:
    """Return the earliest future deadline of a scored question, from which on the default board counts it."""
    return session.execute(select(func.min(col(Score.deadline))).where(col(Score.deadline) > now)).scalar()
