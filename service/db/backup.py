"""Back up database and state directory while the service runs. On SQLite the copy works as a state directory."""

import shutil
import sqlite3
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, create_engine, inspect, text

from predictions.errors import Conflict, NotFound
from service.db import postgres_tools
from service.db.engine import make_engine, when_unlocked, write_transaction
from service.db.models import ServiceState
from service.db.service_state import BACKUP, remember
from service.errors import Unavailable
from service.settings import Settings

DATABASE, DUMP = "trackrecord.db", "record.dump"
#: What the state directory has beside keys and snapshots: databases, which are copied in their own way, counts, and
#: files that are not complete.
OTHERS = (f"{DATABASE}*", DUMP, "request-counts.db*", "*.next")
NOT_STATE = shutil.ignore_patterns(*OTHERS)
#: The newest checkpoint of the ledger, and the key that signs it.
CHECKPOINT, CHECKPOINT_KEY = "checkpoint", "checkpoint.key"
COPIED_AFTER = shutil.ignore_patterns(*OTHERS, CHECKPOINT, CHECKPOINT_KEY)


def back_up(settings: Settings, target: Path, *, now: datetime) -> Path:
    """Copy database, keys and snapshots into a new directory, and record that in the database.

    The copy of the database is consistent, migrated or not; writers are not blocked. Snapshots are copied after it,
    so that the copy has every snapshot that its rows refer to, and the newest checkpoint before it, so that the copy
    has its events. The directory appears when it is complete.
    Raises ``Conflict`` if the directory exists, ``NotFound`` if there is no database, and ``ToolMissing``.
    """
    engine = make_engine(settings.database)
    state = settings.state_dir
    if target.exists():
        raise Conflict(f"{target} exists: choose a new name, so that no backup is overwritten")
    if target.resolve().is_relative_to(state.resolve()):
        raise Conflict(f"{target} lies in the state directory: choose a place outside, better on another disk")
    part = target.with_name(f"{target.name}.part")
    try:
        _check(engine)
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True, mode=0o700)
        for name in (CHECKPOINT, CHECKPOINT_KEY):
            if (state / name).exists():
                shutil.copy2(state / name, part)
        if engine.dialect.name == "sqlite":
            _copy_database(engine, part / DATABASE)
        else:
            postgres_tools.dump(engine, part / DUMP)
        if state.is_dir():
            shutil.copytree(state, part, dirs_exist_ok=True, ignore=COPIED_AFTER)
        part.chmod(0o700)
        part.rename(target)
        _record(engine, target, now)
        return target
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    finally:
        engine.dispose()


def _check(engine: Engine) -> None:
    file = engine.url.database
    if engine.dialect.name == "sqlite" and (file is None or not Path(file).is_file()):
        raise NotFound(f"there is no database {file}: check TRACKRECORD_STATE_DIR")
    if engine.dialect.name != "sqlite":
        postgres_tools.find_tool("pg_dump", engine)


def _record(engine: Engine, target: Path, now: datetime) -> None:
    """Record the backup for `doctor`, unless the database is of a version that has no place for it."""

    def record() -> None:
        with write_transaction(engine) as session:
            remember(session, BACKUP, str(target.resolve()), now=now)

    if inspect(engine).has_table(str(ServiceState.__tablename__)):
        when_unlocked(record)


def _copy_database(engine: Engine, path: Path) -> None:
    path.touch(mode=0o600)
    copy = create_engine(f"sqlite:///{path}")
    try:
        with engine.connect() as source, copy.connect() as target:
            source.connection.driver_connection.backup(target.connection.driver_connection)  # type: ignore[union-attr]
            fault = target.execute(text("PRAGMA quick_check")).scalar_one()
        if fault != "ok":
            raise Conflict(f"the copy of the database is damaged ({fault}): check the disk, and verify the record")
    except sqlite3.OperationalError as error:  # a full disk, say; of the source SQLAlchemy would tell
        raise Unavailable(f"{path} cannot be written ({error}): make room, or choose another place") from None
    finally:
        copy.dispose()
