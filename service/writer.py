"""Writes of the API, several to a commit.

Writers come one at a time and every acknowledged write waits for the disk. So the requests that are waiting at the
same moment share one transaction and one commit, each in a savepoint of its own: a fault undoes one, not the others.
"""

import logging
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from sqlalchemy import Engine, event
from sqlmodel import Session

from predictions.errors import TrackRecordError
from service.database import writing
from service.problems import Unavailable

Result = TypeVar("Result")
Job = Callable[[Session], Any]

MAX_WAITING = 1000
MAX_TOGETHER = 64
PATIENCE_SECONDS = 30.0
log = logging.getLogger(__name__)


class _Task(Generic[Result]):
    def __init__(self, job: Callable[[Session], Result]) -> None:
        self.job = job
        self.future: Future[Result] = Future()


class Writer:
    """Runs jobs in transactions that it commits; ``write`` returns only when the commit is on disk."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: queue.Queue[_Task[Any] | None] = queue.Queue(MAX_WAITING)
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def write(self, job: Callable[[Session], Result]) -> Result:
        """The job's result, once it is committed. The job may run twice; it must do nothing but use its session.

        Raises what the job raises; ``Unavailable`` where too many writes wait already or the database is too slow.
        """
        task = _Task(job)
        try:
            self._waiting.put_nowait(task)
        except queue.Full:
            raise Unavailable("too many writes are waiting: send the same request again in a moment") from None
        try:
            return task.future.result(PATIENCE_SECONDS)
        except TimeoutError:
            if task.future.cancel():
                raise Unavailable("the database is too slow now: send the same request again in a moment") from None
            return task.future.result()  # it runs at this moment: only its commit can say how it ended

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

    def _commit(self, tasks: list[_Task[Any]]) -> None:
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

    def _together(self, tasks: list[_Task[Any]]) -> list[Any]:
        with writing(self._engine) as session, _remembering(session):
            if len(tasks) == 1:
                return [tasks[0].job(session)]
            return [_one(session, task.job) for task in tasks]


@contextmanager
def _remembering(session: Session) -> Iterator[None]:
    """Keep what was loaded until the commit: a session drops rows that nobody holds, and would load them again."""
    held: list[object] = []

    def hold(_: Session, row: object) -> None:
        held.append(row)

    for moment in ("loaded_as_persistent", "pending_to_persistent"):
        event.listen(session, moment, hold)
    yield


def _one(session: Session, job: Job) -> Any:
    try:
        with session.begin_nested():
            return job(session)
    except TrackRecordError as error:
        return error
