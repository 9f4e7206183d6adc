"""Extend the tree of the ledger, and make a checkpoint of it each day."""

import logging
from collections.abc import Callable

from sqlalchemy import Engine

from predictions.errors import TrackRecordError
from predictions.ledger import SYSTEM
from resolvers.clock import Clock
from service.checkpoints import KeyElsewhere, extend_tree, is_due, make_checkpoint, settle
from service.db.engine import read_transaction
from service.settings import Settings

log = logging.getLogger(__name__)
#: Pause after a checkpoint that was refused, which is not for a machine to put right.
RETRY_SECONDS = 3600.0


class CheckpointKeeper:
    """Does the work of one tick; a checkpoint that is refused is logged and tried again after an hour."""

    def __init__(self, engine: Engine, settings: Settings, clock: Clock) -> None:
        self._engine, self._settings, self._clock = engine, settings, clock
        self._retry_at = 0.0

    def run(self, between: Callable[[], object] = lambda: None) -> None:
        """Extend the tree, and make a checkpoint if there is none of this day. ``between`` is called between pieces."""
        waiting = self._clock.monotonic() < self._retry_at
        try:
            extend_tree(self._engine, between)
            if not waiting:
                self._make(between)
        except (TrackRecordError, OSError) as error:
            if not waiting:
                self._retry_at = self._clock.monotonic() + RETRY_SECONDS
                log.log(logging.INFO if isinstance(error, KeyElsewhere) else logging.ERROR, "%s", error)

    def _make(self, between: Callable[[], object]) -> None:
        settle(self._engine, self._settings)
        now = self._clock.now()
        with read_transaction(self._engine) as session:
            due = is_due(session, now)
        if due:
            make_checkpoint(self._engine, self._settings, now=now, actor=SYSTEM, between=between)
