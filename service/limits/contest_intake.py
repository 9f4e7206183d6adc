"""Receive contests from anybody, within limits: of each address, and of all that wait for an editor.

Counted in the database within the write transaction, and so exactly, by however many processes.
"""

import hashlib
import hmac
import math
from datetime import datetime, timedelta

from fastapi import Request
from sqlalchemy import func, select
from sqlmodel import Session, col

from predictions.contests.inputs import ContestIn
from predictions.contests.listing import EditorContestView, view_contests
from predictions.contests.models import Contest, ContestState
from predictions.contests.receive import receive
from service.db.models import ContestSender
from service.errors import TooMany, Unavailable
from service.scheduling.pruning import SENDER_LIFETIME, prune_senders
from service.security.client_group import client_group

#: Contests that one address may send in these times, the shortest first.
LIMITS = ((timedelta(hours=1), 5, "an hour"), (SENDER_LIFETIME, 10, "a day"))
#: Contests that nobody has taken up; beyond these none is received.
MOST_WAITING = 500
CLIENT_DIGITS = 32


def receive_contest(request: Request, data: ContestIn) -> EditorContestView:
    """Enter a contest and return it.

    Raises ``TooMany`` if its sender has used up a limit, ``Unavailable`` if too many wait already, and like
    ``receive``.
    """
    state, client = request.app.state, _client(request)
    now = state.clock.now()

    def job(session: Session) -> EditorContestView:
        _check_limits(session, client, now)
        contest = receive(session, data, days=state.settings.contest_days, secret=state.secret, now=now)
        session.add(ContestSender(client=client, at=now))
        return view_contests(session, [contest])[0]

    view: EditorContestView = state.writer.run(job)
    return view


def _client(request: Request) -> str:
    group = client_group(request.client.host if request.client else "")
    text = f"contest sender\n{group}".encode()
    return hmac.new(request.app.state.secret, text, hashlib.sha256).hexdigest()[:CLIENT_DIGITS]


def _check_limits(session: Session, client: str, now: datetime) -> None:
    prune_senders(session, now)
    own = select(col(ContestSender.at)).where(col(ContestSender.client) == client).order_by(col(ContestSender.at))
    sent = session.execute(own).scalars().all()
    for window, most, name in reversed(LIMITS):
        recent = [at for at in sent if at > now - window]
        if len(recent) >= most:
            wait = math.ceil((recent[-most] + window - now).total_seconds())
            minutes = math.ceil(wait / 60)
            detail = f"more than {most} contests {name} from one address: send it again in {minutes} minutes"
            raise TooMany(detail, wait)
    waiting = select(func.count()).select_from(Contest).where(col(Contest.state) == ContestState.RECEIVED)
    if session.execute(waiting).scalar_one() >= MOST_WAITING:
        raise Unavailable("Too many contests wait for an editor: send it again in some days, or write to the operator.")
