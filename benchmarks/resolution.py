"""Resolve a question with 1,000 predictions, in a record of 10 thousand and in one of a million."""

import statistics
import time
from datetime import UTC, datetime

from sqlalchemy import Engine

from benchmarks.databases import database
from benchmarks.report import Line, Options
from benchmarks.synthetic_record import PEOPLE, enter_record
from predictions.models import Question
from predictions.questions.resolve import resolve
from predictions.schemas.inputs import ResolutionIn
from service.db.engine import make_engine, write_transaction

SMALL = 10_000
NOW = datetime(2025, 7, 1, tzinfo=UTC)


def resolution(options: Options) -> list[Line]:
    """One line for each database: the median time in the large record over that in the small one."""
    large = options.number(options.largest, 20_000)
    return [_on(kind, large) for kind in options.databases]


def _on(kind: str, large: int) -> Line:
    with database(kind) as small_url, database(kind) as large_url:
        small, big = make_engine(small_url), make_engine(large_url)
        try:
            enter_record(small, SMALL)
            enter_record(big, large)
            # Turn by turn, so that what else the machine does meets both alike.
            times = [(_resolve(small, number), _resolve(big, number)) for number in range(1, SMALL // PEOPLE + 1)]
        finally:
            small.dispose()
            big.dispose()
    little, much = (statistics.median(values) for values in zip(*times[1:], strict=True))
    what = f"resolve a question with {PEOPLE} predictions among {large:,}, {kind}"
    return Line(what, f"{1000 * much:.1f} ms", f"among {SMALL:,}: {1000 * little:.1f} ms", much / little, 1.3)


def _resolve(engine: Engine, number: int) -> float:
    data = ResolutionIn.model_validate(
        {"outcome": "yes", "known_at": "2025-06-01T12:00:00Z", "evidence": [{"url": "https://example.org/"}]}
    )
    began = time.perf_counter()
    with write_transaction(engine) as session:
        resolve(session, session.get_one(Question, number), data, now=NOW, actor="benchmark")
    return time.perf_counter() - began
