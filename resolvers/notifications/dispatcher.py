"""Claim due deliveries, send them concurrently and record the results.

Each attempt has its own thread, and each channel a limited number of them, so that a slow receiver delays neither the
other channels nor the sweep. Claims and results use short transactions; no message is sent within a transaction.
"""

import logging
import queue
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from predictions.models import row_id
from resolvers.clock import Clock
from resolvers.notifications.clock_changes import replan_after_clock_change
from resolvers.notifications.delivery_queue import ClaimedDelivery, claim_deliveries, record_result
from resolvers.notifications.models import Channel, ChannelKind, Delivery, DeliveryState
from resolvers.notifications.retry_policy import LONGEST_RETRY_AFTER_SECONDS, RetryPolicy, full_jitter
from resolvers.notifications.sender import Sender, SendResult, SendStatus

MAX_SENDS = 16
MAX_SENDS_PER_CHANNEL = 4
POLL_SECONDS = 0.5
CLOCK_CHECK_SECONDS = 60.0

log = logging.getLogger(__name__)
Transaction = Callable[[], AbstractContextManager[Session]]


class InFlight:
    """The deliveries that are being sent, limited in total and for each channel.

    One that outlasts its lease no longer counts towards the total, only towards the limit of its channel.
    """

    def __init__(self, clock: Clock, lease_seconds: float, sends: int, per_channel: int) -> None:
        self._clock, self._lease_seconds = clock, lease_seconds
        self._sends, self._per_channel = sends, per_channel
        self._running: dict[str, tuple[int, float]] = {}

    def start(self, claimed: ClaimedDelivery) -> None:
        """Count a delivery that is about to be sent."""
        self._running[claimed.token] = (claimed.channel_id, self._clock.monotonic() + self._lease_seconds)

    def finish(self, claimed: ClaimedDelivery) -> None:
        """Remove a delivery whose attempt has ended."""
        self._running.pop(claimed.token, None)

    def holding_lease(self) -> list[int]:
        """Return the channel of each delivery being sent whose lease has not expired."""
        now = self._clock.monotonic()
        return [channel for channel, until in self._running.values() if until > now]

    def capacity(self) -> int:
        """Return how many more deliveries may be sent now."""
        return self._sends - len(self.holding_lease())

    def capacity_for(self, channel: int) -> int:
        """Return how many more deliveries may be sent to this channel now."""
        running = sum(1 for other, _ in self._running.values() if other == channel)
        return min(self._per_channel - self.holding_lease().count(channel), 2 * self._per_channel - running)


@dataclass(frozen=True)
class _Completed:
    claimed: ClaimedDelivery
    result: SendResult


