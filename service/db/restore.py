"""Restore a backup into a place where there is nothing yet."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Engine, inspect

from predictions.errors import Conflict, NotFound
from service.db import postgres_tools
from service.db.backup import CHECKPOINT, DATABASE, DUMP, NOT_STATE
from service.db.engine import make_engine
from service.errors import Unavailable
from service.settings import Settings
from service.state_files import protect


def restore(settings: Settings, source: Path) -> None:
    """Fill the state directory and an empty database of the settings from a backup; overwrite nothing.

    The database comes last and at once, so that a restore that was interrupted can be repeated. Raises ``Conflict``
    if there is something already or the backup is damaged, ``NotFound`` if there is no backup, and ``ToolMissing``.
    """
    engine = make_engine(settings.database)
    try:
        if engine.dialect.name == "sqlite":
            file = Path(engine.url.database or "")
            _find(source, DATABASE, DUMP, "set TRACKRECORD_DATABASE_URL to an empty PostgreSQL database")
            _refuse_files(file)
            _copy_state(source, settings.state_dir)
            _copy_file(source / DATABASE, file)
        else:
            _find(
                source, DUMP, DATABASE, "remove TRACKRECORD_DATABASE_URL; export and import move records to PostgreSQL"
            )
            postgres_tools.find_tool("pg_restore", engine)
            _refuse_tables(engine)
            _copy_state(source, settings.state_dir)
            postgres_tools.load(engine, source / DUMP)
    finally:
        engine.dispose()


def _find(source: Path, wanted: str, other: str, remedy: str) -> None:
    if (source / wanted).is_file():
        return
    if (source / other).is_file():
        raise Conflict(f"{source} is the backup of another kind of database: {remedy}")
    raise NotFound(f"there is no backup in {source}: name a directory that 'trackrecord backup' has made")


def _refuse_files(file: Path) -> None:
    present = [path for path in file.parent.glob(f"{file.name}*") if path.suffix != ".part" and path.stat().st_size]
    if present:
        raise Conflict(f"{min(present)} exists: nothing is overwritten; stop the service, and move {file}* away")


def _refuse_tables(engine: Engine) -> None:
    if inspect(engine).get_table_names():
        remedy = "nothing is overwritten; create an empty one with createdb, and name it in TRACKRECORD_DATABASE_URL"
        raise Conflict(f"the database {engine.url.database} holds tables already: {remedy}")


def _copy_state(source: Path, state: Path) -> None:
    if state.resolve() == source.resolve():
        return
    ignored = NOT_STATE(str(source), [path.name for path in source.iterdir()])
    if (state / CHECKPOINT).exists():  # is newer: it shows what the backup lacks
        ignored.add(CHECKPOINT)
    for path in sorted(source.iterdir()):
        there = state / path.name
        if path.is_file() and path.name not in ignored and there.exists() and there.read_bytes() != path.read_bytes():
            raise Conflict(f"{there} exists and differs from the backup: nothing is overwritten; move it away")
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    mode = state.stat().st_mode
    shutil.copytree(source, state, dirs_exist_ok=True, ignore=lambda _, names: ignored.intersection(names))
    state.chmod(mode)
    protect(state)


def _copy_file(source: Path, target: Path) -> None:
    """Copy a database of SQLite, checked, and in its place at once."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    part.touch(0o600)
    # A backup has no log; it may then lie on a disk that cannot be written.
    still = "" if source.with_name(f"{source.name}-wal").exists() else "&immutable=1"
    address = f"file:{quote(str(source.resolve()))}?mode=ro{still}"
    try:
        with closing(sqlite3.connect(address, uri=True)) as backup, closing(sqlite3.connect(part)) as copy:
            backup.backup(copy)
            fault = copy.execute("PRAGMA quick_check").fetchone()[0]
        if fault == "ok":
            part.replace(target)
            return
    except sqlite3.OperationalError as error:
        raise Unavailable(f"{part} cannot be written ({error}): make room, or check its rights") from None
    except sqlite3.DatabaseError as error:
        fault = str(error)
    finally:
        for path in target.parent.glob(f"{part.name}*"):
            path.unlink()
    raise Conflict(f"the database in {source.parent} is damaged ({fault}): use another backup")
