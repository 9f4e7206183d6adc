"""Send a test message to a channel."""

from fastapi import Request
from pydantic import BaseModel, Field

from resolvers.notifications.channels import send_test_message
from service.db.engine import read_transaction
from service.lookup import channel_of
from service.time_limit import begin
from service.wiring.senders import make_senders


class TestMessageResult(BaseModel):
    """Result of a test message."""

    status: str = Field(description="delivered, temporary_failure, permanent_failure or gone")
    status_code: int | None = Field(description="HTTP or SMTP status of the receiver; null without a response")
    detail: str = Field(description="response of the receiver, or the error")


def send_test_now(request: Request, number: int) -> TestMessageResult:
    """Send a test message while no session is open, as the receiver may be slow. Raises ``NotFound``."""
    state = request.app.state
    with read_transaction(state.engine) as session:
        channel = channel_of(session, number)
        session.expunge(channel)
    begin()
    result = send_test_message(channel, make_senders(state.settings, state.clock), now=state.clock.now())
    return TestMessageResult(status=result.status.value, status_code=result.status_code, detail=result.detail)
