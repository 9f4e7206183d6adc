"""The newest event of the ledger, for the many readers who ask at the same moment."""

import asyncio

from anyio.to_thread import run_sync
from sqlalchemy import Engine

from predictions import ledger
from service.database import reading


class Heads:
    """Reads the newest event's number; whoever asks while one reading is under way shares the next one.

    So an answer is never older than its question, and a hundred readers cost as much as two.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._at_work: asyncio.Task[int] | None = None
        self._next: asyncio.Task[int] | None = None

    async def newest(self) -> int:
        """The number of the newest event, read after this was called; 0 where there is none."""
        if self._next is None:
            self._next = asyncio.create_task(self._after(self._at_work))
        return await asyncio.shield(self._next)

    async def _after(self, before: "asyncio.Task[int] | None") -> int:
        if before is not None:
            await asyncio.wait([before])
        self._at_work, self._next = self._next, None
        return await run_sync(self._read)

    def _read(self) -> int:
        with reading(self._engine) as session:
            return ledger.head(session).seq