class Dispatcher:
    """Sends pending deliveries. Use one object in a process; any number of processes may share a database.

    ``transaction`` yields a session and commits at its end. ``senders`` send messages, by kind of channel; each must
    return well before ``policy.lease_seconds``. ``checkpoint`` is called with a name before and after each commit and
    send, for fault tests.
    """

    def __init__(
        self,
        transaction: Transaction,
        senders: Mapping[ChannelKind, Sender],
        clock: Clock,
        *,
        policy: RetryPolicy | None = None,
        sends: int = MAX_SENDS,
        per_channel: int = MAX_SENDS_PER_CHANNEL,
        checkpoint: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._transaction, self._senders, self._clock, self._checkpoint = transaction, senders, clock, checkpoint
        self._terms = policy or RetryPolicy(full_jitter)
        self._in_flight = InFlight(clock, self._terms.lease_seconds, sends, per_channel)
        self._completed: queue.SimpleQueue[_Completed] = queue.SimpleQueue()
        self._paused_until: dict[int, float] = {}
        self._last_served = 0
        self._clock_check_at = 0.0
        self._run_lock = threading.Lock()

    @property
    def busy(self) -> bool:
        """Return whether deliveries are being sent or results are not recorded yet."""
        return bool(self._in_flight.holding_lease()) or not self._completed.empty()

    def deliver(self, seconds: float) -> Counter[str]:
        """Deliver until nothing is due or being sent, or until ``seconds`` are over.

        Attempts that are then running continue. Returns counts of ``sent``, ``closed`` and the states after sending:
        ``delivered``, ``pending``, ``dead`` and ``lost``.
        """
        return self._run(seconds, claiming=True)

    def finish_in_flight(self, seconds: float) -> Counter[str]:
        """Record the results of running attempts for at most ``seconds``; start no others."""
        return self._run(seconds, claiming=False)

    def _run(self, seconds: float, *, claiming: bool) -> Counter[str]:
        tally: Counter[str] = Counter()
        ends_at = self._clock.monotonic() + seconds
        wait = 0.0
        if not self._run_lock.acquire(timeout=seconds):
            return tally  # another thread has waited for the database all the time
        try:
            while True:
                progress = self._run_cycle(wait, claiming, tally)
                left = ends_at - self._clock.monotonic()
                if left <= 0 or not (progress or self.busy):
                    return tally
                wait = 0.0 if progress and self._in_flight.capacity() else min(left, POLL_SECONDS)
        finally:
            self._run_lock.release()

    def _run_cycle(self, wait: float, claiming: bool, tally: Counter[str]) -> bool:
        """Record finished attempts, claim and send other deliveries; return whether there was anything to do."""
        completed = self._collect_completed(wait)
        try:
            with self._transaction() as session:
                counted = self._record_results(session, completed)
                claimed, closed = self._claim(session) if claiming else ([], 0)
                self._checkpoint_commit("before", completed, claimed)
        except BaseException:
            for each in completed:  # keep the results for the next cycle
                self._completed.put(each)
            raise
        self._checkpoint_commit("after", completed, claimed)
        for deliveries in claimed:
            self._start_send(deliveries)
        tally.update(counted + Counter(sent=len(claimed), closed=closed))
        return bool(completed or claimed or closed)

    def _collect_completed(self, wait: float) -> list[_Completed]:
        """Return the attempts that have ended; wait up to ``wait`` seconds for the first."""
        completed: list[_Completed] = []
        with suppress(queue.Empty):
            completed.append(self._completed.get(timeout=wait) if wait else self._completed.get_nowait())
            while True:
                completed.append(self._completed.get_nowait())
        for each in completed:
            self._in_flight.finish(each.claimed)
        return completed

    def _record_results(self, session: Session, completed: list[_Completed]) -> Counter[str]:
        counted: Counter[str] = Counter()
        for each in completed:
            state = record_result(session, each.claimed, each.result, self._clock.now(), self._terms)
            counted[state.value if state else "lost"] += 1
            if each.result.retry_after:  # the receiver limits all messages, not only this one
                pause_seconds = min(each.result.retry_after, LONGEST_RETRY_AFTER_SECONDS)
                self._paused_until[each.claimed.channel_id] = self._clock.monotonic() + pause_seconds
        return counted

    def _claim(self, session: Session) -> tuple[list[ClaimedDelivery], int]:
        """Claim deliveries up to the limits, from all channels in turn; return them and how many were closed."""
        now, capacity = self._clock.now(), self._in_flight.capacity()
        claimed: list[ClaimedDelivery] = []
        closed = 0
        if self._clock.monotonic() >= self._clock_check_at:
            self._clock_check_at = self._clock.monotonic() + CLOCK_CHECK_SECONDS
            replan_after_clock_change(session, now)
        if not _any_due(session, now):
            return [], 0
        for channel in self._channels_in_turn(session):
            free = min(capacity - len(claimed), self._capacity(row_id(channel)))
            if free > 0 or not channel.enabled:
                deliveries, dropped = claim_deliveries(session, channel, free, now, self._terms)
                claimed += deliveries
                closed += dropped
                self._last_served = row_id(channel) if deliveries else self._last_served
        return claimed, closed

    def _channels_in_turn(self, session: Session) -> list[Channel]:
        """Return all channels, starting after the one that was served last."""
        channels = session.execute(select(Channel).order_by(col(Channel.id))).scalars().all()
        return sorted(channels, key=lambda channel: (row_id(channel) <= self._last_served, row_id(channel)))

    def _capacity(self, channel: int) -> int:
        if self._paused_until.get(channel, 0.0) > self._clock.monotonic():
            return 0
        return self._in_flight.capacity_for(channel)

    def _start_send(self, claimed: ClaimedDelivery) -> None:
        self._in_flight.start(claimed)
        # A daemon thread: a receiver that hangs must not keep the process from stopping.
        threading.Thread(target=self._send, args=(claimed,), name="send", daemon=True).start()

    def _send(self, claimed: ClaimedDelivery) -> None:
        sender = self._senders.get(claimed.outgoing.kind)
        self._checkpoint("before_send")
        try:
            if sender is None:
                kind = claimed.outgoing.kind.value
                result = SendResult(SendStatus.PERMANENT, f"channels of the kind {kind} are not set up on this server")
            else:
                result = sender.send(claimed.outgoing)
        except Exception as error:  # noqa: BLE001 - the delivery is retried after any failure
            log.warning("delivery %d: the sender failed with %s", claimed.id, type(error).__name__)
            result = SendResult(SendStatus.TEMPORARY, f"the sender failed with {type(error).__name__}")
        self._checkpoint("after_send")
        self._completed.put(_Completed(claimed, result))

    def _checkpoint_commit(self, when: str, completed: list[_Completed], claimed: list[ClaimedDelivery]) -> None:
        if completed:
            self._checkpoint(f"{when}_finish_commit")
        if claimed:
            self._checkpoint(f"{when}_claim_commit")


def _any_due(session: Session, now: datetime) -> bool:
    pending = (col(Delivery.state) == DeliveryState.PENDING, col(Delivery.digest_id).is_(None))
    earliest = select(func.min(Delivery.next_at)).where(*pending)
    due_at = session.execute(earliest).scalar()
    return due_at is not None and due_at <= now
