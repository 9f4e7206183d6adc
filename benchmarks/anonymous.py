"""CPU that one request of a reader without a key costs the service, against the 50 ms that are allowed.

Each address is asked with the most expensive parameters, on the record of the demo. The reader holds the cookie of the
sign-in form, with which no page comes from the cache; what a background job computes is computed before.
"""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine, func, select
from sqlmodel import Session, col

from benchmarks.databases import database
from benchmarks.report import Line, Options
from benchmarks.submission import served
from predictions.models import Commentator, Prediction, Question
from service.db.engine import make_engine, write_transaction
from service.demo.build import build

ALLOWED_MS = 50.0
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
NAMES = json.dumps({f"n{number}": 0 for number in range(60_000)})
LISTS = ("predictions", "questions", "commentators", "sources", "ledger", "proposals", "prompts", "leaderboard")
READS = (
    *(f"/api/{name}?limit=1000" for name in LISTS),
    *("/api/predictions?limit=1000&commentator={first}", "/api/ledger?limit=1000&subject=question"),
    *("/api/leaderboard?from=2020-01-01", "/api/leaderboard?as_of={then}", "/api/calibration", "/api/lexicons"),
    *("/api/commentators/{first}/record", "/api/commentators/{first}/record?as_of={then}", "/api/resolvers"),
    *("/api/commentators/{first}/history", "/api/pairs?first={first}&second={second}", "/api/questions/{question}"),
    "/api/hedge?words=" + "%20".join(["almost", "certainly"] * 8),
    *(
        "/",
        "/?from=2020-01-01",
        "/?as_of={then}",
        "/leaderboard.csv",
        "/calibration",
        "/calibration?commentator={first}",
    ),
    *("/commentators/{first}", "/commentators/{first}?as_of={then}", "/commentators/{first}/record.csv"),
    *("/calibration?commentator={first}", "/calibration?from=2020-01-01"),
    *("/commentators/{first}/badge.svg", "/commentators/{first}/card", "/commentators/{first}/record.png"),
    *("/compare?first={first}&second={second}", "/search?q=" + "%20".join("a" * 50), "/search?q=" + "e" * 100),
    *("/questions", "/questions/{question}", "/questions/{question}/badge.svg", "/questions/{question}/question.png"),
    *("/sources", "/sources/{source}", "/ledger", "/method", "/due", "/deadlines.ics", "/resolutions.atom"),
    *("/sign-in", "/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/static/style.css", "/nowhere"),
    "/?" + "&".join(f"a{number}=1" for number in range(3000)),
)
REQUESTS = (
    *(("GET", path, "", "") for path in READS),
    ("POST", "/api/predictions", NAMES, JSON),
    ("POST", "/sign-in", "a=b&" * 200_000, FORM),
    ("POST", "/record", "a=b&" * 200_000, FORM),
)


def anonymous(options: Options) -> list[Line]:
    """One line for each request: the mean of several."""
    with database("sqlite") as url:
        engine = make_engine(url)
        names = _demo(engine)
        engine.dispose()
        with (
            served(url, TRACKRECORD_REQUESTS_PER_MINUTE="0") as base,
            httpx.Client(base_url=base, timeout=60) as client,
        ):
            client.get("/sign-in")
            return [
                _cost(client, method, path.format(**names), body, kind, options.number(20, 2))
                for method, path, body, kind in REQUESTS
            ]


def _demo(engine: Engine) -> dict[str, Any]:
    """Enter the demo, and return those of its rows that have the most predictions."""
    now = datetime.now(UTC)
    with write_transaction(engine) as session:
        build(session, now=now)
        (first, _), (second, _) = _busiest(session, Prediction.commentator_id, 2)
        slugs = [session.get_one(Commentator, number).slug for number in (first, second)]
        question = session.get_one(Question, _busiest(session, Prediction.question_id, 1)[0][0]).slug
        source = _busiest(session, Prediction.source_id, 1)[0][0]
    then = f"{now - timedelta(days=100):%Y-%m-%d}"
    return {**dict(zip(("first", "second"), slugs, strict=True)), "question": question, "source": source, "then": then}


def _busiest(session: Session, column: Any, limit: int) -> list[Any]:
    query = select(column, func.count()).where(col(column).is_not(None)).group_by(column)
    return list(session.execute(query.order_by(func.count().desc()).limit(limit)).all())


def _cost(client: httpx.Client, method: str, path: str, body: str, kind: str, times: int) -> Line:
    headers = {"Content-Type": kind} if kind else {}
    status = client.request(method, path, content=body, headers=headers).status_code
    before = _cpu_ms()
    for _ in range(times):
        client.request(method, path, content=body, headers=headers)
    used = (_cpu_ms() - before) / times
    return Line(f"{method} {path[:60]} ({status})", f"{used:.0f} ms", f"{ALLOWED_MS:.0f} ms", used / ALLOWED_MS, 1.0)


def _cpu_ms() -> float:
    """Return the CPU time of the server, the newest child of this process (Linux)."""
    me = os.getpid()
    child = Path(f"/proc/{me}/task/{me}/children").read_text().split()[-1]
    fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
    return 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
