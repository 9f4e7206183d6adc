"""Read the leaderboard over HTTP, against bare JSON replies of the same size, and in records of different size."""

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx

from benchmarks.databases import database
from benchmarks.http_load import Call, free_port, per_second, server
from benchmarks.report import Line, Options
from benchmarks.submission import served
from benchmarks.synthetic_record import enter_record
from predictions.models import Question
from predictions.questions.resolve import resolve
from predictions.schemas.inputs import ResolutionIn
from service.db.engine import make_engine, write_transaction

BOARD = "/api/leaderboard?limit=100"
CONNECTIONS = 8
SMALL = 10_000
RESOLVED = 10
NOW = datetime(2025, 7, 1, tzinfo=UTC)


def leaderboard_read(options: Options) -> list[Line]:
    """The board's first page against bare replies of its size, by time per request."""
    with ExitStack() as stack:
        url = stack.enter_context(_record("sqlite", SMALL))
        ours = stack.enter_context(served(url))
        reply = _current(ours)
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        page = Path(folder) / "page.json"
        page.write_bytes(reply.content)
        bare = stack.enter_context(_bare(page))
        count = options.number(1500, 50)
        fresh = [Call("GET", BOARD)] * count
        held = [Call("GET", BOARD, headers=((b"if-none-match", reply.headers["etag"].encode()),))] * count
        plain, made = [Call("GET", "/page")] * count, [Call("GET", "/content")] * count
        rounds = [
            (_time(ours, fresh), _time(ours, held, 304), _time(bare, plain), _time(bare, made))
            for _ in range(options.number(5, 1))
        ]
    full, unchanged, page_time, json_time = (statistics.median(times) for times in zip(*rounds, strict=True))
    size = f"{len(reply.content) / 1000:.0f} kB"
    floor, bytes_floor = f"bare JSON {_ms(json_time)}", f"bare bytes {_ms(page_time)}"
    return [
        Line(f"read the leaderboard, {size}", _ms(full), floor, full / json_time, 1.3),
        Line(f"read the leaderboard, {size}", _ms(full), bytes_floor, full / page_time),
        Line("read the leaderboard, unchanged (304)", _ms(unchanged), floor, unchanged / json_time, 1.3),
    ]


def leaderboard_size(options: Options) -> list[Line]:
    """The board's first page in a large record, over that in a small one; the estimates are made already."""
    large = options.number(options.largest, 20_000)
    return [_in_two_sizes(kind, large, options) for kind in options.databases]


def _in_two_sizes(kind: str, large: int, options: Options) -> Line:
    with ExitStack() as stack:
        small = stack.enter_context(served(stack.enter_context(_record(kind, SMALL))))
        big = stack.enter_context(served(stack.enter_context(_record(kind, large))))
        for base in (small, big):
            _current(base)
        calls = [Call("GET", BOARD)] * options.number(1500, 50)
        rounds = [(_time(small, calls), _time(big, calls)) for _ in range(options.number(5, 1))]
    little, much = (statistics.median(times) for times in zip(*rounds, strict=True))
    return Line(f"read the leaderboard among {large:,}, {kind}", _ms(much), f"among {SMALL:,}", much / little, 1.3)


def _current(base: str) -> httpx.Response:
    """Return the reply once its estimates are current: from then on it stays the same."""
    while (reply := httpx.get(base + BOARD, timeout=60)).json()["estimates"] != "current":
        time.sleep(0.1)
    return reply


def _time(base: str, calls: list[Call], expect: int = 200) -> float:
    return 1 / per_second(base, calls, connections=CONNECTIONS, expect=expect)


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.2f} ms"


@contextmanager
def _record(kind: str, predictions: int) -> Iterator[str]:
    with database(kind) as url:
        engine = make_engine(url)
        enter_record(engine, predictions)
        data = ResolutionIn.model_validate(
            {"outcome": "no", "known_at": "2025-06-01T12:00:00Z", "evidence": [{"url": "https://example.org/"}]}
        )
        for number in range(1, RESOLVED + 1):
            with write_transaction(engine) as session:
                resolve(session, session.get_one(Question, number), data, now=NOW, actor="benchmark")
        engine.dispose()
        yield url


@contextmanager
def _bare(page: Path) -> Iterator[str]:
    port = free_port()
    command = ["-m", "uvicorn", "benchmarks.floor_fastapi:app", "--port", str(port), "--log-level", "warning"]
    environment = {"BARE_DATABASE_URL": f"sqlite:///{page.parent / 'bare.db'}", "BARE_PAGE": os.fspath(page)}
    with server(command, environment, probe="/page", port=port) as base:
        yield base
