"""Back up the state directory while the service runs. The copy works as a state directory."""

import shutil
from pathlib import Path

from sqlalchemy import Engine, create_engine, text

from predictions.errors import Conflict, NotFound
from service.db.engine import make_engine
from service.settings import Settings

DATABASE_FILES = "trackrecord.db*"  # the database and SQLite's own files next to it; SQLite copies them
PG_DUMP = "back it up with pg_dump, and copy the state directory (keys, snapshots) afterwards"


def back_up(settings: Settings, target: Path) -> Path:
    """Copy database, keys and snapshots into a new directory, which then works as a state directory.

    The copy of the database is consistent, migrated or not; writers are not blocked. Snapshots are copied after it,
    so that the copy has every snapshot that its rows refer to. The directory appears when it is complete.
    Raises ``Conflict`` if the directory exists or the database is not SQLite, ``NotFound`` if there is no database.
    """
    engine = make_engine(settings.database)
    state = settings.state_dir
    if engine.dialect.name != "sqlite":
        raise Conflict(f"the database is PostgreSQL: {PG_DUMP}")
    if engine.url.database is None or not Path(engine.url.database).is_file():
        raise NotFound(f"there is no database {engine.url.database}: check TRACKRECORD_STATE_DIR")
    if target.exists():
        raise Conflict(f"{target} exists: choose a new name, so that no backup is overwritten")
    if target.resolve().is_relative_to(state.resolve()):
        raise Conflict(f"{target} lies in the state directory: choose a place outside, better on another disk")
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True, mode=0o700)
    try:
        _copy_database(engine, part / "trackrecord.db")
        if state.is_dir():
            shutil.copytree(state, part, dirs_exist_ok=True, ignore=shutil.ignore_patterns(DATABASE_FILES))
        part.chmod(0o700)
        return part.rename(target)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    finally:
        engine.dispose()


def _copy_database(engine: Engine, path: Path) -> None:
    path.touch(mode=0o600)
    copy = create_engine(f"sqlite:///{path}")
    try:
        with engine.connect() as source, copy.connect() as target:
            source.connection.driver_connection.backup(target.connection.driver_connection)  # type: ignore[union-attr]
            fault = target.execute(text("PRAGMA quick_check")).scalar_one()
        if fault != "ok":
            raise Conflict(f"the copy of the database is damaged ({fault}): check the disk, and verify the record")
    finally:
        copy.dispose()
