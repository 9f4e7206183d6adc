"""Channels and deliveries, for admins: where prompts are sent, and how each message fared."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel
from sqlmodel import Session

from predictions.columns import MAX_ID
from predictions.errors import NotFound
from predictions.inputs import Input, Line
from resolvers.channels import ChannelIn, Listening, enter_channel, send_test, switch
from resolvers.chat import check_address
from resolvers.deliveries import resend
from resolvers.delivery_log import ChannelView, DeliveryView, list_channels, list_deliveries
from resolvers.digests import change_listening
from resolvers.models import Channel, ChannelKind, Delivery, DeliveryState
from service.api.paging import Cursor, Limit, after, page_reply
from service.auth import Admin
from service.database import reading
from service.replies import Reading, Writing, read_reply
from service.senders import make_senders

router = APIRouter(prefix="/api", tags=["channels"])
Number = Annotated[int, Path(ge=1, le=MAX_ID)]


class NewChannelView(ChannelView):
    """A channel just entered; ``secret`` verifies a webhook's signatures and is shown this once."""

    secret: str


class Channels(BaseModel):
    """All channels."""

    items: list[ChannelView]


class SwitchIn(Input):
    """Whether a channel gets messages, and if not, why."""

    enabled: bool
    reason: Line = ""


class Tested(BaseModel):
    """What the receiver of a test message said."""

    verdict: str
    status_code: int | None
    detail: str


def channel_of(session: Session, number: int) -> Channel:
    """The channel with this id. Raises ``NotFound``."""
    found = session.get(Channel, number)
    if found is None:
        raise NotFound(f"no channel has the id {number}: /api/channels lists them")
    return found


def delivery_of(session: Session, number: int) -> Delivery:
    """The delivery with this id. Raises ``NotFound``."""
    found = session.get(Delivery, number)
    if found is None:
        raise NotFound(f"no delivery has the id {number}: /api/deliveries lists them")
    return found


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
def change(number: Number, data: Listening, who: Admin, write: Writing) -> Response:
    """Change what a channel hears of, and when: its topics, person, quiet hours, digest. What is left out stays."""

    def job(session: Session) -> BaseModel:
        row = channel_of(session, number)
        change_listening(session, row, data, now=write.now)
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


def test_now(request: Request, number: int) -> Tested:
    """Send a test message, with no session open while the receiver takes its time. Raises ``NotFound``."""
    state = request.app.state
    with reading(state.engine) as session:
        channel = channel_of(session, number)
        session.expunge(channel)
    answer = send_test(channel, make_senders(state.settings, state.clock), now=state.clock.now())
    return Tested(verdict=answer.verdict.value, status_code=answer.status_code, detail=answer.detail)


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
