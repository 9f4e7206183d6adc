"""Run slow jobs in background threads, one at a time."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from service.errors import Unavailable

#: At most this many jobs wait, so that requests for ever new boards cannot fill the memory.
MAX_WAITING = 32
T = TypeVar("T")


class BackgroundRunner:
    """Runs one job at a time. The threads are daemons, so that the process can stop without waiting for them."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._turn = threading.Lock()
        self._slots = threading.BoundedSemaphore(MAX_WAITING)

    def start(self, job: Callable[[], T]) -> Future[T]:
        """Run ``job`` after the jobs before it and return its future. Raises ``Unavailable`` if too many jobs wait."""
        if not self._slots.acquire(blocking=False):
            raise Unavailable("Too many leaderboards are being computed. Retry shortly.")
        future: Future[T] = Future()
        threading.Thread(target=self._run, args=(job, future), name=self._name, daemon=True).start()
        return future

    def _run(self, job: Callable[[], T], future: Future[T]) -> None:
        try:
            with self._turn:
                result = job()
        except Exception as error:  # noqa: BLE001 - the caller gets it from the future
            future.set_exception(error)
        else:
            future.set_result(result)
        finally:
            self._slots.release()
