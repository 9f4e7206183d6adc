"""Work that takes long is done behind the readers, in threads of its own."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from service.errors import Unavailable

#: More pieces of work than this do not wait: nobody may fill the memory by asking for ever new boards.
MAX_WAITING = 32
T = TypeVar("T")


class BackgroundRunner:
    """Does one piece of work at a time. The threads are daemons: the process stops without what only readers wanted."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._turn = threading.Lock()
        self._places = threading.BoundedSemaphore(MAX_WAITING)

    def start(self, work: Callable[[], T]) -> Future[T]:
        """What ``work`` will return or raise, in its turn. Raises ``Unavailable`` where too much waits."""
        if not self._places.acquire(blocking=False):
            raise Unavailable("too many boards are being worked out: ask again in a moment")
        future: Future[T] = Future()
        threading.Thread(target=self._work, args=(work, future), name=self._name, daemon=True).start()
        return future

    def _work(self, work: Callable[[], T], future: Future[T]) -> None:
        try:
            with self._turn:
                made = work()
        except Exception as error:  # noqa: BLE001 - it belongs to whoever waits for the result
            future.set_exception(error)
        else:
            future.set_result(made)
        finally:
            self._places.release()
