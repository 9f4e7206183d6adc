"""How all tables follow from the events of the ledger, and the event with which an upgraded record begins."""

from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from predictions.audit.baseline import enter_baseline
from predictions.audit.fold import Folded, Row, Step, Told, standard, table_of
from predictions.audit.record_rows import RECORD
from predictions.changes.models import PendingChange
from predictions.contests.models import Contest
from predictions.contests.sealing import hashes
from resolvers.audit import notification_tables
from service.db.models import OPERATOR, ApiKey, Person, PersonState, Role
from service.db.service_state import BASELINE, forget, recall


def _key(event: Told) -> Step | None:
    """Return the step of an event; events of before the baseline hold no more than names and hashes."""
    if event.action == "key.created" and "person_id" not in event.body:
        names = ("name", "scopes", "prefix", "hash")
        return Step(event.subject_id, event.seq, {name: event.body.get(name) for name in names})
    if event.action == "key.rotated" and "before" not in event.body:
        return Step(event.subject_id, event.seq, {name: event.body.get(name) for name in ("prefix", "hash")}, {})
    return standard(event, {"key.created"})


def _contests(secret: bytes | None) -> Folded:
    """Return how contests follow from their events, which hold keyed hashes of texts until these are public."""

    def parse(event: Told) -> Step | None:
        step = standard(event, {"contest.received"})
        if step is None or step.before is None or secret is None:
            return step
        return replace(step, after=(step.after or {}) | hashes(step.after or {}, secret))

    def stored(row: Row) -> Row:
        return row | hashes(row, secret) if secret else row

    return Folded(table_of(Contest), parse=parse, stored=stored)


def _operator(row: Row) -> Row | None:
    if row["name"] != OPERATOR:
        return None
    return {"role": Role.ADMIN.value, "state": PersonState.ACTIVE.value}


def other_tables(secret: bytes | None) -> tuple[Folded, ...]:
    """Return how the tables besides those of the record follow from their events."""
    return (
        *notification_tables(secret),
        _contests(secret),
        Folded(table_of(PendingChange), frozenset({"change.requested"})),
        Folded(table_of(Person), frozenset({"person.entered"}), given=_operator, needs_baseline=True),
        Folded(table_of(ApiKey), parse=_key, apart=frozenset({"last_used_at"}), subject="api_key", needs_baseline=True),
    )


def enter_baseline_if_due(session: Session, *, now: datetime) -> None:
    """Append the event ``ledger.baseline`` if a migration has found that the record is older than it."""
    if recall(session, BASELINE) is not None:
        enter_baseline(session, (*RECORD, *other_tables(None)), now=now)
        forget(session, BASELINE)
