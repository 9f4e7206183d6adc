"""Routes of channels and deliveries, for admins."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from predictions.columns import MAX_ID
from resolvers.notifications.channels import (
    ChannelEnabledIn,
    ChannelIn,
    ChannelPreferences,
)
from resolvers.notifications.delivery_log import ChannelView, DeliveryView, list_channels, list_deliveries
from resolvers.notifications.delivery_queue import resend
from resolvers.notifications.models import ChannelKind, DeliveryState
from resolvers.notifications.senders.chat import check_address
from service.channel_changes import Changer
from service.limits.write_route import WriteRoute
from service.lookup import channel_of, delivery_of
from service.on_demand.channel_test import TestMessageResult, send_test_now
from service.security.access import Admin
from service.security.api_keys import Caller
from service.web.idempotency import IdempotentWrite, Write
from service.web.pagination import Cursor, Limit, decode_cursor, page_reply
from service.web.path_params import RowId
from service.web.responses import ReadSession, read_reply

router = APIRouter(prefix="/api", tags=["channels"], route_class=WriteRoute)


class NewChannelView(ChannelView):
    """A new channel with its secret, which is shown only once."""

    secret: str = Field(description="secret that verifies the signatures of a webhook; shown in this reply only")


def _changer(request: Request, caller: Caller, write: IdempotentWrite) -> Changer:
    return Changer(caller.name, write.now, request.app.state.secret)


class Channels(BaseModel):
    """All channels."""

    items: list[ChannelView] = Field(description="all channels, oldest first")


@router.post("/channels", status_code=201, response_model=NewChannelView)
def add_channel(request: Request, data: ChannelIn, caller: Admin, write: Write) -> Response:
    """Add a channel.

    A webhook, mail or chat address that prompts are sent to. The signing secret is shown in this reply only.
    """
    write.refuse_key()
    if data.kind is ChannelKind.CHAT:
        check_address(data.target, allowed_hosts=request.app.state.settings.allowed_hosts)

    def job(session: Session) -> BaseModel:
        row = _changer(request, caller, write).add(session, data)
        return NewChannelView(**ChannelView.of(row).model_dump(), secret=row.secret)

    return write(caller, job)


@router.get("/channels", response_model=Channels)
def list_all_channels(request: Request, _: Admin, session: ReadSession) -> Response:
    """List channels.

    Without their secrets.
    """
    return read_reply(request, Channels(items=list_channels(session)))


@router.patch("/channels/{number}", response_model=ChannelView)
def change_channel(request: Request, number: RowId, data: ChannelPreferences, caller: Admin, write: Write) -> Response:
    """Change what a channel receives, and when.

    Its topics, person, quiet hours and digest. Fields left out stay as they are.
    """

    def job(session: Session) -> BaseModel:
        row = channel_of(session, number)
        _changer(request, caller, write).change(session, row, data)
        return ChannelView.of(row)

    return write(caller, job, status=200)


@router.post("/channels/{number}/state", status_code=200, response_model=ChannelView)
def switch_channel(request: Request, number: RowId, data: ChannelEnabledIn, caller: Admin, write: Write) -> Response:
    """Enable or disable a channel.

    Messages waiting for a disabled channel become dead letters, which can be sent again.
    """

    def job(session: Session) -> BaseModel:
        row = channel_of(session, number)
        _changer(request, caller, write).switch(session, row, enabled=data.enabled, reason=data.reason)
        return ChannelView.of(row)

    return write(caller, job, status=200)


@router.post("/channels/{number}/test", status_code=200, response_model=TestMessageResult)
def send_test_message(request: Request, number: RowId, _: Admin) -> TestMessageResult:
    """Send a test message.

    It is sent immediately; the reply contains the receiver's response.
    """
    return send_test_now(request, number)


@router.get("/deliveries", response_model=None)
def list_all_deliveries(
    request: Request,
    _: Admin,
    session: ReadSession,
    limit: Limit = 100,
    cursor: Cursor = None,
    state: DeliveryState | None = None,
    channel: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    question: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
) -> Response:
    """List deliveries.

    Each message with its attempts; `state=dead` selects the dead letters.
    """
    deliveries = list_deliveries(
        session, state=state, channel=channel, question=question, after=decode_cursor(cursor), limit=limit
    )
    return page_reply(request, deliveries, limit)


@router.post("/deliveries/{number}/resend", status_code=200, response_model=DeliveryView)
def resend_delivery(number: RowId, caller: Admin, write: Write) -> Response:
    """Send a dead letter again.

    The message id stays the same.
    """

    def job(session: Session) -> BaseModel:
        resend(session, delivery_of(session, number), now=write.now)
        session.flush()
        return list_deliveries(session, after=number - 1, limit=1)[0]

    return write(caller, job, status=200)
