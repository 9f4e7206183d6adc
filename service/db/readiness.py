"""Whether the service is ready, found out as a request would: one read and one write that reaches the disk."""

import asyncio
import logging
import re
import threading
from concurrent.futures import Future

from sqlalchemy import Engine
from sqlmodel import Session

from predictions import ledger
from predictions.errors import TrackRecordError
from resolvers.clock import CLOCK_TOLERANCE, Clock
from service.db.engine import read_transaction
from service.db.models import ReadinessCheck
from service.db.write_queue import Writer
from service.errors import database_fault
from service.time_limit import TimeLimit, within

PROBE_SECONDS = 2.0
#: A probe that found no fault is not repeated for so long: each is a commit that waits for the disk.
REUSE_SECONDS = 1.0
TOO_SLOW = f"the database did not answer within {PROBE_SECONDS:.0f} seconds"
log = logging.getLogger(__name__)


class Readiness:
    """Probes reading and writing, for all who ask at the same time together.

    The write goes through the queue, and is committed: one that is rolled back would not notice a full disk. A probe
    has a thread of its own, as the threads of requests may all be waiting for the database.
    """

    def __init__(self, engine: Engine, writer: Writer, clock: Clock) -> None:
        self._engine, self._writer, self._clock = engine, writer, clock
        self._probe: Future[str | None] | None = None
        self._good = TimeLimit(0)
        self._logged: str | None = None

    async def fault(self) -> str | None:
        """Return why reading or writing fails, None if both succeed."""
        if self._good.seconds_left() > 0:
            return None
        if self._probe is None or self._probe.done():
            self._probe = Future()
            threading.Thread(target=self._run, args=(self._probe,), name="readiness", daemon=True).start()
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(self._probe)), PROBE_SECONDS)
        except TimeoutError:
            return TOO_SLOW

    def _run(self, probe: "Future[str | None]") -> None:
        try:
            with within(TimeLimit(PROBE_SECONDS)):
                fault = self._look()
        except TrackRecordError:
            fault = TOO_SLOW
        except Exception as error:  # noqa: BLE001 - whatever it is, a request would meet it too
            of_database = database_fault(error)
            fault = of_database.reason if of_database else f"the database fails with {type(error).__name__}"
        self._log_change(fault)
        if fault is None:
            self._good.restart(REUSE_SECONDS)
        probe.set_result(fault)

    def _look(self) -> str | None:
        with read_transaction(self._engine) as session:
            newest = ledger.newest_at(session)
        self._writer.run(self._write)
        now = self._clock.now()
        if newest is None or newest <= now + CLOCK_TOLERANCE:
            return None
        return f"the clock is {(newest - now).total_seconds():.0f} seconds behind the newest entry of the ledger"

    def _log_change(self, fault: str | None) -> None:
        kind = fault and re.sub(r"\d+", "n", fault)
        if kind != self._logged:
            log.warning("not ready: %s", fault) if fault else log.warning("ready again")
        self._logged = kind

    def _write(self, session: Session) -> None:
        session.merge(ReadinessCheck(id=1, written_at=self._clock.now()))
