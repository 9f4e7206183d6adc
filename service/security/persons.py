"""Persons: the identities behind keys. What belongs to a person is found by their name."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from predictions import ledger
from predictions.models import Question
from predictions.outcomes import UNRESOLVED
from predictions.questions.triage import assign_question
from resolvers.notifications.models import Channel
from service.channel_changes import Changer
from service.db.models import Person, PersonState, Role

_ROLES = (("admin", Role.ADMIN), ("resolve", Role.EDITOR), ("predict", Role.RECORDER))


@dataclass(frozen=True)
class Stopped:
    """What was stopped because its person has no valid key any more: names of channels, slugs of questions."""

    channels: list[str]
    assignments: list[str]


def enter_person(session: Session, name: str, scopes: Collection[str], *, now: datetime, actor: str) -> Person:
    """Return the person of this name, active; a new one gets the role that fits the scopes of their key."""
    person = session.execute(select(Person).where(col(Person.name) == name)).scalar_one_or_none()
    if person is None:
        role = next((role for scope, role in _ROLES if scope in scopes), Role.READER)
        person = Person(name=name, role=role, created_at=now)
        session.add(person)
        session.flush()
        body = ledger.contents(person)
        ledger.append(session, now=now, actor=actor, action="person.entered", subject=person, body=body)
    elif person.state is not PersonState.ACTIVE:
        _set_state(session, person, PersonState.ACTIVE, now=now, actor=actor)
    return person


def _set_state(session: Session, person: Person, state: PersonState, *, now: datetime, actor: str) -> None:
    ledger.append_change(session, person, {"state": state}, now=now, actor=actor, action="person.changed")


def deactivate(session: Session, person: Person, changer: Changer) -> Stopped:
    """Stop what belongs to a person without a valid key: disable their channels, and assign their questions to nobody.

    Waiting messages of the channels become dead letters, which can be sent again.
    """
    if person.state is not PersonState.INACTIVE:
        _set_state(session, person, PersonState.INACTIVE, now=changer.now, actor=changer.actor)
    own = select(Channel).where(col(Channel.person) == person.name, col(Channel.enabled)).order_by(col(Channel.id))
    channels = session.execute(own).scalars().all()
    for channel in channels:
        changer.switch(session, channel, enabled=False, reason=f"{person.name} has no valid key any more")
    waiting = (col(Question.assignee) == person.name, col(Question.status).in_(UNRESOLVED))
    questions = session.execute(select(Question).where(*waiting).order_by(col(Question.id))).scalars().all()
    for question in questions:
        assign_question(session, question, None, now=changer.now, actor=changer.actor)
    session.flush()
    return Stopped([channel.name for channel in channels], [question.slug for question in questions])
