"""Processes that tests kill or stop: real ones, forked from one that has the service imported already."""

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any


def start_process(target: Callable[..., Any], *arguments: Any) -> BaseProcess:
    """Start a function in a process of its own. A cold interpreter would import for two seconds first."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["service.cli", "tests.support.fault_injection"])
    process = context.Process(target=target, args=arguments, daemon=True)
    process.start()
    return process


@contextmanager
def command_process(environment: dict[str, str], *arguments: str) -> Iterator[BaseProcess]:
    """The `trackrecord` command, with these environment variables; it is asked to stop at the end."""
    process = start_process(_run_command, environment, arguments)
    try:
        yield process
    finally:
        process.terminate()
        process.join(30)


def _run_command(environment: dict[str, str], arguments: tuple[str, ...]) -> None:
    from service.cli import main

    os.environ.update(environment)
    sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 (until the process ends)
    main(list(arguments))
