"""Cache reliability diagrams, which a background job computes: many predictions are drawn thousands of times."""

import threading
from concurrent.futures import Future
from datetime import datetime
from typing import NamedTuple

from cachetools import LRUCache
from sqlalchemy import Engine
from sqlmodel import Session

from predictions import ledger
from predictions.leaderboard.filters import Filters
from predictions.leaderboard.freshness import next_deadline
from predictions.models import Commentator
from predictions.records.calibration import CalibrationView, calibration_of
from service.cache.background import BackgroundRunner, get_or_start
from service.db.engine import read_transaction
from service.errors import Unavailable

MAX_KEPT = 64
REQUEST_WAIT_SECONDS = 10.0


class _Key(NamedTuple):
    """What a diagram shows, and the two things that make it out of date."""

    filters: Filters
    commentator: int | None
    head: int
    until: datetime | None


class CalibrationCache:
    """The most recently used diagrams, each computed once for all who ask."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._computed: LRUCache[_Key, Future[CalibrationView]] = LRUCache(MAX_KEPT)
        self._lock = threading.Lock()
        self._runner = BackgroundRunner("calibration")

    def get(
        self, session: Session, filters: Filters, commentator: Commentator | None, *, now: datetime
    ) -> CalibrationView:
        """Return the diagram under ``filters`` of everyone, or of one commentator.

        Raises ``Unavailable`` if it takes long, or if too many others are being computed.
        """
        person = commentator.id if commentator is not None else None
        key = _Key(filters, person, ledger.head(session).seq, next_deadline(session, now))
        with self._lock:
            computed = get_or_start(
                self._computed, key, lambda: self._runner.start(lambda: self._compute(filters, person, now))
            )
        try:
            return computed.result(REQUEST_WAIT_SECONDS)
        except TimeoutError:
            raise Unavailable("The calibration is being computed. Retry shortly.") from None

    def _compute(self, filters: Filters, person: int | None, now: datetime) -> CalibrationView:
        with read_transaction(self._engine) as session:
            commentator = session.get_one(Commentator, person) if person is not None else None
            return calibration_of(session, filters, commentator=commentator, now=now)
