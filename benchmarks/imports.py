"""While a file of 20,000 lines is imported, or batches of 10,000 lines arrive, measure how late prompts come."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import httpx
from sqlmodel import col, select

from benchmarks.databases import database
from benchmarks.flood import _percentile
from benchmarks.report import Line, Options
from benchmarks.submission import KEY, served
from predictions.models import Question
from resolvers.prompts.models import Prompt
from service.db.engine import make_engine, read_transaction

#: The target: 99 of 100 prompts come within so many seconds of their deadlines.
TARGET_SECONDS = 6.0
DEADLINES_A_SECOND = 4
_numbers = count()


def imports(options: Options) -> list[Line]:
    """Two lines for each database; the ratio is the 99th percentile of lateness to the target."""
    lines = []
    for kind in options.databases:
        for name, load in (("batches of 10,000 lines", _batches), ("an import of 20,000 lines", _files)):
            with database(kind) as url, served(url, "--no-seed") as base:
                late, done = _lateness(base, url, options.number(25, 4), load, options.number(10_000, 1_000))
            measured = f"{_percentile(late):.2f} s, latest {max(late):.2f} s, {done} loads"
            what = f"prompts of {len(late)} deadlines under {name}, {kind}"
            lines.append(Line(what, measured, f"target {TARGET_SECONDS:g} s", _percentile(late) / TARGET_SECONDS, 1.0))
    return lines


Load = Callable[[str, str, int], None]


def _lateness(base: str, url: str, seconds: int, load: Load, size: int) -> tuple[list[float], int]:
    """Return the seconds from each deadline to its prompt, and how often the load was done meanwhile."""
    wanted = DEADLINES_A_SECOND * seconds
    begin = datetime.now(UTC) + timedelta(seconds=wanted / 50)  # the time in which the questions are entered
    for number in range(wanted):
        _post(
            base,
            "/api/questions",
            json.dumps(_question(begin + timedelta(seconds=number / DEADLINES_A_SECOND))).encode(),
        )
    done, over = 0, threading.Event()

    def work() -> None:
        nonlocal done
        while not over.is_set():
            load(base, url, size)
            done += 1

    worker = threading.Thread(target=work)
    worker.start()
    time.sleep(max(0.0, (begin - datetime.now(UTC)).total_seconds()) + seconds)
    over.set()
    worker.join()
    time.sleep(5)
    engine = make_engine(url)
    with read_transaction(engine) as session:
        query = select(col(Prompt.created_at), col(Question.deadline)).join(
            Question, col(Question.id) == Prompt.question_id
        )
        late = [(row[0] - row[1]).total_seconds() for row in session.execute(query)]
    engine.dispose()
    if len(late) != wanted:
        raise RuntimeError(f"{len(late)} prompts instead of {wanted}")
    return late, done


def _batches(base: str, _: str, size: int) -> None:
    _post(base, "/api/predictions/batch", _lines(size))


def _files(_: str, url: str, size: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "many.jsonl"
        file.write_bytes(_lines(2 * size))
        environment = os.environ | {"TRACKRECORD_DATABASE_URL": url, "TRACKRECORD_STATE_DIR": folder}
        command = [sys.executable, "-c", "from service.cli import main; main()", "import", str(file)]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


def _lines(size: int) -> bytes:
    """Predictions, each by a new commentator from a new source, on a hundred new questions."""
    load = next(_numbers)
    return b"\n".join(json.dumps(_prediction(load, number)).encode() for number in range(size))


def _prediction(load: int, number: int) -> dict[str, object]:
    question = _question(datetime(2099, 1, 1, tzinfo=UTC)) | {"slug": f"load-{load}-{number % 100}"}
    return {
        "commentator": {"name": f"Commentator {load} {number}"},
        "source": {"url": f"https://example.org/{load}/{number}"},
        "question": question,
        "made_at": "2025-03-18T20:00:00Z",
        "probability": number % 100 / 100,
    }


def _question(deadline: datetime) -> dict[str, object]:
    return {
        "slug": f"q-{deadline.timestamp():.3f}".replace(".", "-"),
        "text": "Will it happen?",
        "resolution_criteria": "Yes if two newspapers say so.",
        "deadline": deadline.isoformat(),
        "deadline_basis": "stated",
    }


def _post(base: str, path: str, content: bytes) -> None:
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    httpx.post(base + path, content=content, headers=headers, timeout=120).raise_for_status()
