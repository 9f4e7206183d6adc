"""One reading of the database for the many who ask for the same at the same moment."""

import asyncio
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from anyio.to_thread import run_sync
from cachetools import LRUCache
from sqlalchemy import Engine
from sqlmodel import Session

from service.db.engine import read_transaction

Found = TypeVar("Found")
MAX_KEPT = 256


class SharedReading(Generic[Found]):
    """What ``read`` finds; whoever asks while one reading is under way shares the next one.

    So an answer is never older than its question, and a hundred who ask cost as much as two.
    """

    def __init__(self, engine: Engine, read: Callable[[Session], Found]) -> None:
        self._engine, self._find = engine, read
        self._at_work: asyncio.Task[Found] | None = None
        self._next: asyncio.Task[Found] | None = None

    async def now(self) -> Found:
        """What is found by a reading that begins after this was called. Raises what the reading raises."""
        if self._next is None:
            self._next = asyncio.create_task(self._after(self._at_work))
        return await asyncio.shield(self._next)

    async def _after(self, before: "asyncio.Task[Found] | None") -> Found:
        if before is not None:
            await asyncio.wait([before])
        self._at_work, self._next = self._next, None
        return await run_sync(self._read)

    def _read(self) -> Found:
        with read_transaction(self._engine) as session:
            return self._find(session)


class SharedReadings(Generic[Found]):
    """Shared readings, each under a key of its own; those asked for longest ago are forgotten."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._kept: LRUCache[Hashable, SharedReading[Found]] = LRUCache(MAX_KEPT)

    async def now(self, key: Hashable, read: Callable[[Session], Found]) -> Found:
        """What ``read`` finds, which must be the same for everyone who asks with this key."""
        shared = self._kept.get(key)
        if shared is None:
            shared = self._kept[key] = SharedReading(self._engine, read)
        return await shared.now()
