"""A database with due questions and a dispatcher, for tests of deliveries."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, select
from sqlmodel import Session, col

from predictions.models import Question
from resolvers.deadline_sweep import sweep_due
from resolvers.notifications.dispatcher import Dispatcher
from resolvers.notifications.models import Channel, ChannelKind, Delivery, DeliveryAttempt
from resolvers.notifications.retry_policy import RetryPolicy
from resolvers.notifications.sender import OutgoingMessage, SendResult, SendStatus
from service.db.engine import bookkeeping_transaction, write_transaction
from tests.support.fake_clock import START, FakeClock
from tests.support.source_requests import BASE_URL, add_channel, all_deliveries, create_question

SECOND = timedelta(seconds=1)
ACCEPTED, BUSY, REFUSED = (
    SendResult(SendStatus.DELIVERED, "", 200),
    SendResult(SendStatus.TEMPORARY, "busy", 503),
    SendResult(SendStatus.PERMANENT, "unknown", 404),
)
NO_JITTER = RetryPolicy(jitter=lambda seconds: seconds)


@dataclass
class RecordingSender:
    """A sender with a chosen result, which stores the ids of the messages sent."""

    answer: Callable[[OutgoingMessage], SendResult] = lambda _: ACCEPTED
    sent: list[str] = field(default_factory=list)

    def send(self, outgoing: OutgoingMessage) -> SendResult:
        self.sent.append(outgoing.message_id)
        return self.answer(outgoing)


@dataclass
class DeliveryHarness:
    """A database with due questions, and a dispatcher on it."""

    engine: Engine
    clock: FakeClock
    sender: RecordingSender

    def dispatcher(self, policy: RetryPolicy = NO_JITTER, **options: Any) -> Dispatcher:
        senders = {ChannelKind.WEBHOOK: self.sender}
        return Dispatcher(self.session, senders, self.clock, policy=policy, **options)

    def session(self) -> AbstractContextManager[Session]:
        return bookkeeping_transaction(self.engine)

    def create_due(self, *slugs: str, channels: tuple[str, ...] = ("desk",)) -> None:
        """Create questions that are due now, and sweep them, with deliveries to these channels."""
        with write_transaction(self.engine) as session:
            known = set(session.execute(select(col(Channel.name))).scalars())
            for name in channels:
                if name not in known:
                    add_channel(session, name, START)
            for slug in slugs:
                create_question(session, slug, self.clock.now())
            sweep_due(session, now=self.clock.now(), base_url=BASE_URL, batch=1000)

    def rows(self) -> list[Delivery]:
        with self.session() as session:
            rows = all_deliveries(session)
            session.expunge_all()
            return rows

    def row(self) -> Delivery:
        [row] = self.rows()
        return row

    def attempts(self) -> list[DeliveryAttempt]:
        with self.session() as session:
            rows = session.execute(select(DeliveryAttempt).order_by(col(DeliveryAttempt.id))).scalars().all()
            session.expunge_all()
            return list(rows)

    @contextmanager
    def question(self, slug: str) -> Iterator[tuple[Session, Question]]:
        with write_transaction(self.engine) as session:
            yield session, session.execute(select(Question).where(col(Question.slug) == slug)).scalar_one()
