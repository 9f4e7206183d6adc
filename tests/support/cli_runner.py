"""The `trackrecord` command in this process: its arguments, what it prints, and the code it exits with."""

import io
import json
import sys
from collections.abc import Iterable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from service.cli import main


@dataclass(frozen=True)
class Done:
    """What a run of the command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Command:
    """Runs the command on one database, from a directory of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, url: str, directory: Path) -> None:
        self._patch, self._directory = monkeypatch, directory
        monkeypatch.chdir(directory)
        monkeypatch.setenv("TRACKRECORD_STATE_DIR", str(directory / "state"))
        self.on(url)

    def on(self, url: str) -> "Command":
        """The same command on another database."""
        self._patch.setenv("TRACKRECORD_DATABASE_URL", url)
        return self

    def __call__(self, *arguments: str, stdin: bytes = b"") -> Done:
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
        input_stream = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
        with redirect_stdout(out), redirect_stderr(err), patch.object(sys, "stdin", input_stream):
            try:
                main(list(arguments))
            except SystemExit as end:
                code = end.code
        printed = []
        for stream in (out, err):
            stream.flush()
            printed.append(stream.buffer.getvalue().decode())
        return Done(code if isinstance(code, int) else int(code is not None), *printed)

    def file(self, name: str, text: str | bytes) -> str:
        """Write a file into the directory of the command; return its name."""
        path = self._directory / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return name

    def lines(self, name: str, lines: Iterable[dict[str, Any]]) -> str:
        """Write a file of JSON Lines; gives its name."""
        return self.file(name, "".join(json.dumps(line) + "\n" for line in lines))
