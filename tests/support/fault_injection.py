"""Scheduler processes that tests kill, and a receiver that misbehaves: the harness of `test_faults.py`."""

import os
import random
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col
from standardwebhooks import Webhook

from predictions import ledger
from predictions.models import LedgerEvent
from resolvers.notifications.models import ChannelKind, Delivery, DeliveryAttempt, DeliveryState
from resolvers.notifications.retry_policy import RetryPolicy, full_jitter
from resolvers.notifications.senders.webhook import WebhookSender
from resolvers.outbound.client import OutboundClient
from resolvers.prompts.models import Prompt
from service.clock import SystemClock
from service.db.engine import make_engine, read_transaction, write_transaction
from service.scheduling import crash_points
from service.scheduling.scheduler import Scheduler
from service.settings import Settings
from tests.support.http_source_server import RawServer, hang, raw, reply
from tests.support.processes import start_process
from tests.support.source_requests import add_channel, create_question

ROOT = Path(__file__).parents[2]
LEASE_SECONDS = 1.0
SEND_SECONDS = 0.4
RETRY_SECONDS = (0, *[0.05] * 30)
TICK_SECONDS = 0.05


def run_scheduler(url: str, receiver: str, kill_at: str) -> None:
    """Run a scheduler until it is killed, with short leases and retries."""
    crash_points.arm(kill_at)
    clock = SystemClock()
    settings = Settings(_env_file=None, database_url=url, tick_seconds=TICK_SECONDS)
    outbound_client = OutboundClient(clock=clock, user_agent="tests", allowed_hosts=[receiver])
    senders = {ChannelKind.WEBHOOK: WebhookSender(outbound_client, clock, total_seconds=SEND_SECONDS)}
    policy = RetryPolicy(full_jitter, RETRY_SECONDS, LEASE_SECONDS)
    Scheduler(make_engine(url), settings, clock, senders=senders, policy=policy).start()
    signal.pause()


def wait_until(condition: Callable[[], bool], seconds: float = 40) -> None:
    """Wait for a condition; fail if it does not come true in time."""
    ends_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends_at, "waited in vain"
        time.sleep(0.02)


def _stop(process: BaseProcess) -> bool:
    """Send SIGSTOP; true once the last thread has stopped, which on a busy machine takes a while."""
    os.kill(process.pid or 0, signal.SIGSTOP)
    threads = Path(f"/proc/{process.pid}/task")
    wait_until(lambda: {stat.read_text().rpartition(") ")[2][0] for stat in threads.glob("*/stat")} <= {"T"})
    return True


@dataclass
class Receiver:
    """A webhook receiver on the loopback address that checks every signature and sometimes fails on purpose."""

    server: RawServer = field(default_factory=RawServer)
    faults: bool = True
    hanging: bool = False
    unanswered: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.server.routes["/hook"] = self._behave

    def _behave(self, sock: socket.socket) -> None:
        chosen: Callable[[socket.socket], None] | None = self._leave_unanswered if self.hanging else None
        if chosen is None and self.faults:
            chosen = random.choices([None, reply(status=500), raw(b""), raw(b"HTTP/1.1 20"), hang], [14, 2, 2, 1, 1])[0]
        (chosen or reply())(sock)

    def _leave_unanswered(self, sock: socket.socket) -> None:
        self.unanswered.append(sock)
        try:
            hang(sock)
        finally:
            self.unanswered.remove(sock)

    def received(self, secret: str) -> Counter[str]:
        """Return how often each message arrived, with every signature compared with that of the published library.

        Its own check refuses what is older than five minutes, and a long run takes longer.
        """
        for request in self.server.requests:
            number, sent_at, signature = (
                request.headers[f"webhook-{name}"] for name in ("id", "timestamp", "signature")
            )
            at = datetime.fromtimestamp(int(sent_at), UTC)
            assert signature in Webhook(secret).sign(number, at, request.body.decode())
        return Counter(request.headers["webhook-id"] for request in self.server.requests)


