"""The caller of a request as one who asks for a change of what is settled, or decides about it."""

from datetime import datetime

from sqlmodel import Session

from predictions.changes.kinds import By
from service.db.approvers import is_alone
from service.security.api_keys import Caller


def asker(session: Session, caller: Caller, *, now: datetime) -> By:
    """Return the caller with what they may do about changes of what is settled."""
    alone = is_alone(session, caller.name, now=now)
    return By(caller.name, now, caller.may("predict"), caller.may("resolve"), alone)
