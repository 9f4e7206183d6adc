"""The state directory and the modes of its files: only their owner may read them, whatever the directory's mode is."""

import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from sqlalchemy import make_url

from predictions.errors import InvalidInput
from service.settings import Settings

PRIVATE_DIRECTORY, PRIVATE_FILE = 0o700, 0o600
#: What others could read or change.
OF_OTHERS = stat.S_IRWXG | stat.S_IRWXO
#: Files with keys or parts of the record; those that begin so are SQLite's own next to them.
FILES = ("secret", "admin.key", "checkpoint", "trackrecord.db", "request-counts.db")
SNAPSHOTS = "snapshots"


def prepare_state(settings: Settings) -> None:
    """Create the state directory if the database is in it, and close it and its files to other users.

    A directory that existed keeps its mode, as it may be shared on purpose; ``open_to_others`` reports that.
    Raises ``InvalidInput`` if the directory cannot be created or written.
    """
    state = settings.state_dir
    if not settings.database_url:
        _make(state)
    if state.is_dir():
        _check_writable(state)
        protect(state)
    database = sqlite_file(settings)
    if database is not None and database.parent.is_dir():
        with suppress(OSError):  # opening it will say why
            database.touch(PRIVATE_FILE)  # SQLite gives its other files the mode of this one
            _close(database, PRIVATE_FILE)


def sqlite_file(settings: Settings) -> Path | None:
    """Return the file of the database; None for PostgreSQL."""
    address = make_url(settings.database)
    return Path(address.database) if address.drivername.startswith("sqlite") and address.database else None


def protect(state: Path) -> None:
    """Take the rights of other users from files that an older version, or somebody else, has left readable."""
    for name in FILES:
        for path in state.glob(f"{name}*"):
            _close(path, PRIVATE_FILE)
    _close(state / SNAPSHOTS, PRIVATE_DIRECTORY)


def open_to_others(settings: Settings) -> str | None:
    """Return a sentence if other users may enter the state directory."""
    state = settings.state_dir
    mode = stat.S_IMODE(state.stat().st_mode) if state.is_dir() else 0
    if not mode & OF_OTHERS:
        return None
    return f"other users may enter the state directory {state} (mode {mode:o}): run chmod 700 {state}"


def _make(state: Path) -> None:
    try:
        state.mkdir(parents=True, exist_ok=True, mode=PRIVATE_DIRECTORY)
    except OSError as error:
        raise _unusable(state, "created", error) from None


def _check_writable(state: Path) -> None:
    try:
        tempfile.TemporaryFile(dir=state).close()
    except OSError as error:
        raise _unusable(state, "written", error) from None


def _unusable(state: Path, verb: str, error: OSError) -> InvalidInput:
    remedy = "set TRACKRECORD_STATE_DIR to a directory that this user may write"
    return InvalidInput(f"the state directory {state} cannot be {verb} ({error.strerror}): {remedy}")


def _close(path: Path, mode: int) -> None:
    with suppress(OSError):  # it is missing, or belongs to another user, who keeps their own rules
        if not path.is_symlink() and path.stat().st_mode & OF_OTHERS:
            path.chmod(mode)