@dataclass
class FaultHarness:
    """A database with questions that come due, a receiver, and scheduler processes."""

    url: str
    receiver: Receiver
    engine: Engine
    secret: str = ""
    created: int = 0
    processes: list[BaseProcess] = field(default_factory=list)

    def come_due(self, count: int, over_seconds: float = 0.0) -> None:
        """Create `count` more questions that come due now, or one after another within `over_seconds`."""
        start = datetime.now(UTC)
        with write_transaction(self.engine) as session:
            if not self.secret:
                self.secret = add_channel(session, "desk", start, target=f"{self.receiver.server.url}/hook").secret
            for number in range(count):
                at = start + timedelta(seconds=over_seconds * number / count)
                create_question(session, f"q-{self.created + number}", at)
        self.created += count

    def start(self, kill_at: str = "") -> BaseProcess:
        """Start another scheduler process."""
        process = start_process(run_scheduler, self.url, self.receiver.server.host, kill_at)
        self.processes.append(process)
        return process

    def kill(self, process: BaseProcess) -> None:
        """End one of the scheduler processes as the kernel would."""
        process.kill()
        process.join(20)
        self.processes.remove(process)

    def suspend(self, process: BaseProcess, at_work: Callable[[], bool]) -> None:
        """Stop a process while it is at work, and none of its threads keeps others from writing to the database."""
        while not (_stop(process) and self._can_write() and at_work()):
            os.kill(process.pid or 0, signal.SIGCONT)
            time.sleep(random.uniform(0.01, 0.1))

    def _can_write(self) -> bool:
        try:
            with write_transaction(self.engine) as session:
                session.execute(select(1))  # a session takes the lock with its first statement
                return True
        except DBAPIError:
            return False

    def count(self, *state: DeliveryState) -> int:
        """Return the number of deliveries in these states."""
        with read_transaction(self.engine) as session:
            return session.execute(
                select(func.count()).select_from(Delivery).where(col(Delivery.state).in_(state))
            ).scalar_one()

    def finished(self, count: int) -> bool:
        """Return whether `count` deliveries have ended."""
        return self.count(DeliveryState.DELIVERED, DeliveryState.DEAD) == count

    def check(self, count: int) -> None:
        """Check that each question was prompted for once, and no message arrived more often than was recorded."""
        with read_transaction(self.engine) as session:
            stages = Counter(session.execute(select(col(Prompt.question_id), col(Prompt.stage))).all())
            assert len(stages) == count
            assert set(stages.values()) == {1}
            rows = session.execute(select(Delivery)).scalars().all()
            assert len({row.prompt_id for row in rows}) == len(rows) == count
            self._check_attempts(session, rows)
            came_due = select(col(LedgerEvent.subject_id)).where(col(LedgerEvent.action) == "question.came_due")
            event_counts = Counter(session.execute(came_due).scalars())
            assert len(event_counts) == count
            assert set(event_counts.values()) == {1}
            assert list(ledger.chain_errors(session)) == []

    def _check_attempts(self, session: Session, rows: Sequence[Delivery]) -> None:
        received = self.receiver.received(self.secret)
        per_delivery = select(col(DeliveryAttempt.delivery_id), func.count()).group_by(col(DeliveryAttempt.delivery_id))
        recorded = dict(map(tuple, session.execute(per_delivery)))
        for row in rows:
            assert row.attempts == recorded[row.id]
            assert received[row.message_id] <= row.attempts, "nothing goes out that is not on record"
            assert row.state is DeliveryState.DEAD or received[row.message_id] >= 1, "what is said to be there, is"
        assert set(received) <= {row.message_id for row in rows}


@contextmanager
def fault_harness(url: str) -> Iterator[FaultHarness]:
    """Build the harness on this database; its processes end with it."""
    with ExitStack() as stack:
        receiver = Receiver()
        stack.callback(receiver.server.close)
        engine = make_engine(url)
        stack.callback(engine.dispose)
        built = FaultHarness(url, receiver, engine)
        try:
            yield built
        finally:
            for process in list(built.processes):
                built.kill(process)
