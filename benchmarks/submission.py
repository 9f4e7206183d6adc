"""Submit a prediction over HTTP, against one insert of one row by the bare framework with the same durability."""

import json
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from benchmarks.databases import database
from benchmarks.http_load import Call, free_port, per_second, server
from benchmarks.report import Line, Options

CONNECTIONS = 32
KEY = "tr_benchmark_key_of_no_worth_at_all"
_JSON = (b"content-type", b"application/json")
_HEADERS = (_JSON, (b"authorization", f"Bearer {KEY}".encode()))
COMMENTATORS, QUESTIONS = 97, 100  # no common factor: nearly all are opening predictions


def submission(options: Options) -> list[Line]:
    """One line for each database: throughput at 32 connections over that of the bare insert."""
    return [_on(kind, options) for kind in options.databases]


def _on(kind: str, options: Options) -> Line:
    count, rounds = options.number(2000, 100), options.number(3, 1)
    with ExitStack() as stack:
        ours = stack.enter_context(served(stack.enter_context(database(kind))))
        bare = stack.enter_context(_bare(stack.enter_context(database(kind))))
        per_second(ours, _questions(), connections=4, expect=201)
        warm = options.number(300, 20)
        per_second(ours, _predictions(warm), connections=CONNECTIONS, expect=201)
        per_second(bare, _rows(warm), connections=CONNECTIONS, expect=201)
        pairs = [
            (
                per_second(ours, _predictions(count, warm + turn * count), connections=CONNECTIONS, expect=201),
                per_second(bare, _rows(count), connections=CONNECTIONS, expect=201),
            )
            for turn in range(rounds)
        ]
    mine, floor = (statistics.median(values) for values in zip(*pairs, strict=True))
    what = f"submit a prediction, {CONNECTIONS} connections, {kind}"
    ratio = statistics.median(a / b for a, b in pairs)
    return Line(what, f"{mine:.0f}/s", f"bare insert {floor:.0f}/s", ratio, 1.0, at_most=False)


@contextmanager
def served(url: str, *options: str, **settings: str) -> Iterator[str]:
    """The real service in a process of its own; without options it has no scheduler. ``settings`` are variables."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "TRACKRECORD_DATABASE_URL": url,
            "TRACKRECORD_STATE_DIR": folder,
            "TRACKRECORD_PORT": str(port),
            "TRACKRECORD_ADMIN_KEY": KEY,
            **settings,
        }
        command = ["-c", "from service.cli import main; main()", "serve", *(options or ("--no-seed", "--no-scheduler"))]
        with server(command, environment, probe="/healthz", port=port) as base:
            yield base


@contextmanager
def _bare(url: str) -> Iterator[str]:
    port = free_port()
    command = ["-m", "uvicorn", "benchmarks.floor_fastapi:app", "--port", str(port), "--log-level", "warning"]
    with server(command, {"BARE_DATABASE_URL": url}, probe="/page", port=port) as base:
        yield base


def _questions() -> list[Call]:
    return [
        Call("POST", "/api/questions", json.dumps(_question(number)).encode(), _HEADERS) for number in range(QUESTIONS)
    ]


def _question(number: int) -> dict[str, object]:
    return {
        "slug": f"q-{number}",
        "text": f"Will event {number} happen?",
        "resolution_criteria": "Yes if it happened.",
        "deadline": "2099-12-31",
        "deadline_basis": "stated",
    }


def _predictions(count: int, start: int = 0) -> list[Call]:
    bodies = (
        {
            "commentator": {"name": f"Commentator {number % COMMENTATORS}"},
            "question": {"slug": f"q-{number % QUESTIONS}"},
            "made_at": "2025-03-18T20:00:00Z",
            "probability": 0.37,
        }
        for number in range(start, start + count)
    )
    return [Call("POST", "/api/predictions", json.dumps(body).encode(), _HEADERS) for body in bodies]


def _rows(count: int) -> list[Call]:
    bodies = (
        {
            "commentator": f"Commentator {number % COMMENTATORS}",
            "question": f"q-{number % QUESTIONS}",
            "made_at": "2025-03-18T20:00:00Z",
            "probability": 0.37,
        }
        for number in range(count)
    )
    return [Call("POST", "/rows", json.dumps(body).encode(), (_JSON,)) for body in bodies]
