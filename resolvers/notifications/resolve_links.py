"""Signed links in messages: each opens the resolve page of one question until it is resolved or the link expires.

A link holds the message id and a signature; nothing is stored for it. Its validity follows from the record. Opening
the page does not use the link up, as mail scanners open every link.
"""

import hashlib
from datetime import datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import exists, select
from sqlmodel import Session, col

from predictions.errors import Conflict, NotFound
from predictions.models import Question, Resolution, row_id
from resolvers.notifications.models import Delivery
from resolvers.prompts.inbox import PromptState, pending_proposals, prompt_state
from resolvers.prompts.models import Prompt

LINK_LIFETIME = timedelta(days=60)
PATH = "/resolve/"


def resolve_token(secret: bytes, message_id: str) -> str:
    """Return the token of a link: the message id and a signature that only this server can make."""
    token: str = _serializer(secret).dumps(message_id)
    return token


def resolve_url(base_url: str, secret: bytes, message_id: str) -> str:
    """Return the address of the resolve page for the receiver of this message."""
    return f"{base_url}{PATH}{resolve_token(secret, message_id)}"


def open_link(session: Session, secret: bytes, token: str, *, now: datetime) -> tuple[Question, Delivery]:
    """Return the question that a link opens, and the delivery that contained the link.

    Raises ``NotFound`` for a link that this server did not make, ``Conflict`` for one that is used or expired.
    """
    try:
        message_id = _serializer(secret).loads(token)
    except BadData:
        raise NotFound("this link was not made by this server: copy all of it from the message") from None
    row = session.execute(
        select(Delivery, Prompt, Question)
        .join(Prompt, col(Prompt.id) == col(Delivery.prompt_id))
        .join(Question, col(Question.id) == col(Prompt.question_id))
        .where(col(Delivery.message_id) == message_id)
    ).first()
    if row is None:
        raise NotFound("the message of this link is no longer on record: resolve the question from its page")
    if now - row.Delivery.created_at > LINK_LIFETIME:
        raise Conflict(f"this link is older than {LINK_LIFETIME.days} days: resolve the question from its page")
    _check_unused(session, row.Prompt, row.Question, row.Delivery, now)
    return row.Question, row.Delivery


def _serializer(secret: bytes) -> URLSafeSerializer:
    """Return the serializer of tokens, without a time: the age of a link is that of its delivery on record."""
    settings = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeSerializer(secret, salt="trackrecord resolve link", signer_kwargs=settings)


def _check_unused(session: Session, prompt: Prompt, question: Question, delivery: Delivery, now: datetime) -> None:
    """Raise ``Conflict`` if the question was resolved or postponed since; a retraction reopens no link."""
    resolved_since = select(
        exists().where(col(Resolution.question_id) == question.id, col(Resolution.resolved_at) >= delivery.created_at)
    )
    if session.execute(resolved_since).scalar():
        raise Conflict("this link was used, or the question resolved another way: correct it on the question's page")
    contradicted = row_id(question) in pending_proposals(session, {row_id(question)})
    if prompt_state(prompt, question, now, contradicted=contradicted) not in (PromptState.OPEN, PromptState.SNOOZED):
        raise Conflict("the question's deadline was moved: another message follows when it is due")
