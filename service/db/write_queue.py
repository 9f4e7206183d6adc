"""Writes of the API, several to a commit.

Writers come one at a time and every acknowledged write waits for the disk. So the requests that are waiting at the
same moment share one transaction and one commit. Where one of them is at fault, all are undone and done again in
savepoints: the fault undoes one, not the others.
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
MAX_TOGETHER = 64
PATIENCE_SECONDS = 30.0
log = logging.getLogger(__name__)


class _Task(Generic[Item, Result]):
    def __init__(self, job: Callable[[Session, list[Item]], list[Result]], item: Item) -> None:
        self.job, self.item = job, item
        self.future: Future[Result] = Future()


class Writer:
    """Runs jobs in transactions that it commits; ``write`` returns only when the commit is on disk."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: queue.Queue[_Task[Any, Any] | None] = queue.Queue(MAX_WAITING)
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def write(self, job: Callable[[Session], Result]) -> Result:
        """The job's result, once it is committed. The job may run more than once and must only use its session.

        Raises what the job raises; ``Unavailable`` where too many writes wait already or the database is too slow.
        """
        future = self._enqueue(lambda session, _: [job(session)], None)
        try:
            return future.result(PATIENCE_SECONDS)
        except TimeoutError:
            _give_up(future)
            return future.result()  # it runs at this moment: only its commit can say how it ended

    async def awaited(self, job: Callable[[Session, list[Item]], list[Result]], item: Item) -> Result:
        """The job's result for this item, for what comes in large numbers: no thread waits, and the items that wait
        for the same job at the same moment are given to it together. The job gives one result for each item."""
        future = self._enqueue(job, item)
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(future)), PATIENCE_SECONDS)
        except TimeoutError:
            _give_up(future)
            return await asyncio.wrap_future(future)

    def _enqueue(self, job: Callable[[Session, list[Item]], list[Result]], item: Item) -> Future[Result]:
        task = _Task(job, item)
        try:
            self._waiting.put_nowait(task)
        except queue.Full:
            raise Unavailable("too many writes are waiting: send the same request again in a moment") from None
        return task.future

    def close(self) -> None:
        """Finish what waits, and stop."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (task := self._waiting.get()) is not None:
            together = [task]
            stop = False
            while len(together) < MAX_TOGETHER and not self._waiting.empty():
                following = self._waiting.get()
                if following is None:
                    stop = True
                    break
                together.append(following)
            self._commit([task for task in together if task.future.set_running_or_notify_cancel()])
            if stop:
                return

    def _commit(self, tasks: list[_Task[Any, Any]]) -> None:
        try:
            outcomes = self._together(tasks)
        except Exception as error:  # noqa: BLE001 - whatever it is, each waiter is told
            if len(tasks) > 1:
                log.warning("a commit of %d writes failed, trying them one by one: %s", len(tasks), error)
                for task in tasks:
                    self._commit([task])
                return
            outcomes = [error]
        for task, outcome in zip(tasks, outcomes, strict=True):
            if isinstance(outcome, Exception):
                task.future.set_exception(outcome)
            else:
                task.future.set_result(outcome)

    def _together(self, tasks: list[_Task[Any, Any]]) -> list[Any]:
        try:
            with write_transaction(self._engine) as session, _remembering(session):
                outcomes: list[Any] = []
                for job, same in groupby(tasks, lambda task: task.job):
                    outcomes += job(session, [task.item for task in same])
                return outcomes
        except TrackRecordError:
            if len(tasks) == 1:
                raise
        # One of them is at fault: again, each in a savepoint of its own.
        with write_transaction(self._engine) as session:
            return [_one(session, task) for task in tasks]


def _give_up(future: Future[Any]) -> None:
    if future.cancel():
        raise Unavailable("the database is too slow now: send the same request again in a moment") from None


@contextmanager
def _remembering(session: Session) -> Iterator[None]:
    """Keep what was loaded until the commit: a session drops rows that nobody holds, and would load them again."""
    held: list[object] = []

    def hold(_: Session, row: object) -> None:
        held.append(row)

    for moment in ("loaded_as_persistent", "pending_to_persistent"):
        event.listen(session, moment, hold)
    yield


def _one(session: Session, task: _Task[Any, Any]) -> Any:
    try:
        with session.begin_nested():
            return task.job(session, [task.item])[0]
    except TrackRecordError as error:
        return error
