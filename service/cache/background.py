"""Run slow jobs in background threads, one at a time."""

import threading
from collections import Counter
from collections.abc import Callable, MutableMapping
from concurrent.futures import Future
from contextvars import ContextVar
from functools import partial
from typing import TypeVar

from service.errors import Unavailable

#: At most this many jobs of readers without a key wait or run, and as many of others.
MAX_WAITING = 8
MAX_WAITING_PER_CLIENT = 2
#: The client of the request, and whether it has a key or session. Set where a request enters; else nothing is bounded
#: by client.
requester: ContextVar[tuple[str, bool]] = ContextVar("requester", default=("", True))
K = TypeVar("K")
T = TypeVar("T")


class BackgroundRunner:
    """Runs one job at a time. The threads are daemons, so that the process can stop without waiting for them."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._turn, self._lock = threading.Lock(), threading.Lock()
        self._unfinished: Counter[str] = Counter()
        self._unfinished_by_kind: Counter[bool] = Counter()

    def start(self, job: Callable[[], T]) -> Future[T]:
        """Run ``job`` after the jobs before it and return its future.

        Raises ``Unavailable`` if too many jobs wait, in total or of this client."""
        client, is_known = requester.get()
        with self._lock:
            full = self._unfinished_by_kind[is_known] >= MAX_WAITING
            if full or (not is_known and self._unfinished[client] >= MAX_WAITING_PER_CLIENT):
                raise Unavailable("Too many leaderboards and diagrams are being computed. Retry shortly.")
            self._unfinished_by_kind[is_known] += 1
            self._unfinished[client] += 1
        future: Future[T] = Future()
        run = partial(self._run, job, future, client, is_known)
        threading.Thread(target=run, name=self._name, daemon=True).start()
        return future

    def _run(self, job: Callable[[], T], future: Future[T], client: str, is_known: bool) -> None:
        try:
            with self._turn:
                result = job()
        except Exception as error:  # noqa: BLE001 - the caller gets it from the future
            self._finish(client, is_known)
            future.set_exception(error)
        else:
            self._finish(client, is_known)
            future.set_result(result)

    def _finish(self, client: str, is_known: bool) -> None:
        with self._lock:
            self._unfinished_by_kind[is_known] -= 1
            self._unfinished[client] -= 1
            if not self._unfinished[client]:
                del self._unfinished[client]


def get_or_start(cached: MutableMapping[K, Future[T]], key: K, start: Callable[[], Future[T]]) -> Future[T]:
    """Return the cached future of this key; start a new one if there is none or it failed."""
    future = cached.get(key)
    if future is None or (future.done() and future.exception() is not None):
        future = cached[key] = start()
    return future
