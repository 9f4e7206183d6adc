"""How fast deadlines are caught up with: the sweep of a large table, memory, outbox throughput, and lateness.

    python benchmarks/sweep.py                                  # SQLite
    python benchmarks/sweep.py --database postgresql://...      # an empty database, which is filled
    python benchmarks/sweep.py --questions 100000 --due 10000

Memory is what the process has grown by at most (its own resident pages, without the database server's).
"""

import argparse
import multiprocessing
import resource
import socket
import socketserver
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from sqlalchemy import Engine, delete, func, insert, select, text, update
from sqlmodel import col

from predictions.enums import DeadlineBasis, QuestionKind, QuestionStatus
from predictions.models import Question
from resolvers.notifications.channels import ChannelIn, create_channel
from resolvers.notifications.models import Channel, Delivery, DeliveryAttempt, DeliveryState
from resolvers.prompts.models import Prompt
from service.app import create_app
from service.db.engine import make_engine, read_transaction, write_transaction
from service.db.migrate import upgrade
from service.scheduling.scheduler import Scheduler
from service.settings import Settings

HOUR = timedelta(hours=1)
NOW = datetime.now(UTC)


class Hook(BaseHTTPRequestHandler):
    """Takes every message at once, on a connection of its own."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


class Receiver(socketserver.ThreadingTCPServer):
    """The loopback receiver."""

    daemon_threads = True
    request_queue_size = 256


def serve_hook(ready: Any) -> None:
    """A receiver in a process of its own, so that it takes no time from the sender's interpreter."""
    with Receiver(("127.0.0.1", 0), Hook) as server:
        ready.put(server.server_address[1])
        server.serve_forever()


@contextmanager
def receiver() -> Iterator[str]:
    """The address of a running receiver."""
    context = multiprocessing.get_context("spawn")
    ready = context.Queue()
    process = context.Process(target=serve_hook, args=(ready,), daemon=True)
    process.start()
    try:
        yield f"127.0.0.1:{ready.get(timeout=30)}"
    finally:
        process.kill()
        process.join()


def enter_many(engine: Engine, count: int, due: int) -> None:
    """Questions straight into the table: ``due`` came due within the last hour, the others are a year ahead."""
    for start in range(0, count, 5000):
        rows = []
        for number in range(start, min(start + 5000, count)):
            deadline = NOW - HOUR + number * HOUR / due if number < due else NOW + timedelta(days=365, seconds=number)
            rows.append(
                {
                    "slug": f"q-{number}",
                    "text": f"Will event {number} of the benchmark happen before the end of its period?",
                    "resolution_criteria": "Yes if two independent newspapers of record report that it happened.",
                    "kind": QuestionKind.BINARY,
                    "deadline": deadline,
                    "deadline_zone": "UTC",
                    "deadline_basis": DeadlineBasis.STATED,
                    "event": f"q-{number}",
                    "status": QuestionStatus.OPEN,
                    "due_at": deadline,
                    "next_prompt_at": deadline,
                    "prompts": 0,
                    "created_at": NOW,
                }
            )
        with write_transaction(engine) as session:
            session.execute(insert(Question), rows)


