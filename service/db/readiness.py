"""Check that the service is ready as a request finds out: by one read, and one write that reaches the disk."""

import asyncio
import logging
import re
import threading
from concurrent.futures import Future
from typing import NamedTuple

from sqlalchemy import Engine, text
from sqlmodel import Session

from predictions import ledger
from predictions.errors import TrackRecordError
from resolvers.clock import CLOCK_TOLERANCE, Clock
from service.db.engine import WRITERS_LOCK, read_transaction
from service.db.models import ReadinessCheck
from service.db.write_queue import ENDING_SECONDS, Writer
from service.errors import database_fault, is_locked
from service.time_limit import WRITE_SECONDS, TimeLimit, within

PROBE_SECONDS = 2.0
#: Of these, the time to find out whether another writer holds the lock, after a write that did not succeed.
LOOK_SECONDS = 0.5
#: Another writer may keep this service waiting for so long: until then requests to write wait, and succeed.
BUSY_SECONDS = WRITE_SECONDS
#: A probe that found no fault is not repeated for so long: each is a commit that waits for the disk.
REUSE_SECONDS = 1.0
TOO_SLOW = f"the database did not answer within {PROBE_SECONDS:.0f} seconds"
BUSY = "another writer holds the database; writes wait for it, reads do not"
_HELD = text(
    "SELECT EXISTS (SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = database "
    "WHERE datname = current_database() AND locktype = 'advisory' AND granted "
    "AND (classid::bigint << 32 | objid::bigint) = :lock)"
)
log = logging.getLogger(__name__)


class Finding(NamedTuple):
    """Result of a check: the fault, None if the service is ready; and what holds it up although it is ready."""

    fault: str | None
    remark: str | None = None


class Readiness:
    """Probes reading and writing, once for all checks that are requested at the same time.

    The write goes through the queue, and is committed: one that is rolled back would not notice a full disk. A probe
    has a thread of its own, as the threads of requests may all be waiting for the database.
    """

    def __init__(self, engine: Engine, writer: Writer, clock: Clock) -> None:
        self._engine, self._writer, self._clock = engine, writer, clock
        self._probe: Future[Finding] | None = None
        self._good = TimeLimit(0)
        #: When another writer was first found to hold the lock, with no write since.
        self._busy_since: float | None = None
        self._logged: str | None = None

    async def find(self) -> Finding:
        """Return whether reading and writing succeed, and why not."""
        if self._good.seconds_left() > 0:
            return Finding(None)
        if self._probe is None or self._probe.done():
            self._probe = Future()
            threading.Thread(target=self._run, args=(self._probe,), name="readiness", daemon=True).start()
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(self._probe)), PROBE_SECONDS)
        except TimeoutError:
            return Finding(TOO_SLOW)

    def _run(self, probe: "Future[Finding]") -> None:
        try:
            with within(TimeLimit(PROBE_SECONDS - ENDING_SECONDS - LOOK_SECONDS)):
                finding = Finding(self._look())
        except _WriteFailed as failed:
            finding = self._held_up() if _may_pass(failed.error) and self._is_held() else Finding(_reason(failed.error))
        except Exception as error:  # noqa: BLE001 - whatever it is, a request would meet it too
            finding = Finding(_reason(error))
        if finding.remark is None and finding.fault is None:
            self._good.restart(REUSE_SECONDS)
        self._log_change(finding)
        probe.set_result(finding)

    def _look(self) -> str | None:
        with read_transaction(self._engine) as session:
            newest = ledger.newest_at(session)
        try:
            self._writer.run(self._write)
        except Exception as error:
            raise _WriteFailed(error) from error
        self._busy_since = None
        now = self._clock.now()
        if newest is None or newest <= now + CLOCK_TOLERANCE:
            return None
        return f"the clock is {(newest - now).total_seconds():.0f} seconds behind the newest entry of the ledger"

    def _is_held(self) -> bool:
        """Return whether another transaction holds the lock of the writers."""
        try:
            with within(TimeLimit(LOOK_SECONDS / 2)):  # SQLite waits for so long where the lock is held
                if self._engine.dialect.name == "postgresql":
                    with read_transaction(self._engine) as session:
                        return bool(session.execute(_HELD, {"lock": WRITERS_LOCK}).scalar())
                with self._engine.begin():
                    return False
        except Exception as error:  # noqa: BLE001 - then the first error is the reason
            return is_locked(error)

    def _held_up(self) -> Finding:
        now = self._clock.monotonic()
        self._busy_since = now if self._busy_since is None else self._busy_since
        seconds = now - self._busy_since
        if seconds < BUSY_SECONDS:
            return Finding(None, BUSY)
        return Finding(f"another writer has held the database for {seconds:.0f} seconds: wait for it, or end it")

    def _log_change(self, finding: Finding) -> None:
        state = f"not ready: {finding.fault}" if finding.fault else finding.remark
        kind = state and re.sub(r"\d+", "n", state)
        if kind != self._logged:
            log.warning("%s", state or "ready again")
        self._logged = kind

    def _write(self, session: Session) -> None:
        session.merge(ReadinessCheck(id=1, written_at=self._clock.now()))


class _WriteFailed(Exception):
    """Reading succeeded, and writing did not."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def _may_pass(error: Exception) -> bool:
    fault = database_fault(error)
    return isinstance(error, TrackRecordError) if fault is None else not fault.grave


def _reason(error: Exception) -> str:
    if isinstance(error, TrackRecordError):
        return TOO_SLOW
    of_database = database_fault(error)
    return of_database.reason if of_database else f"the database fails with {type(error).__name__}"
