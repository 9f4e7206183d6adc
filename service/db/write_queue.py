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
from concurrent.futures import Future, wait
from contextlib import contextmanager
from itertools import groupby
from typing import Any, Generic, TypeVar

from sqlalchemy import Engine, event
from sqlmodel import Session

from predictions.errors import TrackRecordError
from service.db.engine import write_transaction
from service.errors import OutcomeUnknown, Unavailable, is_temporary
from service.time_limit import NOT_APPLIED, WRITE_SECONDS, TimeLimit, begin, current, within

Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_WAITING = 1000
MAX_PER_COMMIT = 64
ENDING_SECONDS = 0.3
log = logging.getLogger(__name__)


class _Task(Generic[Item, Result]):
    def __init__(self, job: Callable[[Session, list[Item]], list[Result]], item: Item) -> None:
        self.job, self.item, self.limit = job, item, current() or TimeLimit(WRITE_SECONDS)
        self.future: Future[Result] = Future()

    def seconds_left(self) -> float:
        """Return how long to wait for the result. A job that runs until its time is over ends a little later."""
        return max(0.0, self.limit.seconds_left() + ENDING_SECONDS)

    def result(self) -> Result:
        """Return the result, or raise what the job raised; without one, say whether the job has begun."""
        if self.future.cancel():
            raise Unavailable(NOT_APPLIED)
        if not self.future.done():
            raise OutcomeUnknown
        return self.future.result()


class Writer:
    """Runs jobs in write transactions; ``run`` returns when the commit is on disk."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: queue.Queue[_Task[Any, Any] | None] = queue.Queue(MAX_WAITING)
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def run(self, job: Callable[[Session], Result]) -> Result:
        """Run the job and return its result after the commit. It may run more than once and must only use its session.

        Raises what the job raises; ``Unavailable`` if too many writes wait or the time of the request is over before
        the job begins, ``OutcomeUnknown`` if it is over while the job runs.
        """
        task = self._enqueue(lambda session, _: [job(session)], None)
        wait([task.future], task.seconds_left())
        return task.result()

    async def run_batched(self, job: Callable[[Session, list[Item]], list[Result]], item: Item) -> Result:
        """Run the job on this item together with other waiting items of the same job, and return the item's result.

        No thread is blocked while it waits. The job returns one result for each item.
        """
        task = self._enqueue(job, item)
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(task.future)), task.seconds_left())
        except TimeoutError:
            return task.result()

    def _enqueue(self, job: Callable[[Session, list[Item]], list[Result]], item: Item) -> _Task[Item, Result]:
        task = _Task(job, item)
        begin()
        try:
            self._waiting.put_nowait(task)
        except queue.Full:
            raise Unavailable("Too many writes are waiting. Retry the same request shortly.") from None
        return task

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
        tasks = list(_still_in_time(tasks))
        if not tasks:
            return
        last = max((task.limit for task in tasks), key=lambda limit: limit.ends_at)
        try:
            with within(last):
                outcomes = self._run_in_one_transaction(tasks)
        except Exception as error:  # noqa: BLE001 - each caller gets it from its future
            if len(tasks) > 1 and not isinstance(error, Unavailable) and not is_temporary(error):
                log.warning("commit of %d writes failed, retrying them one by one: %s", len(tasks), error)
                for task in tasks:
                    self._commit([task])
                return
            outcomes = [error] * len(tasks)  # what ails the database ails each of them
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
        except TrackRecordError as error:
            if len(tasks) == 1 or isinstance(error, Unavailable):
                raise
        # One of them failed: run all again, each in its own savepoint.
        with write_transaction(self._engine) as session:
            return [_run_in_savepoint(session, task) for task in tasks]


def _still_in_time(tasks: list[_Task[Any, Any]]) -> Iterator[_Task[Any, Any]]:
    """Yield the tasks whose time is not over, and refuse the others."""
    for task in tasks:
        if task.limit.seconds_left() > 0:
            yield task
        else:
            task.future.set_exception(Unavailable(NOT_APPLIED))


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
    if task.limit.seconds_left() <= 0:
        return Unavailable(NOT_APPLIED)
    try:
        with session.begin_nested():
            return task.job(session, [task.item])[0]
    except TrackRecordError as error:
        return error
