"""Channels: valid targets and secrets, and whether anything is sent to them."""

import base64

import pytest
from pydantic import ValidationError
from sqlmodel import Session

from predictions.errors import Conflict
from resolvers.notifications.channels import (
    ChannelIn,
    create_channel,
    set_enabled,
)
from tests.support.fake_clock import START
from tests.support.source_requests import add_channel

SECRET = "whsec_" + base64.b64encode(b"a secret of 32 bytes for testing").decode()


def channel_in(**fields: object) -> ChannelIn:
    return ChannelIn.model_validate({"name": "desk", "kind": "webhook", "target": "https://example.org/hook"} | fields)


def test_a_new_webhook_gets_a_secret_and_keeps_one_that_is_given(session: Session) -> None:
    generated = add_channel(session, "made", START)
    assert generated.secret.startswith("whsec_")
    assert len(base64.b64decode(generated.secret.removeprefix("whsec_"))) == 32
    assert add_channel(session, "given", START, secret=SECRET).secret == SECRET
    assert add_channel(session, "other", START).secret != generated.secret
    mailbox = add_channel(session, "mail", START, kind="email", target="desk@example.org")
    assert mailbox.secret == ""


def test_two_channels_cannot_have_one_name(session: Session) -> None:
    add_channel(session, "desk", START)
    with pytest.raises(Conflict, match="choose another name"):
        create_channel(session, channel_in(), now=START)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"target": "ftp://example.org"}, "target"),
        ({"target": "https://user:pass@example.org/"}, "target"),
        ({"target": "https://0x7f.1/"}, "target"),
        ({"target": ""}, "target"),
        ({"kind": "email", "target": "no mailbox"}, "target"),
        ({"kind": "email", "target": "a@example.org\nBcc: b@example.org"}, "target"),
        ({"kind": "pigeon"}, "kind"),
        ({"secret": "whsec_c2hvcnQ="}, "secret"),
        ({"secret": "not base64"}, "secret"),
        ({"topics": ["No Slug"]}, "topics"),
        ({"name": ""}, "name"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_channel_that_could_not_work_is_refused_at_its_field(fields: dict[str, object], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        channel_in(**fields)
    assert {error["loc"][0] for error in refused.value.errors()} == {field}


def test_a_channel_can_be_switched_off_and_on(session: Session) -> None:
    channel = add_channel(session, "desk", START)
    set_enabled(channel, enabled=False, reason="moved")
    assert (channel.enabled, channel.disabled_reason) == (False, "moved")
    set_enabled(channel, enabled=True)
    assert (channel.enabled, channel.disabled_reason) == (True, "")
