"""Copy a PostgreSQL database with the server's own tools, pg_dump and pg_restore."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from psycopg.conninfo import make_conninfo
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from predictions.errors import InvalidInput
from service.errors import Unavailable

#: Where packages of PostgreSQL put the tools of each version, as a name on PATH may be that of another one.
PACKAGES = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "usr/local/pgsql/bin", "opt/homebrew/opt/postgresql@*/bin")


class ToolMissing(InvalidInput):
    """A tool of PostgreSQL is not installed, or too old for the server."""

    title = "A tool is missing"


def find_tool(name: str, engine: Engine) -> Path:
    """Return the tool for the server: of its version, else the next newer one. Raises ``ToolMissing``."""
    server, folder = _server(engine)
    on_path = shutil.which(name)
    places = [Path(on_path)] if on_path else []
    places += [place / name for place in (folder, *(p for glob in PACKAGES for p in Path("/").glob(glob))) if place]
    found = [(version, place) for place in places if (version := _version(place))]
    fit = [(version, place) for version, place in found if version >= server]
    if fit:
        return min(fit, key=lambda one: one[0])[1]
    install = f"install the client of PostgreSQL {server} (Debian: postgresql-client-{server}), or put it on PATH"
    if found:
        raise ToolMissing(f"{name} {max(found)[0]} is older than the server: {install}")
    raise ToolMissing(f"{name} is neither on PATH nor with the server's programs: {install}")


def dump(engine: Engine, path: Path) -> None:
    """Write a consistent copy of the database into a file; writers are not blocked."""
    path.touch(0o600)
    _run(find_tool("pg_dump", engine), engine, "--format=custom", "--no-owner", "--no-privileges", f"--file={path}")


def load(engine: Engine, path: Path) -> None:
    """Fill an empty database from such a file: with all of it, or nothing."""
    options = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction")
    _run(find_tool("pg_restore", engine), engine, *options, str(path))


def _run(tool: Path, engine: Engine, *arguments: str) -> None:
    _, named = engine.url.get_dialect()().create_connect_args(engine.url)
    password = named.pop("password", None)  # others can see the arguments of a process
    if "sslpassword" in named:
        remedy = "use a key without a password, in a file of mode 600"
        raise InvalidInput(f"{tool.name} takes no sslpassword but in its arguments, which others can see: {remedy}")
    environment = {name: value for name, value in os.environ.items() if name != "PGOPTIONS"}
    environment |= {"LC_MESSAGES": "C", **({"PGPASSWORD": str(password)} if password else {})}
    command = [str(tool), "--no-password", f"--dbname={make_conninfo(**named)}", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason was given"])[0]
        raise Unavailable(f"{reason}: correct that, and repeat the command")


def _server(engine: Engine) -> tuple[int, Path | None]:
    """Return the server's version, and the folder of its programs if it says that."""
    with engine.connect() as connection:
        version = int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10000
        try:
            folder = connection.execute(text("SELECT setting FROM pg_config WHERE name = 'BINDIR'")).scalar_one()
        except DBAPIError:  # only superusers may see it
            return version, None
    return version, Path(folder)


def _version(tool: Path) -> int | None:
    try:
        done = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None
    number = re.search(r"(\d+)(\.\d+|devel|beta|rc)", done.stdout)
    return int(number[1]) if number else None
