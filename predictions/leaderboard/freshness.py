"""When a computed board goes out of date: the newest scoring event, and the next deadline."""

from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from predictions.models import LedgerEvent, Score


def newest_scoring(session: Session) -> int:
    """The number of the newest ledger event that changed scores; 0 where there is none."""
    changing = col(LedgerEvent.action).in_(("question.scored", "record.rescored"))
    return session.execute(select(func.max(col(LedgerEvent.seq))).where(changing)).scalar() or 0


def next_deadline(session: Session, now: datetime) -> datetime | None:
    """The instant from which a scored question counts that does not yet, as its deadline is still to come."""
    return session.execute(select(func.min(col(Score.deadline))).where(col(Score.deadline) > now)).scalar()
