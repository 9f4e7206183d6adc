"""Processes that tests kill or stop: real ones, forked from one that has the service imported already."""

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx


def forking() -> ForkServerContext:
    """Return what starts processes that need not import anything."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["service.cli", "tests.support.fault_injection", "tests.support.senders.loaded_apprise"]
    )
    return context


def start_process(target: Callable[..., Any], *arguments: Any) -> BaseProcess:
    """Start a function in a process of its own. A cold interpreter would import for two seconds first."""
    process = forking().Process(target=target, args=arguments, daemon=True)
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


def wait_until_up(url: str) -> None:
    """Wait until a GET of this address succeeds, for half a minute at most."""
    ends_at = time.monotonic() + 30
    while time.monotonic() < ends_at:
        with suppress(httpx.TransportError):
            if httpx.get(url).status_code == 200:
                return
        time.sleep(0.05)
    raise AssertionError(f"nothing answers at {url}")