def resident_mib() -> float:
    """The largest resident size of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def settings_for(url: str, host: str) -> Settings:
    return Settings(_env_file=None, database_url=url, allowed_hosts=host, state_dir=Path(tempfile.gettempdir()))


def measure_sweep(engine: Engine, settings: Settings, due: int) -> None:
    """Time and memory of catching up, in the batches and with the pauses of the running scheduler."""
    scheduler = Scheduler(engine, settings, senders={})
    times: list[float] = []
    longest = 0.0
    before, began = resident_mib(), time.perf_counter()
    while True:
        start = time.perf_counter()
        swept = scheduler._sweep_batch()
        longest = max(longest, time.perf_counter() - start)
        if not swept.examined:
            break
        times.append((time.perf_counter() - start) / swept.examined)
    seconds = time.perf_counter() - began
    with read_transaction(engine) as session:
        assert session.execute(select(func.count(col(Prompt.id)))).scalar_one() == due
    print(f"sweep: {due} due questions in {seconds:.1f} s, {1e6 * statistics.median(times):.0f} us each (median batch)")
    print(f"       longest write transaction {1000 * longest:.0f} ms; memory grew by {resident_mib() - before:.1f} MiB")


def send_all(url: str, host: str, go: Any) -> None:
    """A process that delivers until nothing is left."""
    engine = make_engine(url)
    scheduler = Scheduler(engine, settings_for(url, host))
    go.wait()
    scheduler.tick(600)


def measure_outbox(url: str, engine: Engine, host: str, processes: int, due: int) -> None:
    """Messages a second, from pending to delivered."""
    again = {"state": DeliveryState.PENDING, "attempts": 0, "next_at": NOW, "finished_at": None}
    with write_transaction(engine) as session:
        session.execute(delete(DeliveryAttempt))
        session.execute(update(Delivery).values(**again))
    context = multiprocessing.get_context("spawn")
    go = context.Barrier(processes + 1)
    workers = [context.Process(target=send_all, args=(url, host, go)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    go.wait()
    began = time.perf_counter()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - began
    with read_transaction(engine) as session:
        done = session.execute(select(func.count()).where(col(Delivery.state) == DeliveryState.DELIVERED)).scalar_one()
        sent = session.execute(select(func.count(col(DeliveryAttempt.id)))).scalar_one()
    assert done == sent == due
    print(f"outbox: {due} messages with {processes} process(es) in {seconds:.1f} s: {due / seconds:.0f} a second")


ADMIN_KEY = "tr_benchmark_key_of_no_worth_at_all"


def serve_app(url: str, port: int, folder: str) -> None:
    """API and scheduler in one process, as ``trackrecord serve`` runs them."""
    settings = Settings(_env_file=None, database_url=url, state_dir=Path(folder), admin_key=ADMIN_KEY)
    uvicorn.run(create_app(settings, scheduler=True), host="127.0.0.1", port=port, log_level="warning")


def submit_until(over: threading.Event, base_url: str, name: str, slug: str, counted: list[int]) -> None:
    """One client that submits prediction after prediction."""
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    with httpx.Client(base_url=base_url, headers=headers, timeout=60) as client:
        while not over.is_set():
            body = {
                "commentator": {"name": name},
                "question": {"slug": slug},
                "made_at": NOW.isoformat(),
                "probability": 0.5,
            }
            counted.append(client.post("/api/predictions", json=body).status_code)


def measure_lateness(url: str, engine: Engine, clients: int, seconds: int) -> None:
    """From deadline to prompt, for deadlines spread over some time in which clients submit without pause."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    start = datetime.now(UTC) + timedelta(seconds=10)
    with write_transaction(engine) as session:
        ahead = (col(Question.status) == QuestionStatus.OPEN, col(Question.deadline) > start + HOUR)
        numbers = session.execute(select(col(Question.id)).where(*ahead).limit(20 * seconds)).scalars().all()
        for index, number in enumerate(numbers):
            at = start + timedelta(seconds=index / 20)
            session.execute(update(Question).where(col(Question.id) == number).values(due_at=at, next_prompt_at=at))
        last = select(col(Question.slug)).where(*ahead).order_by(col(Question.id).desc()).limit(1)
        slug = session.execute(last).scalar_one()
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        server = context.Process(target=serve_app, args=(url, port, folder), daemon=True)
        server.start()
        wait_for(f"http://127.0.0.1:{port}/readyz")
        over = threading.Event()
        counted: list[int] = []
        load = [
            threading.Thread(
                target=submit_until, args=(over, f"http://127.0.0.1:{port}", f"Client {number}", slug, counted)
            )
            for number in range(clients)
        ]
        for thread in load:
            thread.start()
        time.sleep(max((start - datetime.now(UTC)).total_seconds(), 0) + seconds + 10)
        over.set()
        for thread in load:
            thread.join()
        server.terminate()
        server.join()
    with read_transaction(engine) as session:
        query = select(col(Prompt.created_at), col(Prompt.due_at)).where(col(Prompt.due_at) >= start)
        late = sorted((row.created_at - row.due_at).total_seconds() for row in session.execute(query))
    assert len(late) == len(numbers)
    refused = sum(1 for status in counted if status != 201)
    percentile = late[int(0.99 * len(late))]
    print(f"lateness: {len(late)} deadlines in {seconds} s under load: median {statistics.median(late):.2f} s,")
    print(f"       99% within {percentile:.2f} s, latest {late[-1]:.2f} s, earliest {late[0]:.3f} s after the deadline")
    print(f"       the load: {clients} clients, {len(counted)} submissions, {refused} refused")


def wait_for(url: str) -> None:
    """Until the server answers."""
    for _ in range(300):
        try:
            if httpx.get(url, timeout=60).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--database", default="", help="an empty database; without it SQLite in a temporary folder")
    parser.add_argument("--questions", type=int, default=100_000)
    parser.add_argument("--due", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=int, default=30, help="of load while lateness is measured")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, receiver() as host:
        url = given.database or f"sqlite:///{folder}/trackrecord.db"
        engine = make_engine(url)
        upgrade(engine)
        enter_many(engine, given.questions, given.due)
        with write_transaction(engine) as session:
            hook = ChannelIn.model_validate({"name": "hook", "target": f"http://{host}/"})
            create_channel(session, hook, now=NOW)
        if engine.dialect.name == "postgresql":
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM ANALYZE"))
        print(f"{engine.dialect.name}, {given.questions} questions")
        measure_sweep(engine, settings_for(url, host), given.due)
        for processes in (1, 2):
            measure_outbox(url, engine, host, processes, given.due)
        with write_transaction(engine) as session:
            session.execute(update(Channel).values(enabled=False))
        measure_lateness(url, engine, given.clients, given.seconds)
        engine.dispose()


if __name__ == "__main__":
    main()
