"""CPU that one request of a reader without a key costs the service, against the 50 ms that are allowed."""

import json
import os
from pathlib import Path

import httpx

from benchmarks.databases import database
from benchmarks.report import Line, Options
from benchmarks.submission import served
from benchmarks.synthetic_record import enter_record
from service.db.engine import make_engine

ALLOWED_MS = 50.0
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
NAMES = json.dumps({f"n{number}": 0 for number in range(60_000)})
REQUESTS = (
    *(("GET", path, "", "") for path in ("/", "/questions", "/sources", "/ledger", "/method", "/calibration")),
    *(("GET", path, "", "") for path in ("/search?q=a", "/leaderboard.csv", "/resolutions.atom", "/openapi.json")),
    *(("GET", path, "", "") for path in ("/commentators/1", "/commentators/1/record.png", "/compare?first=1&second=2")),
    *(("GET", f"/api/{name}?limit=1000", "", "") for name in ("predictions", "questions", "ledger", "leaderboard")),
    *(("GET", f"/api/commentators/1/{name}", "", "") for name in ("record", "history")),
    ("GET", "/?" + "&".join(f"a{number}=1" for number in range(3000)), "", ""),
    ("POST", "/api/predictions", NAMES, JSON),
    ("POST", "/sign-in", "a=b&" * 200_000, FORM),
    ("POST", "/record", "a=b&" * 200_000, FORM),
)


def anonymous(options: Options) -> list[Line]:
    """One line for each request: the mean of several, the first of which finds nothing cached."""
    with database("sqlite") as url:
        engine = make_engine(url)
        enter_record(engine, options.number(100_000, 2_000))
        engine.dispose()
        with served(url) as base, httpx.Client(base_url=base, timeout=60) as client:
            return [_cost(client, *request, options.number(10, 2)) for request in REQUESTS]


def _cost(client: httpx.Client, method: str, path: str, body: str, kind: str, times: int) -> Line:
    before, status = _cpu_ms(), 0
    for _ in range(times):
        status = client.request(method, path, content=body, headers={"Content-Type": kind} if kind else {}).status_code
    used = (_cpu_ms() - before) / times
    return Line(f"{method} {path[:40]} ({status})", f"{used:.0f} ms", f"{ALLOWED_MS:.0f} ms", used / ALLOWED_MS, 1.0)


def _cpu_ms() -> float:
    """Return the CPU time of the server, the newest child of this process (Linux)."""
    me = os.getpid()
    child = Path(f"/proc/{me}/task/{me}/children").read_text().split()[-1]
    fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
    return 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
