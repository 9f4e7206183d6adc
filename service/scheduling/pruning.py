"""Delete what has served its purpose: stored replies of writes with an Idempotency-Key, and who sent contests."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, select, tuple_
from sqlmodel import Session, col

from service.db.engine import bookkeeping_transaction
from service.db.models import ContestSender, IdempotentReply

#: A client that repeats a request does so within minutes, at most after a weekend.
REPLY_LIFETIME = timedelta(days=7)
#: The longest time in which the contests of an address are counted.
SENDER_LIFETIME = timedelta(days=1)
#: Rows deleted at once, so that other writers wait for a few hundredths of a second.
PIECE = 500


def prune_replies(engine: Engine, now: datetime, between: Callable[[], object] = lambda: None) -> int:
    """Delete the replies that are older than seven days, piece by piece, and return their number.

    ``between`` is called after each piece.
    """
    key = (col(IdempotentReply.key), col(IdempotentReply.owner))
    old = select(*key).where(col(IdempotentReply.created_at) < now - REPLY_LIFETIME).limit(PIECE)
    total = 0
    while True:
        with bookkeeping_transaction(engine) as session:
            deleted = session.connection().execute(delete(IdempotentReply).where(tuple_(*key).in_(old))).rowcount
        total += deleted
        if deleted < PIECE:
            return total
        between()


def prune_senders(session: Session, now: datetime) -> None:
    """Forget who sent contests more than a day ago."""
    session.execute(delete(ContestSender).where(col(ContestSender.at) <= now - SENDER_LIFETIME))
