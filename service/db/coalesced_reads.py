"""Share one database read among concurrent requests for the same data."""

import asyncio
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

from anyio.to_thread import run_sync
from cachetools import LRUCache
from sqlalchemy import Engine
from sqlmodel import Session

from service import time_limit
from service.db.engine import read_transaction
from service.errors import Unavailable
from service.time_limit import TimeLimit, within

Result = TypeVar("Result")
MAX_KEPT = 256


class CoalescedRead(Generic[Result]):
    """A read that concurrent callers share: calls made while one read runs wait for the next one together.

    So a result is never older than its call, and a hundred concurrent calls cost two reads.
    """

    def __init__(self, engine: Engine, read: Callable[[Session], Result]) -> None:
        self._engine, self._query = engine, read
        self._running: asyncio.Task[Result] | None = None
        self._next: asyncio.Task[Result] | None = None

    async def get(self) -> Result:
        """Return the result of a read that starts after this call. Raises what the read raises.

        Raises ``Unavailable`` when the time of the request is over.
        """
        if self._next is None:
            self._next = asyncio.create_task(self._after(self._running))
            self._next.add_done_callback(_retrieve)
        try:
            return await asyncio.wait_for(asyncio.shield(self._next), time_limit.seconds_left(time_limit.READ_SECONDS))
        except TimeoutError:
            raise Unavailable(time_limit.NOT_APPLIED) from None

    async def _after(self, previous: "asyncio.Task[Result] | None") -> Result:
        if previous is not None:
            await asyncio.wait([previous])
        self._running, self._next = self._next, None
        return await run_sync(self._read)

    def _read(self) -> Result:
        # Not within the time of the one caller whose task this is: others wait for it too, each for its own time.
        with within(TimeLimit(time_limit.READ_SECONDS)), read_transaction(self._engine) as session:
            return self._query(session)


def _retrieve(read: "asyncio.Task[Any]") -> None:
    """Take note of an error that nobody waits for any more; asyncio would log it."""
    if not read.cancelled():
        read.exception()


class CoalescedReads(Generic[Result]):
    """Coalesced reads by key; the least recently used ones are dropped."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reads: LRUCache[Hashable, CoalescedRead[Result]] = LRUCache(MAX_KEPT)

    async def get(self, key: Hashable, read: Callable[[Session], Result]) -> Result:
        """Return the result of ``read``, which must be the same for all callers with this key."""
        shared = self._reads.get(key)
        if shared is None:
            shared = self._reads[key] = CoalescedRead(self._engine, read)
        return await shared.get()
