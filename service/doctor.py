"""Examine an installation: what is in order, what is not, and what to do about it. Nothing is changed."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from predictions import ledger
from predictions.checkpoints.stored import newest_checkpoint
from predictions.imports.lifecycle import abandoned
from predictions.scores.late_rule import rule_in_force
from resolvers.clock import CLOCK_TOLERANCE
from resolvers.notifications.failures import dead_letters, failing_channels
from service.db import migrate
from service.db.engine import make_engine, read_transaction
from service.db.service_state import BACKUP, SCHEDULER, recall
from service.errors import Unavailable, database_fault
from service.security.own_secret import admin_key_fault, secret_faults
from service.settings import Settings
from service.state_files import open_to_others, sqlite_file

#: Below the first the disk is about to be full; below the second it is time to make room.
LEAST_FREE_BYTES, SCARCE_FREE_BYTES = 200_000_000, 1_000_000_000
OLDEST_BACKUP = timedelta(days=7)
OLDEST_CHECKPOINT = timedelta(days=2)
DEAD_LETTERS_OF = timedelta(days=7)


class State(StrEnum):
    """Result of a check: only a fault makes the whole unhealthy."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True)
class Check:
    """What was looked at, what was found, and what to do."""

    check: str
    state: State
    finding: str
    remedy: str = ""


def examine(settings: Settings, *, now: datetime) -> Iterator[Check]:
    """Yield the result of each check; what needs the database only if that can be used."""
    yield _state_directory(settings)
    yield _free_space(settings)
    engine = make_engine(settings.database)
    try:
        database = _database(engine, settings)
        yield database
        if database.state is State.OK:
            yield from _inside(engine, settings, now)
    finally:
        engine.dispose()


def _inside(engine: Engine, settings: Settings, now: datetime) -> Iterator[Check]:
    checks: tuple[Callable[[Session, Settings, datetime], Check], ...] = (
        *(_secret, _admin_key, _clock, _scheduler, _dead_letters, _channels, _imports, _ranking, _checkpoint),
        _backup,
    )
    with read_transaction(engine) as session:
        for check in checks:
            yield check(session, settings, now)


def _state_directory(settings: Settings) -> Check:
    open_to = open_to_others(settings)
    if open_to is None:
        return Check("state directory", State.OK, str(settings.state_dir))
    finding, _, remedy = open_to.rpartition(": ")
    return Check("state directory", State.WARNING, finding, remedy)


def _free_space(settings: Settings) -> Check:
    database = sqlite_file(settings)
    folders = [settings.state_dir, *([database.parent] if database else [])]
    present = [
        next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists()) for folder in folders
    ]
    free, folder = min((shutil.disk_usage(folder).free, folder) for folder in present)
    finding = f"{free / 1e9:.1f} GB free in {folder}" + ("" if database else "; not that of the PostgreSQL server")
    state = State.FAULT if free < LEAST_FREE_BYTES else State.WARNING if free < SCARCE_FREE_BYTES else State.OK
    return Check("free space", state, finding, "" if state is State.OK else "make room, or move to a larger disk")


def _database(engine: Engine, settings: Settings) -> Check:
    file, kind = sqlite_file(settings), engine.dialect.name
    if file is not None and not file.is_file():
        remedy = "check TRACKRECORD_STATE_DIR, restore a backup, or start the service, which creates it"
        return Check("database", State.FAULT, f"there is no database {file}", remedy)
    try:
        present, wanted = migrate.revisions(engine)
    except (SQLAlchemyError, Unavailable) as error:
        fault = database_fault(error)
        lines = str(getattr(error, "orig", error)).strip().splitlines() or [type(error).__name__]
        reason = f"{fault.reason} ({lines[0]})" if fault else lines[0]
        remedy = "check that it runs and TRACKRECORD_DATABASE_URL; restore a backup if its file is damaged"
        return Check("database", State.FAULT, f"{kind}: {reason}", remedy)
    if present == wanted:
        return Check("database", State.OK, f"{kind}, schema {wanted}")
    remedy = "back up, then start the service, which migrates it; if the schema is newer, update the program"
    return Check("database", State.FAULT, f"{kind}, schema {present or 'none'} in place of {wanted}", remedy)


def _secret(session: Session, settings: Settings, _: datetime) -> Check:
    for fault in secret_faults(session, settings):
        finding, _sep, remedy = fault.partition(": ")
        return Check("secret", State.FAULT, finding, remedy)
    return Check("secret", State.OK, "fits the stored keys")


def _admin_key(session: Session, settings: Settings, now: datetime) -> Check:
    if settings.admin_key is None or not settings.has_secret():
        return Check("admin key", State.OK, "not set by TRACKRECORD_ADMIN_KEY")
    fault = admin_key_fault(session, settings, now=now)
    if fault is None:
        return Check("admin key", State.OK, "TRACKRECORD_ADMIN_KEY is accepted")
    finding, _sep, remedy = fault.partition(": ")
    return Check("admin key", State.WARNING, finding, remedy)


