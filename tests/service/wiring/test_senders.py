"""The guarded client and the senders, as the settings of an operator ask for them."""

from pathlib import Path
from typing import Any

import pytest

from resolvers.errors import AddressRefused
from resolvers.notifications.models import ChannelKind
from service import __version__
from service.settings import Settings
from service.wiring.senders import make_client, make_senders
from tests.support.http_source_server import RunningClock, reply, serving_raw


def settings(folder: Path, **fields: Any) -> Settings:
    return Settings(_env_file=None, state_dir=folder, **fields)


def test_a_server_that_is_read_learns_who_reads_it_and_how_to_reach_them(tmp_path: Path) -> None:
    with serving_raw() as server:
        server.routes["/"] = reply(b"ok")
        ours = settings(
            tmp_path, public_url="https://record.example.org/", contact="desk@example.org", allowed_hosts=server.host
        )
        make_client(ours, RunningClock()).get(f"{server.url}/")
        (request,) = server.requests
    agent = f"TrackRecord/{__version__} (+https://record.example.org; desk@example.org)"
    assert request.headers["user-agent"] == agent


def test_a_private_host_is_reached_only_where_the_operator_allows_it(tmp_path: Path) -> None:
    with serving_raw() as server:
        server.routes["/"] = reply(b"ok")
        with pytest.raises(AddressRefused):
            make_client(settings(tmp_path), RunningClock()).get(f"{server.url}/")
        assert server.requests == []


def test_mail_is_sent_only_with_a_mail_server(tmp_path: Path) -> None:
    without = {ChannelKind.WEBHOOK, ChannelKind.CHAT}
    assert set(make_senders(settings(tmp_path), RunningClock())) == without
    with_server = settings(tmp_path, smtp_url="smtp://mail.example.org")
    assert set(make_senders(with_server, RunningClock())) == without | {ChannelKind.EMAIL}
