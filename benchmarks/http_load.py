"""A server in a process of its own on the loopback, and clients that send it a bounded number of requests."""

import asyncio
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import BinaryIO

import httpx

START_SECONDS = 30


@dataclass(frozen=True)
class Call:
    """One request, ready to be sent."""

    method: str
    path: str
    body: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ((b"content-type", b"application/json"),)


def free_port() -> int:
    """A port of the loopback address that nobody listens on now.

    It lies below the ports that systems give to those who ask for any (from 32,768 on), so that none is taken by
    another server or connection before it is used.
    """
    while True:
        with suppress(OSError), socket.create_server(("127.0.0.1", random.randrange(15_000, 32_000))) as listener:
            return int(listener.getsockname()[1])


@contextmanager
def server(arguments: Sequence[str], environment: Mapping[str, str], *, probe: str, port: int) -> Iterator[str]:
    """Runs ``python arguments`` until the block ends; gives its base URL once ``probe`` answers.

    It logs as in use, to a file, which is shown if it does not start.
    """
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, *arguments], env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=log
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(url + probe, process, log)
            yield url
        finally:
            process.terminate()
            process.wait(30)


def wait_for(url: str, process: subprocess.Popen[bytes], log: BinaryIO) -> None:
    """Until the address answers; raises where the process ends or takes too long."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            log.seek(0)
            raise RuntimeError(f"the server ended with code {process.returncode}: {log.read().decode()}")
        try:
            httpx.get(url, timeout=5)
            return
        except httpx.TransportError:
            time.sleep(0.02)
    raise RuntimeError("the server did not answer in time")


def per_second(base_url: str, calls: Sequence[Call], *, connections: int, expect: int) -> float:
    """Requests a second over that many kept-alive connections. Raises where a reply has another status."""
    return asyncio.run(_send(base_url, calls, connections, expect))


async def _send(base_url: str, calls: Sequence[Call], connections: int, expect: int) -> float:
    address = httpx.URL(base_url)
    waiting = iter([(call, _bytes(call, address.netloc)) for call in calls])

    async def client() -> None:
        reader, writer = await asyncio.open_connection(address.host, address.port)
        for call, request in waiting:
            writer.write(request)
            status, body = await _reply(reader)
            if status != expect:
                raise RuntimeError(f"{call.method} {call.path}: {status} {body[:500]!r}")
        writer.close()

    began = time.perf_counter()
    async with asyncio.TaskGroup() as clients:
        for _ in range(connections):
            clients.create_task(client())
    return len(calls) / (time.perf_counter() - began)


def _bytes(call: Call, host: bytes) -> bytes:
    headers = ((b"host", host), (b"content-length", str(len(call.body)).encode()), *call.headers)
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
    return f"{call.method} {call.path} HTTP/1.1\r\n".encode() + lines + b"\r\n" + call.body


async def _reply(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Status and body. A client library would take longer over a reply than the servers that are measured."""
    head = await reader.readuntil(b"\r\n\r\n")
    found = re.search(rb"\r\ncontent-length: (\d+)", head, re.IGNORECASE)
    return int(head.split(b" ", 2)[1]), await reader.readexactly(int(found[1])) if found else b""