def _clock(session: Session, _: Settings, now: datetime) -> Check:
    newest = ledger.newest_at(session)
    remedy = "set the clock right, for example with NTP"
    if newest is not None and newest > now + CLOCK_TOLERANCE:
        late = (newest - now).total_seconds()
        return Check("clock", State.FAULT, f"{late:.0f} seconds behind the newest entry of the ledger", remedy)
    if session.connection().dialect.name == "postgresql":
        apart = abs((session.execute(select(func.clock_timestamp())).scalar_one() - now).total_seconds())
        if apart > CLOCK_TOLERANCE.total_seconds():
            finding = f"{apart:.0f} seconds apart from that of the PostgreSQL server"
            return Check("clock", State.FAULT, finding, f"{remedy}, on both machines")
    return Check("clock", State.OK, "agrees with the ledger and the database server")


def _scheduler(session: Session, _: Settings, now: datetime) -> Check:
    beat = recall(session, SCHEDULER)
    remedy = "start 'trackrecord serve' or 'trackrecord scheduler', and see its log"
    if beat is None:
        return Check("scheduler", State.FAULT, "none has run on this database", remedy)
    finding = f"last at work {_ago(now - beat.at)}"
    if now > datetime.fromisoformat(beat.value):
        return Check("scheduler", State.FAULT, finding, remedy)
    return Check("scheduler", State.OK, finding)


def _dead_letters(session: Session, _: Settings, now: datetime) -> Check:
    dead = dead_letters(session, since=now - DEAD_LETTERS_OF)
    if not dead:
        return Check("dead letters", State.OK, f"none within {DEAD_LETTERS_OF.days} days")
    remedy = "'trackrecord channels log --state dead' has the reasons; then 'trackrecord channels resend ID'"
    return Check("dead letters", State.FAULT, f"within {DEAD_LETTERS_OF.days} days: {_listed(dead)}", remedy)


def _channels(session: Session, _: Settings, _now: datetime) -> Check:
    failing = failing_channels(session)
    if not failing:
        return Check("channels", State.OK, "none fails")
    remedy = "'trackrecord channels log' has the errors; 'trackrecord channels test ID' tries again at once"
    return Check("channels", State.FAULT, f"messages that failed and wait: {_listed(failing)}", remedy)


def _imports(session: Session, _: Settings, now: datetime) -> Check:
    lost = [str(each.number) for each in abandoned(session, now=now)]
    if not lost:
        return Check("imports", State.OK, "none without its process")
    remedy = "start a scheduler, which finishes what is complete and drops the rest; then repeat what was dropped"
    return Check("imports", State.FAULT, f"unfinished, without its process: {', '.join(lost)}", remedy)


def _checkpoint(session: Session, _: Settings, now: datetime) -> Check:
    newest = newest_checkpoint(session)
    if newest is None:
        return Check("checkpoint", State.OK, "none yet: the scheduler makes one each day")
    finding = f"{_ago(now - newest.made_at)}, of {newest.size} events"
    if now - newest.made_at > OLDEST_CHECKPOINT:
        return Check(
            "checkpoint", State.FAULT, finding, "run 'trackrecord checkpoint', which makes one or says why not"
        )
    return Check("checkpoint", State.OK, finding)


def _ranking(session: Session, settings: Settings, _: datetime) -> Check:
    in_force, wanted = rule_in_force(session), settings.rank_recorded_late
    finding = f"predictions recorded late are ranked: {in_force.value}"
    if in_force is wanted:
        return Check("ranking", State.OK, finding)
    remedy = "give all processes the same setting, then restart the service, or run 'trackrecord rescore'"
    return Check("ranking", State.WARNING, f"{finding}; TRACKRECORD_RANK_RECORDED_LATE says {wanted.value}", remedy)


def _backup(session: Session, _: Settings, now: datetime) -> Check:
    last = recall(session, BACKUP)
    remedy = "run 'trackrecord backup DIRECTORY', better every day"
    if last is None:
        return Check("backup", State.WARNING, "none by 'trackrecord backup' is on record", remedy)
    finding = f"{_ago(now - last.at)}, to {last.value}"
    if now - last.at > OLDEST_BACKUP:
        return Check("backup", State.FAULT, finding, f"{remedy}, and see why the regular one stopped")
    return Check("backup", State.OK, finding)


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} ({count})" for name, count in counts.items())


def _ago(since: timedelta) -> str:
    seconds = max(since.total_seconds(), 0)
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit} ago"
    return f"{seconds:.0f} seconds ago"
