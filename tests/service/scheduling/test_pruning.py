"""Stored replies of repeated writes live for a week, and are deleted without holding other writers up."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlmodel import Session, col

from service.db.engine import bookkeeping_transaction, read_transaction
from service.db.models import IdempotentReply
from service.scheduling import pruning
from service.scheduling.pruning import REPLY_LIFETIME, prune_replies
from service.scheduling.scheduler import Scheduler, run_once
from service.settings import Settings
from tests.service.scheduling.test_scheduler import until
from tests.support.fake_clock import START, FakeClock


def store(session: Session, number: int, age: timedelta) -> None:
    values: dict[str, Any] = {"request_sha256": "0" * 64, "status": 201, "body": "{}", "created_at": START - age}
    session.add(IdempotentReply(key=f"key {number}", owner="desk", **values))


def keys(engine: Engine) -> list[str]:
    with read_transaction(engine) as session:
        return sorted(session.execute(select(col(IdempotentReply.key))).scalars())


def test_replies_older_than_a_week_are_deleted_in_pieces(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "PIECE", 3)
    with bookkeeping_transaction(engine) as session:
        for number in range(8):
            store(session, number, REPLY_LIFETIME + timedelta(seconds=1 + number))
        store(session, 8, REPLY_LIFETIME)
        store(session, 9, timedelta(0))
    left: list[int] = []

    def count() -> None:
        with read_transaction(engine) as session:
            left.append(session.execute(select(func.count()).select_from(IdempotentReply)).scalar_one())

    assert prune_replies(engine, START, count) == 8
    assert left == [7, 4], "each piece is committed by itself"
    assert keys(engine) == ["key 8", "key 9"]
    assert prune_replies(engine, START, count) == 0


def test_the_scheduler_deletes_them(engine: Engine, tmp_path: Path) -> None:
    settings = Settings(_env_file=None, state_dir=tmp_path, tick_seconds=0.05)
    with bookkeeping_transaction(engine) as session:
        store(session, 1, timedelta(days=8))
    run_once(engine, settings, FakeClock())
    assert keys(engine) == []
    with bookkeeping_transaction(engine) as session:
        store(session, 2, timedelta(days=8))
        store(session, 3, timedelta(days=6))
    scheduler = Scheduler(engine, settings, FakeClock())
    scheduler.start()
    try:
        until(lambda: keys(engine) == ["key 3"])
    finally:
        scheduler.stop()
