"""The outbox at work: claims deliveries, sends them side by side, and books the answers.

Each send has a thread of its own and each channel a few places, so that a slow or dead receiver holds up neither the
others nor the sweep. Claims and answers go through short transactions of the caller's; nothing is sent inside one.
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
from resolvers.notifications.delivery_queue import ClaimedDelivery, claim, finish
from resolvers.notifications.models import Channel, ChannelKind, Delivery, DeliveryState
from resolvers.notifications.retry_policy import LONGEST_RETRY_AFTER_SECONDS, RetryPolicy, full_jitter
from resolvers.notifications.sender import DeliveryResult, Sender, SendResult

SENDS_AT_ONCE = 16
SENDS_PER_CHANNEL = 4
POLL_SECONDS = 0.5

log = logging.getLogger(__name__)
Transaction = Callable[[], AbstractContextManager[Session]]


class InFlight:
    """The sends under way: how many places are left, for all and for each channel.

    A send that outlives its lease no longer counts against the others, only against its own channel.
    """

    def __init__(self, clock: Clock, lease_seconds: float, sends: int, per_channel: int) -> None:
        self._clock, self._lease_seconds = clock, lease_seconds
        self._sends, self._per_channel = sends, per_channel
        self._under_way: dict[str, tuple[int, float]] = {}

    def start(self, claimed: ClaimedDelivery) -> None:
        """A send begins."""
        self._under_way[claimed.token] = (claimed.channel_id, self._clock.monotonic() + self._lease_seconds)

    def finish(self, claimed: ClaimedDelivery) -> None:
        """A send has ended."""
        self._under_way.pop(claimed.token, None)

    def holding_lease(self) -> list[int]:
        """The channels of the sends that still hold their lease, one entry for each send."""
        now = self._clock.monotonic()
        return [channel for channel, until in self._under_way.values() if until > now]

    def room(self) -> int:
        """How many sends may begin now."""
        return self._sends - len(self.holding_lease())

    def room_for(self, channel: int) -> int:
        """How many sends to this channel may begin now."""
        alive = sum(1 for other, _ in self._under_way.values() if other == channel)
        return min(self._per_channel - self.holding_lease().count(channel), 2 * self._per_channel - alive)


@dataclass(frozen=True)
class _Completed:
    claimed: ClaimedDelivery
    answer: SendResult


class Dispatcher:
    """Delivers what the sweep has written. One object for a process; any number of processes on one database.

    ``transaction`` gives a session and commits at its end. ``senders`` carry messages, by kind of channel; each must
    come back well before ``terms.lease_seconds``. ``reach`` is told the name of every point that has been reached.
    """

    def __init__(
        self,
        transaction: Transaction,
        senders: Mapping[ChannelKind, Sender],
        clock: Clock,
        *,
        terms: RetryPolicy | None = None,
        sends: int = SENDS_AT_ONCE,
        per_channel: int = SENDS_PER_CHANNEL,
        reach: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._transaction, self._senders, self._clock, self._reach = transaction, senders, clock, reach
        self._terms = terms or RetryPolicy(full_jitter)
        self._in_flight = InFlight(clock, self._terms.lease_seconds, sends, per_channel)
        self._completed: queue.SimpleQueue[_Completed] = queue.SimpleQueue()
        self._resting: dict[int, float] = {}
        self._last_served = 0
        self._one_at_a_time = threading.Lock()

    @property
    def busy(self) -> bool:
        """Whether sends are under way, or their answers not booked yet."""
        return bool(self._in_flight.holding_lease()) or not self._completed.empty()

    def deliver(self, seconds: float) -> Counter[str]:
        """Deliver until nothing is due and nothing under way, or the seconds are over; slow sends then go on.

        Counts what was sent, and what became of it: ``sent``, ``delivered``, ``pending``, ``dead``, ``closed``.
        """
        return self._work(seconds, claiming=True)

    def settle(self, seconds: float) -> Counter[str]:
        """Book the answers to the sends under way, for so many seconds at most, and begin no other."""
        return self._work(seconds, claiming=False)

    def _work(self, seconds: float, *, claiming: bool) -> Counter[str]:
        tally: Counter[str] = Counter()
        ends_at = self._clock.monotonic() + seconds
        wait = 0.0
        with self._one_at_a_time:
            while True:
                progress = self._turn(wait, claiming, tally)
                left = ends_at - self._clock.monotonic()
                if left <= 0 or not (progress or self.busy):
                    return tally
                wait = 0.0 if progress and self._in_flight.room() else min(left, POLL_SECONDS)

    def _turn(self, wait: float, claiming: bool, tally: Counter[str]) -> bool:
        """Book what has landed, claim and begin more; whether there was anything to do."""
        completed = self._collect(wait)
        try:
            with self._transaction() as session:
                counted = self._book(session, completed)
                claimed, closed = self._claim(session) if claiming else ([], 0)
                self._reached("before", completed, claimed)
        except BaseException:
            for each in completed:  # their answers wait for the next turn
                self._completed.put(each)
            raise
        self._reached("after", completed, claimed)
        for mine in claimed:
            self._begin(mine)
        tally.update(counted + Counter(sent=len(claimed), closed=closed))
        return bool(completed or claimed or closed)

    def _collect(self, wait: float) -> list[_Completed]:
        """The sends that have ended, after waiting for the first so many seconds at most. Their places are free."""
        completed: list[_Completed] = []
        with suppress(queue.Empty):
            completed.append(self._completed.get(timeout=wait) if wait else self._completed.get_nowait())
            while True:
                completed.append(self._completed.get_nowait())
        for each in completed:
            self._in_flight.finish(each.claimed)
        return completed

    def _book(self, session: Session, completed: list[_Completed]) -> Counter[str]:
        counted: Counter[str] = Counter()
        for each in completed:
            state = finish(session, each.claimed, each.answer, self._clock.now(), self._terms)
            counted[state.value if state else "lost"] += 1
            if each.answer.retry_after:  # it is the receiver that asks for rest, not the one message
                rest = min(each.answer.retry_after, LONGEST_RETRY_AFTER_SECONDS)
                self._resting[each.claimed.channel_id] = self._clock.monotonic() + rest
        return counted

    def _claim(self, session: Session) -> tuple[list[ClaimedDelivery], int]:
        """As many deliveries as there are places, from all channels in turn; and how many were closed on the way."""
        now, room = self._clock.now(), self._in_flight.room()
        claimed: list[ClaimedDelivery] = []
        closed = 0
        if not _anything_waits(session, now):
            return [], 0
        for channel in self._channels_in_turn(session):
            places = min(room - len(claimed), self._places(row_id(channel)))
            if places > 0 or not channel.enabled:
                mine, dropped = claim(session, channel, places, now, self._terms)
                claimed += mine
                closed += dropped
                self._last_served = row_id(channel) if mine else self._last_served
        return claimed, closed

    def _channels_in_turn(self, session: Session) -> list[Channel]:
        """All channels, beginning behind the one that was served last."""
        channels = session.execute(select(Channel).order_by(col(Channel.id))).scalars().all()
        return sorted(channels, key=lambda channel: (row_id(channel) <= self._last_served, row_id(channel)))

    def _places(self, channel: int) -> int:
        if self._resting.get(channel, 0.0) > self._clock.monotonic():
            return 0
        return self._in_flight.room_for(channel)

    def _begin(self, claimed: ClaimedDelivery) -> None:
        self._in_flight.start(claimed)
        # A daemon: a receiver that hangs keeps the process from nothing, least of all from stopping.
        threading.Thread(target=self._send, args=(claimed,), name="send", daemon=True).start()

    def _send(self, claimed: ClaimedDelivery) -> None:
        sender = self._senders.get(claimed.outgoing.kind)
        self._reach("before_send")
        try:
            if sender is None:
                kind = claimed.outgoing.kind.value
                answer = SendResult(
                    DeliveryResult.PERMANENT, f"channels of the kind {kind} are not set up on this server"
                )
            else:
                answer = sender.send(claimed.outgoing)
        except Exception as error:  # noqa: BLE001 - whatever it is, the delivery is tried again
            log.warning("delivery %d: the sender failed with %s", claimed.id, type(error).__name__)
            answer = SendResult(DeliveryResult.PASSING, f"the sender failed with {type(error).__name__}")
        self._reach("after_send")
        self._completed.put(_Completed(claimed, answer))

    def _reached(self, when: str, completed: list[_Completed], claimed: list[ClaimedDelivery]) -> None:
        if completed:
            self._reach(f"{when}_finish_commit")
        if claimed:
            self._reach(f"{when}_claim_commit")


def _anything_waits(session: Session, now: datetime) -> bool:
    pending = (col(Delivery.state) == DeliveryState.PENDING, col(Delivery.digest_id).is_(None))
    earliest = select(func.min(Delivery.next_at)).where(*pending)
    found = session.execute(earliest).scalar()
    return found is not None and found <= now
