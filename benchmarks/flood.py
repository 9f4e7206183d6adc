"""While a hundred readers without a key flood the slowest addresses, time a write with a key and /healthz.

Each reader comes from an address of its own, as behind a proxy, so that quotas stop none of them early.
"""

import asyncio
import json
import multiprocessing
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import httpx

from benchmarks.databases import database
from benchmarks.http_load import Call, _bytes
from benchmarks.report import Line, Options
from benchmarks.submission import KEY, _question, served
from benchmarks.synthetic_record import enter_record
from service.db.engine import make_engine

READERS = 100
TARGET_SECONDS = 1.0
KINDS = {
    "past boards": lambda at: f"/?as_of={_instant(at % 30)}",
    "boards of other periods": lambda at: f"/api/leaderboard?from={_instant(at % 150)}",
    "comparisons": lambda at: f"/compare?first=commentator-{at % 40}&second=commentator-{at % 37}",
    "searches": lambda at: f"/search?q=event+{at % 50}",
    "records": lambda at: f"/commentators/{at % 50 + 1}",
}


def flood(options: Options) -> list[Line]:
    """Two lines for each kind of flood and database; the ratio is the 99th percentile to the target of one second."""
    lines: list[Line] = []
    for kind in options.databases:
        with database(kind) as url:
            engine = make_engine(url)
            enter_record(engine, options.number(100_000, 2_000))
            engine.dispose()
            with served(url) as base:
                _write(base, "/api/questions", _question(0))
                calm = _measure(base, options.number(5, 1))
                for name in KINDS:
                    lines += _under(base, name, kind, calm, options.number(10, 2))
    return lines


def _under(base: str, name: str, kind: str, calm: dict[str, list[float]], seconds: int) -> Iterator[Line]:
    readers = multiprocessing.get_context("spawn").Process(target=_flood, args=(base, name, seconds + 2.0), daemon=True)
    readers.start()
    time.sleep(2)
    flooded = _measure(base, seconds)
    readers.join(30)
    for what, times in flooded.items():
        mine, floor = _percentile(times), _percentile(calm[what])
        measured, held_against = f"{mine * 1000:.0f} ms", f"calm {floor * 1000:.0f} ms"
        yield Line(f"{what} under {name}, {kind}", measured, held_against, mine / TARGET_SECONDS, 1.0)


def _measure(base: str, seconds: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {"a write": [], "/healthz": []}
    numbers, until = count(), time.monotonic() + seconds
    while time.monotonic() < until:
        number = next(numbers)
        began = time.perf_counter()
        _write(
            base,
            "/api/predictions",
            {
                "commentator": {"name": f"Writer {time.monotonic_ns()}"},
                "question": {"slug": "q-0"},
                "made_at": "2025-03-18T20:00:00Z",
                "probability": number % 100 / 100,
            },
        )
        times["a write"].append(time.perf_counter() - began)
        began = time.perf_counter()
        httpx.get(f"{base}/healthz", timeout=30).raise_for_status()
        times["/healthz"].append(time.perf_counter() - began)
        time.sleep(0.02)
    return times


def _write(base: str, path: str, body: dict[str, object]) -> None:
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    httpx.post(base + path, content=json.dumps(body), headers=headers, timeout=60).raise_for_status()


def _flood(base: str, name: str, seconds: float) -> None:
    asyncio.run(_all_readers(base, name, seconds))


async def _all_readers(base: str, name: str, seconds: float) -> None:
    address, until, numbers = httpx.URL(base), time.monotonic() + seconds, count()

    async def reader(place: int) -> None:
        while time.monotonic() < until:
            forwarded = (b"x-forwarded-for", f"192.0.2.{place}".encode())
            call = Call("GET", KINDS[name](next(numbers)), headers=(forwarded, (b"connection", b"close")))
            try:
                incoming, outgoing = await asyncio.open_connection(address.host, address.port)
                outgoing.write(_bytes(call, address.netloc))
                await incoming.read()
                outgoing.close()
            except OSError:
                await asyncio.sleep(0.05)

    await asyncio.gather(*(reader(place) for place in range(READERS)))


def _instant(day: int) -> str:
    return (datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=day)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _percentile(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98] if len(times) > 1 else max(times)
