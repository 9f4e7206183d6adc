"""Channels and deliveries, for admins: where prompts are sent, and how each message fared."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from sqlmodel import Session

from predictions.columns import MAX_ID
from resolvers.notifications.channels import ChannelIn, ChannelPreferences, SwitchIn, enter_channel, switch
from resolvers.notifications.delivery_log import ChannelView, DeliveryView, list_channels, list_deliveries
from resolvers.notifications.delivery_queue import resend
from resolvers.notifications.digests import change_preferences
from resolvers.notifications.models import ChannelKind, DeliveryState
from resolvers.notifications.senders.chat import check_address
from service.channel_test import Tested, test_now
from service.lookup import channel_of, delivery_of
from service.security.access import Admin
from service.web.idempotency import Writing
from service.web.pagination import Cursor, Limit, after, page_reply
from service.web.path_params import Number
from service.web.responses import Reading, read_reply

router = APIRouter(prefix="/api", tags=["channels"])


class NewChannelView(ChannelView):
    """A channel just entered; ``secret`` verifies a webhook's signatures and is shown this once."""

    secret: str


class Channels(BaseModel):
    """All channels."""

    items: list[ChannelView]


@router.post("/channels", status_code=201, response_model=NewChannelView)
def enter(data: ChannelIn, who: Admin, write: Writing) -> Response:
    """Enter a webhook, mail or chat address that prompts go to. The signing secret is shown in this reply alone."""
    write.must_not_be_kept()
    if data.kind is ChannelKind.CHAT:
        check_address(data.target)

    def job(session: Session) -> BaseModel:
        row = enter_channel(session, data, now=write.now)
        return NewChannelView(**ChannelView.of(row).model_dump(), secret=row.secret)

    return write(who, job)


@router.get("/channels", response_model=Channels)
def list_all(request: Request, _: Admin, session: Reading) -> Response:
    """List all channels, without their secrets."""
    return read_reply(request, Channels(items=list_channels(session)))


@router.patch("/channels/{number}", response_model=ChannelView)
def change(number: Number, data: ChannelPreferences, who: Admin, write: Writing) -> Response:
    """Change what a channel hears of, and when: its topics, person, quiet hours, digest. What is left out stays."""

    def job(session: Session) -> BaseModel:
        row = channel_of(session, number)
        change_preferences(session, row, data, now=write.now)
        return ChannelView.of(row)

    return write(who, job, status=200)


@router.post("/channels/{number}/state", status_code=200, response_model=ChannelView)
def turn(number: Number, data: SwitchIn, who: Admin, write: Writing) -> Response:
    """Enable or disable a channel. What waits for a disabled one becomes dead letters, which can be sent again."""

    def job(session: Session) -> BaseModel:
        row = channel_of(session, number)
        switch(row, enabled=data.enabled, reason=data.reason or f"disabled by {who.name}")
        session.flush()
        return ChannelView.of(row)

    return write(who, job, status=200)


@router.post("/channels/{number}/test", status_code=200, response_model=Tested)
def test(request: Request, number: Number, _: Admin) -> Tested:
    """Send a test message now and say what came back."""
    return test_now(request, number)


@router.get("/deliveries", response_model=None)
def list_sent(
    request: Request,
    _: Admin,
    session: Reading,
    limit: Limit = 100,
    cursor: Cursor = None,
    state: DeliveryState | None = None,
    channel: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    question: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
) -> Response:
    """List messages with every attempt; `state=dead` are the dead letters."""
    found = list_deliveries(session, state=state, channel=channel, question=question, after=after(cursor), limit=limit)
    return page_reply(request, found, limit)


@router.post("/deliveries/{number}/resend", status_code=200, response_model=DeliveryView)
def again(number: Number, who: Admin, write: Writing) -> Response:
    """Send a dead letter again, with the same message id."""

    def job(session: Session) -> BaseModel:
        resend(session, delivery_of(session, number), now=write.now)
        session.flush()
        return list_deliveries(session, after=number - 1, limit=1)[0]

    return write(who, job, status=200)
