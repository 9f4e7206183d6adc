"""Bring the setting TRACKRECORD_RANK_RECORDED_LATE into force, on which the stored scores depend."""

import logging
from datetime import datetime

from sqlalchemy import Engine

from predictions import ledger
from predictions.scores.late_rule import rule_in_force
from predictions.scores.rebuild import bring_into_force
from service.db.engine import read_transaction, write_transaction
from service.settings import Settings

log = logging.getLogger(__name__)


def apply_ranking_rule(engine: Engine, settings: Settings, *, now: datetime) -> None:
    """Rescore the record if its scores were computed by another rule than that of the settings."""
    with read_transaction(engine) as session:
        if rule_in_force(session) is settings.rank_recorded_late:
            return
    with write_transaction(engine) as session:
        done = bring_into_force(session, settings.rank_recorded_late, now=now, actor=ledger.SYSTEM)
    if done is not None and done.changed:
        log.warning(
            "TRACKRECORD_RANK_RECORDED_LATE is %s: %d of %d scores changed",
            settings.rank_recorded_late.value,
            done.changed,
            done.scores,
        )
