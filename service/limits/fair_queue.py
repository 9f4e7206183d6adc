"""A bounded number of requests at work; the others wait, in turn among clients."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from service.errors import Unavailable
from service.time_limit import seconds_left

_BUSY = "Too many requests are in work. Send the same request again shortly."


class FairQueue:
    """Admits ``slots`` requests at a time. When one leaves, the client whose last turn is longest ago enters next.

    So a client with a hundred requests does not hold up another client with one. Everything runs on the event loop.
    """

    def __init__(self, slots: int, *, waiting_per_client: int, waiting: int, longest_wait_seconds: float) -> None:
        self._free = slots
        self._waiting_per_client, self._most_waiting, self._longest_wait = (
            waiting_per_client,
            waiting,
            longest_wait_seconds,
        )
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._count = 0

    @asynccontextmanager
    async def turn(self, client: str) -> AsyncIterator[None]:
        """Wait for a slot and hold it. Raises ``Unavailable`` if too many wait, or after the longest wait."""
        if self._free > 0:
            self._free -= 1
        else:
            await self._wait(client)
        try:
            yield
        finally:
            self._leave()

    async def _wait(self, client: str) -> None:
        own = self._waiting.setdefault(client, deque())
        if len(own) >= self._waiting_per_client or self._count >= self._most_waiting:
            raise Unavailable(_BUSY)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        own.append(future)
        self._count += 1
        try:
            async with asyncio.timeout(seconds_left(self._longest_wait)):
                await future
        except BaseException as error:  # also when the client has gone
            if future.done() and not future.cancelled():
                self._leave()
            else:
                self._forget(client, future)
            if isinstance(error, TimeoutError):
                raise Unavailable(_BUSY) from None
            raise

    def _leave(self) -> None:
        while self._waiting:
            client, own = self._waiting.popitem(last=False)
            future = own.popleft() if own else None
            if own:
                self._waiting[client] = own  # behind the others
            if future is None:
                continue
            self._count -= 1
            if not future.done():
                future.set_result(None)
                return
        self._free += 1

    def _forget(self, client: str, future: "asyncio.Future[None]") -> None:
        own = self._waiting.get(client)
        if own is not None and future in own:
            own.remove(future)
            self._count -= 1
            if not own:
                del self._waiting[client]
