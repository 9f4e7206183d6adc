"""A simulated outside world for tests of resolvers: a real server, and the guarded client without waiting."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from resolvers.outbound.client import OutboundClient
from resolvers.probing.rate_limited_client import RateLimitedFetch
from resolvers.probing.snapshots import SnapshotStore
from resolvers.probing.source_state import InMemorySourceState
from resolvers.sources.evidence import Probe
from resolvers.sources.interface import ProbedQuestion
from resolvers.sources.registry import probe
from tests.support.fake_clock import FakeClock
from tests.support.http_source_server import FIXTURES, RawServer, reply, serving_raw

TYPES = {".json": "application/json", ".xml": "application/xml"}


def fixture(name: str) -> bytes:
    return (FIXTURES / "feeds" / name).read_bytes()


@dataclass
class World:
    """A server at `url` with the responses in `routes`; `clock` is the clock of the client."""

    server: RawServer
    fetch: RateLimitedFetch
    clock: FakeClock
    snapshots: SnapshotStore
    slept: list[float]
    environment: dict[str, str]
    memory: InMemorySourceState

    @property
    def url(self) -> str:
        return self.server.url

    def serve(self, path: str, name: str, **headers: str) -> None:
        """Serve a fixture at a path."""
        body = fixture(name)
        self.serve_bytes(path, body, **{"content_type": TYPES[Path(name).suffix], **headers})

    def serve_bytes(self, path: str, body: bytes, **headers: Any) -> None:
        self.server.routes[path] = reply(body, **headers)

    def probe(self, question: ProbedQuestion, key: str, **settings: Any) -> Probe:
        return probe(question, key, settings, self.fetch)


@contextmanager
def new_world(folder: Path, now: datetime) -> Iterator[World]:
    clock = FakeClock(now)
    slept: list[float] = []
    environment: dict[str, str] = {}
    memory = InMemorySourceState()
    snapshots = SnapshotStore(folder / "snapshots")

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.advance(seconds)

    with serving_raw() as server:
        outbound_client = OutboundClient(clock=clock, user_agent="TrackRecord/0 (+test)", allowed_hosts=[server.host])
        fetch = RateLimitedFetch(
            outbound_client,
            now=clock.now,
            snapshots=snapshots,
            environment=environment,
            source_state=memory,
            draw=lambda: 0.5,
            sleep=sleep,
        )
        yield World(server, fetch, clock, snapshots, slept, environment, memory)


def question(opened: str = "2025-03-18", deadline: str = "2025-09-18T23:59:59-04:00", **changes: Any) -> ProbedQuestion:
    """Return a yes-or-no question from spring to autumn 2025, counted in US Eastern time."""
    moments = {name: datetime.fromisoformat(text) for name, text in (("opened_at", opened), ("deadline", deadline))}
    aware = {name: moment if moment.tzinfo else moment.replace(tzinfo=UTC) for name, moment in moments.items()}
    fields = {"id": 7, "slug": "q", "text": "Will it?", "resolution_criteria": "It does.", **aware}
    return ProbedQuestion(**{**fields, "deadline_zone": "America/New_York", **changes})
