"""The rule in force for predictions that were recorded late, kept in the ledger.

Scores depend on it, so that each change of it is an event, and the record of any instant follows from the ledger.
Before the first event all of them counted.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlmodel import Session, col

from predictions import ledger
from predictions.enums import RankRecordedLate
from predictions.import_models import BulkImport, ImportSource
from predictions.models import LedgerEvent, Prediction

SUBJECT, SUBJECT_ID, CHANGED = "setting", 1, "setting.changed"
_NAME = "rank_recorded_late"
_OF_SETTING = (col(LedgerEvent.subject) == SUBJECT, col(LedgerEvent.subject_id) == SUBJECT_ID)
_CHANGES = select(col(LedgerEvent.at), col(LedgerEvent.body)).where(*_OF_SETTING).order_by(col(LedgerEvent.seq))
_NEWEST = select(col(LedgerEvent.body)).where(*_OF_SETTING).order_by(col(LedgerEvent.seq).desc()).limit(1)
_FILES = select(col(BulkImport.id)).where(col(BulkImport.source) == ImportSource.FILE)
#: The condition that a prediction has a source, or came with a data set; ``is_sourced`` says the same of a row.
SOURCED: Any = or_(col(Prediction.source_id).is_not(None), col(Prediction.import_id).in_(_FILES))

#: Rules with the times from which they were in force, in order.
Rules = Sequence[tuple[datetime, RankRecordedLate]]


def data_sets(session: Session) -> frozenset[int]:
    """Return the ids of the imports from files."""
    return frozenset(session.execute(_FILES).scalars())


def is_sourced(row: Prediction, data_sets: frozenset[int]) -> bool:
    """Return whether a prediction has a source, or came with one of the ``data_sets``.

    A source has an address; its day of publication, where none is given, is the day on which the prediction was made.
    """
    return row.source_id is not None or row.import_id in data_sets


def rule_in_force(session: Session) -> RankRecordedLate:
    """Return the rule by which scores are computed now."""
    body = session.execute(_NEWEST).scalar()
    return RankRecordedLate(json.loads(body)["after"][_NAME]) if body is not None else RankRecordedLate.ALL


def rules(session: Session) -> Rules:
    """Return all rules on record."""
    return [(row.at, RankRecordedLate(json.loads(row.body)["after"][_NAME])) for row in session.execute(_CHANGES)]


def rule_as_of(rules: Rules, at: datetime) -> RankRecordedLate:
    """Return the rule that was in force at an instant."""
    return next((rule for since, rule in reversed(rules) if since <= at), RankRecordedLate.ALL)


def append_change(session: Session, rule: RankRecordedLate, *, now: datetime, actor: str) -> None:
    """Enter in the ledger which rule is in force from now on."""
    body = {"before": {_NAME: rule_in_force(session)}, "after": {_NAME: rule}}
    ledger.append_all(session, [ledger.NewEvent(now, actor, CHANGED, SUBJECT, SUBJECT_ID, body)])
