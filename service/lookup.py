"""Find what an address names (a commentator, a question, a channel), or raise ``NotFound``."""

from datetime import datetime

from fastapi import HTTPException
from sqlmodel import Session, col, select

from predictions.errors import InvalidInput, NotFound
from predictions.models import Commentator, Prediction, Proposal, Question, Source
from predictions.questions.lookup import find_question
from predictions.schemas.fields import local_deadline
from resolvers.notifications.delivery_log import ChannelView
from resolvers.notifications.models import Channel, Delivery, Subscription
from service.security.api_keys import Caller


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


def commentator_of(session: Session, which: str) -> Commentator:
    """The commentator with this id or slug. Raises ``NotFound``."""
    known = col(Commentator.id) == number_of(which) if which.isdecimal() else col(Commentator.slug) == which
    found = session.exec(select(Commentator).where(known)).first()
    if found is None:
        raise NotFound(f"no commentator has the id or slug {which!r}: /api/commentators lists them")
    return found


def number_of(which: str) -> int:
    """An id from an address; one that no row can have names nothing."""
    return int(which) if len(which) < 20 and int(which) <= 2**63 - 1 else 0


def prediction_of(session: Session, number: int) -> Prediction:
    """The prediction with this id. Raises ``NotFound``."""
    found = session.get(Prediction, number)
    if found is None:
        raise NotFound(f"no prediction has the id {number}: /api/predictions lists them")
    return found


def proposal_of(session: Session, number: int) -> Proposal:
    """The proposal with this id. Raises ``NotFound``."""
    found = session.get(Proposal, number)
    if found is None:
        raise NotFound(f"no proposal has the id {number}: /api/proposals lists them")
    return found


def question_of(session: Session, which: str) -> Question:
    """The question with this id or slug. Raises ``NotFound``."""
    found = find_question(session, number_of(which) if which.isdecimal() else which)
    if found is None:
        raise NotFound(f"no question has the id or slug {which!r}: /api/questions lists them")
    return found


def in_its_zone(question: Question, deadline: datetime) -> datetime:
    """A deadline as an instant: a local one is of the question's zone. Raises ``InvalidInput``."""
    if deadline.tzinfo is not None:
        return deadline
    try:
        return local_deadline(deadline, question.deadline_zone)
    except ValueError as error:
        raise InvalidInput.at("/deadline", str(error)) from None


def source_of(session: Session, number: int) -> Source:
    """The source with this id. Raises ``NotFound``."""
    found = session.get(Source, number)
    if found is None:
        raise NotFound(f"no source has the id {number}: /api/sources lists them")
    return found


def subscription_of(session: Session, number: int) -> Subscription:
    """The subscription with this id. Raises ``NotFound``."""
    found = session.get(Subscription, number)
    if found is None:
        raise NotFound(f"no subscription has the id {number}: /api/subscriptions lists them")
    return found


def is_own(who: Caller, channel: Channel | ChannelView) -> bool:
    """Whether the caller may say what the channel hears of: their own, or any for an admin."""
    return who.may("admin") or channel.person == who.name


def own(who: Caller, channel: Channel) -> Channel:
    """The channel, if the caller may say what it hears of. Raises 403."""
    if not is_own(who, channel):
        raise HTTPException(403, f"the channel {channel.name!r} is not of {who.name!r}: ask an admin")
    return channel
