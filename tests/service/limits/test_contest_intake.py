"""Anybody may send contests, and nobody can flood the editors with them."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, select
from sqlmodel import col

from service.app import create_app
from service.db.engine import read_transaction
from service.db.models import ContestSender
from service.limits import contest_intake
from service.settings import Settings
from tests.conftest import ADMIN_KEY
from tests.support.fake_clock import FakeClock
from tests.support.sample_prediction import record_one

CONTEST = {"prediction": 1, "name": "Ann", "text": "Wrong."}
FORWARDED = "X-Forwarded-For"


@pytest.mark.both
def test_an_address_sends_a_few_an_hour_and_a_day_however_many_processes_take_them(
    settings: Settings, serve: Callable[[Any], str], clock: FakeClock
) -> None:
    urls = [serve(create_app(settings, clock=clock)) for _ in range(2)]
    with httpx.Client(base_url=urls[0], headers={"Authorization": f"Bearer {ADMIN_KEY}"}) as admin:
        record_one(admin)

    def send(number: int, address: str = "192.0.2.1") -> httpx.Response:
        return httpx.post(f"{urls[number % 2]}/api/contests", json=CONTEST, headers={FORWARDED: address})

    assert [send(number).status_code for number in range(7)] == [201] * 5 + [429] * 2
    refused = send(1)
    assert "more than 5 contests an hour" in refused.json()["detail"]
    assert int(refused.headers["Retry-After"]) == 3600
    assert send(0, "192.0.2.2").status_code == 201
    clock.advance(3600)
    assert [send(number).status_code for number in range(6)] == [201] * 5 + [429]
    clock.advance(3600)
    refused = send(0)
    assert (refused.status_code, int(refused.headers["Retry-After"])) == (429, 22 * 3600)
    assert "more than 10 contests a day" in refused.json()["detail"]
    clock.advance(22 * 3600)
    assert send(1).status_code == 201


def test_beyond_a_number_that_nobody_has_taken_up_none_is_received(
    settings: Settings, serve: Callable[[Any], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contest_intake, "MOST_WAITING", 2)
    url = serve(create_app(settings))
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {ADMIN_KEY}"}) as admin:
        record_one(admin)

        def send() -> int:
            return httpx.post(f"{url}/api/contests", json=CONTEST).status_code

        assert [send() for _ in range(3)] == [201, 201, 503]
        admin.post("/api/contests/1/take-up")
        assert [send() for _ in range(2)] == [201, 503]


def test_the_address_of_a_sender_is_stored_only_as_a_keyed_hash(
    settings: Settings, serve: Callable[[Any], str], engine: Engine
) -> None:
    url = serve(create_app(settings))
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {ADMIN_KEY}"}) as admin:
        record_one(admin)
    assert httpx.post(f"{url}/api/contests", json=CONTEST, headers={FORWARDED: "192.0.2.9"}).status_code == 201
    with read_transaction(engine) as session:
        client = session.execute(select(col(ContestSender.client))).scalar_one()
    assert len(bytes.fromhex(client)) == 16
    assert client != sha256(b"contest sender\n192.0.2.9").hexdigest()[:32]
