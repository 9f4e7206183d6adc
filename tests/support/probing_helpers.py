"""Questions with attached resolvers, and a prober that reads a server of the test."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from predictions.models import Proposal, Question
from predictions.questions.lookup import find_question
from resolvers.outbound.client import OutboundClient
from resolvers.probing.configuration import ResolverIn, attach, get_attached
from resolvers.probing.models import AttachedResolver
from resolvers.probing.rate_limited_client import RateLimitedFetch
from resolvers.probing.snapshots import SnapshotStore
from resolvers.probing.source_state_store import DatabaseSourceState
from resolvers.probing.worker import Prober
from service.db.engine import read_transaction, write_transaction
from service.wiring.probing import EngineSessions
from tests.support.http_source_server import RawServer, reply
from tests.support.source_requests import create_question

NOON = datetime(2025, 12, 1, 12, 0, tzinfo=UTC)
DEADLINE = NOON + timedelta(days=2)
JSON = "application/json"


def make_prober(engine: Engine, server: RawServer, clock: Any, folder: Path, **limits: Any) -> Prober:
    sessions = EngineSessions(engine)
    fetch = RateLimitedFetch(
        OutboundClient(clock=clock, user_agent="TrackRecord/0 (+test)", allowed_hosts=[server.host]),
        now=clock.now,
        snapshots=SnapshotStore(folder / "snapshots"),
        environment={},
        source_state=DatabaseSourceState(
            read_transaction=sessions.read_transaction, write_transaction=sessions.bookkeeping_transaction
        ),
        spacing_seconds=0.0,
    )
    return Prober(sessions, fetch, clock, **limits)


def json_config(server: RawServer, path: str = "/feed", **expressions: str) -> dict[str, Any]:
    return {"url": server.url + path, **(expressions or {"yes": "happened", "no": "failed", "date": "day"})}


def attach_resolver(engine: Engine, slug: str, config: dict[str, Any], **changes: Any) -> None:
    with write_transaction(engine) as session:
        question = create_question(session, slug, DEADLINE)
        data = ResolverIn.model_validate({"resolver": "json", "config": config} | changes)
        attach(session, question, data, now=NOON, actor="tester")


def run_due(prober: Prober) -> dict[str, int]:
    return dict(prober.run_due(30))


def attached_row(engine: Engine, slug: str) -> AttachedResolver:
    with read_transaction(engine) as session:
        row = get_attached(session, question_named(session, slug))
        session.expunge(row)
        return row


def question_named(session: Session, slug: str) -> Question:
    question = find_question(session, slug)
    assert question is not None
    return question


def all_proposals(engine: Engine) -> list[Proposal]:
    with read_transaction(engine) as session:
        rows = list(session.exec(select(Proposal).order_by(col(Proposal.id))))
        session.expunge_all()
        return rows


def serve_answer(server: RawServer, text: str, **headers: Any) -> None:
    server.routes["/feed"] = reply(text.encode(), content_type=JSON, **headers)


HAPPENED = '{"happened": true, "day": "2025-11-20"}'


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    ends_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends_at, "waited in vain"
        time.sleep(0.01)
