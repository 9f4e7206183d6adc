"""From the start of the process on an empty database to the first answer of the leaderboard."""

import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.http_load import free_port, server
from benchmarks.report import Line, Options

SECONDS = 2.0


def start(options: Options) -> list[Line]:
    """One line: seconds to the first board, over those that are allowed; and over the bare framework's."""
    rounds = [(_ours(), _bare()) for _ in range(options.number(5, 1))]
    mine, floor = (statistics.median(times) for times in zip(*rounds, strict=True))
    what = "start to the first answer, empty database"
    return [
        Line(what, f"{mine:.2f} s", f"{SECONDS:g} s", mine / SECONDS, 1.0),
        Line(what, f"{mine:.2f} s", f"bare framework {floor:.2f} s", mine / floor),
    ]


def _ours() -> float:
    command = ["-m", "service", "serve"]
    with tempfile.TemporaryDirectory() as folder:
        return _seconds(command, {"TRACKRECORD_STATE_DIR": folder}, "/api/leaderboard", "TRACKRECORD_PORT")


def _bare() -> float:
    with tempfile.TemporaryDirectory() as folder:
        environment = {"BARE_DATABASE_URL": f"sqlite:///{Path(folder) / 'bare.db'}"}
        command = ["-m", "uvicorn", "benchmarks.floor_fastapi:app", "--log-level", "warning"]
        return _seconds(command, environment, "/page", "UVICORN_PORT")


def _seconds(command: list[str], environment: dict[str, str], probe: str, port_variable: str) -> float:
    port = free_port()
    began = time.perf_counter()
    with server(command, {**environment, port_variable: str(port)}, probe=probe, port=port):
        return time.perf_counter() - began
