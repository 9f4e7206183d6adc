"""Send a test message to a channel."""

from fastapi import Request
from pydantic import BaseModel

from resolvers.notifications.channels import send_test
from service.db.engine import read_transaction
from service.lookup import channel_of
from service.wiring.senders import make_senders


class Tested(BaseModel):
    """What the receiver of a test message said."""

    verdict: str
    status_code: int | None
    detail: str


def test_now(request: Request, number: int) -> Tested:
    """Send a test message, with no session open while the receiver takes its time. Raises ``NotFound``."""
    state = request.app.state
    with read_transaction(state.engine) as session:
        channel = channel_of(session, number)
        session.expunge(channel)
    answer = send_test(channel, make_senders(state.settings, state.clock), now=state.clock.now())
    return Tested(verdict=answer.verdict.value, status_code=answer.status_code, detail=answer.detail)
