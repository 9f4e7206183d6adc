"""Signed links in mails: each opens its question until it is used, overtaken or expired."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from itsdangerous import URLSafeSerializer
from sqlmodel import Session

from predictions.errors import Conflict, NotFound
from predictions.questions.lifecycle import postpone
from predictions.questions.resolve import retract_resolution
from resolvers.deadline_sweep import sweep_due
from resolvers.notifications.resolve_links import open_link, resolve_token
from tests.support.fake_clock import START
from tests.support.source_requests import BASE_URL, add_channel, all_deliveries, create_question, resolve_question

SECRET = b"the secret of this server"


@pytest.fixture
def linked(session: Session) -> SimpleNamespace:
    """A question that is due, and the token of the link that was sent."""
    question = create_question(session, "rain", START)
    add_channel(session, "mail", START, kind="email", target="desk@example.org")
    sweep_due(session, now=START, base_url=BASE_URL)
    [delivery] = all_deliveries(session)
    return SimpleNamespace(question=question, token=resolve_token(SECRET, delivery.message_id), delivery=delivery)


def test_a_link_opens_its_question_any_number_of_times(session: Session, linked: SimpleNamespace) -> None:
    for days in (0, 1, 60):
        question, delivery = open_link(session, SECRET, linked.token, now=START + timedelta(days=days))
        assert (question.id, delivery.id) == (linked.question.id, linked.delivery.id)


@pytest.mark.parametrize(
    "change", ["other secret", "other message", "lost message", "other purpose", "cut", "empty", "not ascii"]
)
def test_a_link_that_this_server_did_not_make_opens_nothing(
    session: Session, linked: SimpleNamespace, change: str
) -> None:
    token = {
        "other secret": resolve_token(b"another", linked.delivery.message_id),
        "other message": resolve_token(SECRET, "msg_other").partition(".")[0] + "." + linked.token.partition(".")[2],
        "other purpose": URLSafeSerializer(SECRET, salt="trackrecord visit").dumps(linked.delivery.message_id),
        "lost message": resolve_token(SECRET, "msg_lost"),
        "cut": linked.token[:-1],
        "empty": "",
        "not ascii": "msg_ä.ö",
    }[change]
    with pytest.raises(NotFound):
        open_link(session, SECRET, token, now=START)


def test_a_link_works_once(session: Session, linked: SimpleNamespace) -> None:
    resolve_question(session, linked.question, "yes", START)
    with pytest.raises(Conflict, match="used"):
        open_link(session, SECRET, linked.token, now=START)
    retract_resolution(session, linked.question, "A mistake.", now=START, actor="tester")
    with pytest.raises(Conflict, match="used"):
        open_link(session, SECRET, linked.token, now=START)


def test_a_link_of_a_postponed_question_is_refused(session: Session, linked: SimpleNamespace) -> None:
    postpone(session, linked.question, START + timedelta(days=9), "Moved.", now=START, actor="tester")
    with pytest.raises(Conflict, match="moved"):
        open_link(session, SECRET, linked.token, now=START)


def test_a_link_expires(session: Session, linked: SimpleNamespace) -> None:
    with pytest.raises(Conflict, match="older than 60 days"):
        open_link(session, SECRET, linked.token, now=START + timedelta(days=60, seconds=1))
