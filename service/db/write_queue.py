"""Queue the writes of the API and commit several together.

Writers run one at a time and every acknowledged write waits for the disk. So the requests that wait at the same time
share one transaction and one commit. If one of them fails, all are rolled back and repeated in savepoints, so that
only the failed one is undone.
"""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from itertools import groupby
from typing import Any, Generic, TypeVar

from sqlalchemy import Engine, event
from sqlmodel import Session

from predictions.errors import TrackRecordError
from service.db.engine import write_transaction
from service.errors import Unavailable

Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_WAITING = 1000
MAX_PER_COMMIT = 64
WAIT_SECONDS = 30.0
log = logging.getLogger(__name__)


class _Task(Generic[Item, Result]):
    def __init__(self, job: Callable[[Session, list[Item]], list[Result]], item: Item) -> None:
        self.job, self.item = job, item
        self.future: Future[Result] = Future()


class Writer:
    """Runs jobs in write transactions; ``run`` returns when the commit is on disk."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: queue.Queue[_Task[Any, Any] | None] = queue.Queue(MAX_WAITING)
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def run(self, job: Callable[[Session], Result]) -> Result:
        """Run the job and return its result after the commit. It may run more than once and must only use its session.

        Raises what the job raises; ``Unavailable`` if too many writes wait or the database is too slow.
        """
        future = self._enqueue(lambda session, _: [job(session)], None)
        try:
            return future.result(WAIT_SECONDS)
        except TimeoutError:
            _cancel(future)
            return future.result()  # it is running: the result is known only after its commit

    async def run_batched(self, job: Callable[[Session, list[Item]], list[Result]], item: Item) -> Result:
        """Run the job on this item together with other waiting items of the same job, and return the item's result.

        No thread is blocked while it waits. The job returns one result for each item.
        """
        future = self._enqueue(job, item)
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(future)), WAIT_SECONDS)
        except TimeoutError:
            _cancel(future)
            return await asyncio.wrap_future(future)

    def _enqueue(self, job: Callable[[Session, list[Item]], list[Result]], item: Item) -> Future[Result]:
        task = _Task(job, item)
        try:
            self._waiting.put_nowait(task)
        except queue.Full:
            raise Unavailable("Too many writes are waiting. Retry the same request shortly.") from None
        return task.future

    def close(self) -> None:
        """Run the waiting jobs, then stop."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (task := self._waiting.get()) is not None:
            batch = [task]
            stop = False
            while len(batch) < MAX_PER_COMMIT and not self._waiting.empty():
                following = self._waiting.get()
                if following is None:
                    stop = True
                    break
                batch.append(following)
            self._commit([task for task in batch if task.future.set_running_or_notify_cancel()])
            if stop:
                return

    def _commit(self, tasks: list[_Task[Any, Any]]) -> None:
        try:
            outcomes = self._run_in_one_transaction(tasks)
        except Exception as error:  # noqa: BLE001 - each caller gets it from its future
            if len(tasks) > 1:
                log.warning("commit of %d writes failed, retrying them one by one: %s", len(tasks), error)
                for task in tasks:
                    self._commit([task])
                return
            outcomes = [error]
        for task, outcome in zip(tasks, outcomes, strict=True):
            if isinstance(outcome, Exception):
                task.future.set_exception(outcome)
            else:
                task.future.set_result(outcome)

    def _run_in_one_transaction(self, tasks: list[_Task[Any, Any]]) -> list[Any]:
        try:
            with write_transaction(self._engine) as session, _keep_loaded_rows(session):
                outcomes: list[Any] = []
                for job, same in groupby(tasks, lambda task: task.job):
                    outcomes += job(session, [task.item for task in same])
                return outcomes
        except TrackRecordError:
            if len(tasks) == 1:
                raise
        # One of them failed: run all again, each in its own savepoint.
        with write_transaction(self._engine) as session:
            return [_run_in_savepoint(session, task) for task in tasks]


def _cancel(future: Future[Any]) -> None:
    if future.cancel():
        raise Unavailable("The database is too slow at the moment. Retry the same request shortly.") from None


@contextmanager
def _keep_loaded_rows(session: Session) -> Iterator[None]:
    """Keep references to loaded rows until the commit: a session drops unreferenced rows and would reload them."""
    held: list[object] = []

    def hold(_: Session, row: object) -> None:
        held.append(row)

    for event_name in ("loaded_as_persistent", "pending_to_persistent"):
        event.listen(session, event_name, hold)
    yield


def _run_in_savepoint(session: Session, task: _Task[Any, Any]) -> Any:
    try:
        with session.begin_nested():
            return task.job(session, [task.item])[0]
    except TrackRecordError as error:
        return error
