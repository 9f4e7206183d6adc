"""Note when keys were last used: in memory, written once a minute, so that no read becomes a write."""

import logging
import threading
from datetime import datetime

from sqlalchemy import Engine, or_, update
from sqlalchemy.exc import DBAPIError

from resolvers.clock import Clock
from service.db.engine import bookkeeping_transaction
from service.db.models import ApiKey
from service.errors import Unavailable
from service.time_limit import TimeLimit, within

WRITE_EVERY_SECONDS = 60.0
#: How long writing may take; what is not written then is written a minute later.
LONGEST_WRITE_SECONDS = 5.0
log = logging.getLogger(__name__)
_TABLE = ApiKey.__table__  # type: ignore[attr-defined]


class KeyUsage:
    """The keys that this process has seen since it last wrote."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock
        self._used: dict[int, datetime] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="key usage", daemon=True)

    def start(self) -> None:
        """Start the thread that writes."""
        self._thread.start()

    def stop(self) -> None:
        """Write what is left, and stop."""
        self._stopping.set()
        self._thread.join()

    def note(self, key: int) -> None:
        """Note that a key is used now."""
        self._used[key] = self._clock.now()

    def write(self) -> None:
        """Write when the keys were last used, unless another process has seen them later."""
        used, self._used = self._used, {}
        if not used:
            return
        try:
            with within(TimeLimit(LONGEST_WRITE_SECONDS)), bookkeeping_transaction(self._engine) as session:
                for key, at in sorted(used.items()):
                    earlier = or_(_TABLE.c.last_used_at.is_(None), _TABLE.c.last_used_at < at)
                    change = update(_TABLE).where(_TABLE.c.id == key, earlier).values(last_used_at=at)
                    session.connection().execute(change)
        except (DBAPIError, Unavailable) as error:
            self._used = used | self._used
            log.warning("when keys were last used is written later: %s", error)

    def _run(self) -> None:
        while not self._stopping.wait(WRITE_EVERY_SECONDS):
            self.write()
        self.write()
