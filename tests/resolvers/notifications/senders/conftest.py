"""Fixtures of the tests of senders."""

import pytest

from resolvers.notifications.senders import chat
from tests.support.senders.forked_chat import run_forked


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chats are sent by a forked process; some tests of `test_chat.py` run the real one, which differs in its start."""
    monkeypatch.setattr(chat, "_run_subprocess", run_forked)
