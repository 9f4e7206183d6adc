"""Look up the rows that request paths name (commentator, question, channel), or raise ``NotOnRecord``."""

from datetime import datetime
from typing import TypeVar

from fastapi import HTTPException
from sqlmodel import Session, SQLModel, col, select

from predictions.checkpoints.models import Checkpoint, CheckpointStamp
from predictions.contests.models import Contest
from predictions.errors import InvalidInput, NotFound
from predictions.models import Commentator, Prediction, Proposal, Question, Source
from predictions.questions.lookup import find_question
from predictions.schemas.fields import local_deadline
from resolvers.notifications.delivery_log import ChannelView
from resolvers.notifications.models import Channel, Delivery, Subscription
from service.security.api_keys import Caller

Row = TypeVar("Row", bound=SQLModel)


class NotOnRecord(NotFound):
    """A row that is not in the record; each front door says where the rows of its table are listed."""

    def __init__(self, table: str, key: str, which: object) -> None:
        self.table, self.missing = table, f"no {table} has the {key} {which!r}"
        plural = {"checkpoint": "ledger/checkpoints", "delivery": "deliveries"}.get(table, f"{table}s")
        super().__init__(f"{self.missing}: see GET /api/{plural} for all")


def _with_id(session: Session, table: type[Row], name: str, number: int) -> Row:
    row = session.get(table, number)
    if row is None:
        raise NotOnRecord(name, "id", number)
    return row


def channel_of(session: Session, number: int) -> Channel:
    """Return the channel with this id. Raises ``NotOnRecord``."""
    return _with_id(session, Channel, "channel", number)


def delivery_of(session: Session, number: int) -> Delivery:
    """Return the delivery with this id. Raises ``NotOnRecord``."""
    return _with_id(session, Delivery, "delivery", number)


def contest_of(session: Session, number: int) -> Contest:
    """Return the contest with this id. Raises ``NotOnRecord``."""
    return _with_id(session, Contest, "contest", number)


def checkpoint_of(session: Session, number: int) -> Checkpoint:
    """Return the checkpoint with this id. Raises ``NotOnRecord``."""
    return _with_id(session, Checkpoint, "checkpoint", number)


def commentator_of(session: Session, which: str) -> Commentator:
    """Return the commentator with this id or slug. Raises ``NotOnRecord``."""
    matches = col(Commentator.id) == _parse_id(which) if which.isdecimal() else col(Commentator.slug) == which
    commentator = session.exec(select(Commentator).where(matches)).first()
    if commentator is None:
        raise NotOnRecord("commentator", "id or slug", which)
    return commentator


def _parse_id(which: str) -> int:
    """Return the id in a path, or 0 (which no row has) for a number too large to be an id."""
    return int(which) if len(which) < 20 and int(which) <= 2**63 - 1 else 0


def prediction_of(session: Session, number: int) -> Prediction:
    """Return the prediction with this id. Raises ``NotOnRecord``."""
    return _with_id(session, Prediction, "prediction", number)


def proposal_of(session: Session, number: int) -> Proposal:
    """Return the proposal with this id. Raises ``NotOnRecord``."""
    return _with_id(session, Proposal, "proposal", number)


def question_of(session: Session, which: str) -> Question:
    """Return the question with this id or slug. Raises ``NotOnRecord``."""
    question = find_question(session, _parse_id(which) if which.isdecimal() else which)
    if question is None:
        raise NotOnRecord("question", "id or slug", which)
    return question


def in_its_zone(question: Question, deadline: datetime) -> datetime:
    """Return a deadline as an instant, reading a local time in the question's zone. Raises ``InvalidInput``."""
    if deadline.tzinfo is not None:
        return deadline
    try:
        return local_deadline(deadline, question.deadline_zone)
    except ValueError as error:
        raise InvalidInput.at("/deadline", str(error)) from None


def source_of(session: Session, number: int) -> Source:
    """Return the source with this id. Raises ``NotOnRecord``."""
    return _with_id(session, Source, "source", number)


def stamp_of(session: Session, checkpoint: int, number: int) -> CheckpointStamp:
    """Return the stamp of a checkpoint with this id. Raises ``NotFound``."""
    stamp = session.get(CheckpointStamp, number)
    if stamp is None or stamp.checkpoint_id != checkpoint:
        raise NotFound(f"checkpoint {checkpoint} has no stamp {number}: see GET /api/ledger/checkpoints/{checkpoint}")
    return stamp


def subscription_of(session: Session, number: int) -> Subscription:
    """Return the subscription with this id. Raises ``NotOnRecord``."""
    return _with_id(session, Subscription, "subscription", number)


def is_own(caller: Caller, channel: Channel | ChannelView) -> bool:
    """Return whether the caller may change the channel's subscriptions: their own channel, or any for an admin."""
    return caller.may("admin") or channel.person == caller.name


def own(caller: Caller, channel: Channel) -> Channel:
    """Return the channel if the caller may change its subscriptions. Raises 403."""
    if not is_own(caller, channel):
        raise HTTPException(403, f"the channel {channel.name!r} does not belong to {caller.name!r}: ask an admin")
    return channel
