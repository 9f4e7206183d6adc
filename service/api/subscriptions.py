"""Routes of subscriptions of a channel to a question or a topic."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from resolvers.notifications.delivery_log import ChannelView, list_channels
from resolvers.notifications.subscriptions import (
    SubscriptionIn,
    SubscriptionView,
    delete_subscription,
    list_subscriptions,
    subscribe,
    subscription_view,
)
from service.limits.write_route import WriteRoute
from service.lookup import channel_of, is_own, own, subscription_of
from service.security.access import KeyOwner
from service.web.idempotency import Write
from service.web.path_params import RowId
from service.web.responses import ReadSession, read_reply

router = APIRouter(prefix="/api/subscriptions", tags=["channels"], route_class=WriteRoute)


class Subscriptions(BaseModel):
    """The channels of the caller (for an admin all) and their subscriptions."""

    channels: list[ChannelView] = Field(description="channels of the caller; for an admin all")
    items: list[SubscriptionView] = Field(description="subscriptions of these channels")


@router.get("", response_model=Subscriptions)
def list_all_subscriptions(request: Request, caller: KeyOwner, session: ReadSession) -> Response:
    """List your subscriptions.

    The channels whose person is the caller (by the name of the key), and their subscriptions.
    """
    channels = [view for view in list_channels(session) if is_own(caller, view)]
    items = list_subscriptions(session, [view.id for view in channels])
    return read_reply(request, Subscriptions(channels=channels, items=items))


@router.post("", status_code=201, response_model=SubscriptionView)
def create_subscription(data: SubscriptionIn, caller: KeyOwner, write: Write) -> Response:
    """Subscribe a channel to a question or topic.

    The channel must belong to the caller, unless an admin calls.
    """

    def job(session: Session) -> BaseModel:
        channel = own(caller, channel_of(session, data.channel))
        return subscription_view(subscribe(session, channel, data, now=write.now, actor=caller.name))

    return write(caller, job)


@router.delete("/{number}", status_code=200, response_model=SubscriptionView)
def end_subscription(number: RowId, caller: KeyOwner, write: Write) -> Response:
    """End a subscription."""

    def job(session: Session) -> BaseModel:
        row = subscription_of(session, number)
        own(caller, channel_of(session, row.channel_id))
        return delete_subscription(session, row, now=write.now, actor=caller.name)

    return write(caller, job, status=200)
