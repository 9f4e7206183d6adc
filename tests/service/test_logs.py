"""The log of a process: one line for each request, with an identifier that leads to all that was logged for it."""

import json
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from benchmarks.http_load import free_port
from service.app import create_app
from service.logs import configure_logs
from service.settings import Settings
from tests.conftest import serving
from tests.support.processes import start_process, wait_until_up


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str]) -> "Log":
    return Log(capsys)


class Log:
    """What a process with these settings logs."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def configure(self, **fields: Any) -> None:
        configure_logs(Settings(_env_file=None, **fields))

    def text(self) -> str:
        return self._capsys.readouterr().err

    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text().splitlines()]


@pytest.fixture
def url(sqlite_url: str, tmp_path: Path) -> Iterator[str]:
    app = create_app(Settings(_env_file=None, database_url=sqlite_url, state_dir=tmp_path / "state"))

    @app.get("/broken", include_in_schema=False)
    def broken() -> None:
        raise RuntimeError("a fault\nof the test")

    with serving(app) as url:
        yield url


def test_each_request_is_one_json_object_with_the_identifier_that_its_reply_bears(url: str, log: Log) -> None:
    log.configure(log_format="json")
    reply = httpx.get(f"{url}/api/questions?q=who", headers={"User-Agent": "a"})
    (record,) = log.records()
    assert record.pop("milliseconds") > 0
    assert record.pop("time").endswith("+00:00")
    assert record.pop("message").startswith("127.0.0.1 GET /api/questions 200 ")
    assert record == {
        "level": "INFO",
        "logger": "service.logs.access",
        "request_id": reply.headers["x-request-id"],
        "method": "GET",
        "path": "/api/questions",
        "status": 200,
        "bytes": len(reply.content),
        "client": "127.0.0.1",
    }


def test_a_uuid_from_a_proxy_is_kept_and_any_other_text_is_replaced(url: str, log: Log) -> None:
    log.configure(log_format="json")
    for given in (uuid4().hex, str(uuid4())):
        assert httpx.get(f"{url}/healthz", headers={"X-Request-ID": given}).headers["x-request-id"] == given
    for given in ("mine", "x" * 300, "a b"):
        assert httpx.get(f"{url}/healthz", headers={"X-Request-ID": given}).headers["x-request-id"] != given
    assert [record["level"] for record in log.records()] == ["INFO"] * 5


def test_a_signed_link_is_not_in_the_log(url: str, log: Log) -> None:
    log.configure()
    httpx.get(f"{url}/resolve/secret-token")
    assert "GET /resolve/... 404" in (text := log.text())
    assert "secret-token" not in text


def test_no_address_adds_a_line_to_the_log(url: str, log: Log) -> None:
    log.configure()
    httpx.get(f"{url}/a%0A2026-01-01T00:00:00Z%20ERROR%1B[31m")
    (line,) = log.text().splitlines()
    assert "GET /a%0A2026-01-01T00%3A00%3A00Z%20ERROR%1B%5B31m 404" in line


def test_no_forwarded_address_looks_like_a_line_of_the_log(url: str, log: Log) -> None:
    log.configure()
    for given in ("192.0.2.1 GET /fake 200", "2001:db8::1"):
        httpx.get(f"{url}/healthz", headers={"X-Forwarded-For": given})
    first, second = log.text().splitlines()
    assert " 192.0.2.1%20GET%20%2Ffake%20200 GET /healthz 200 " in first
    assert " 2001:db8::1 GET /healthz 200 " in second


def test_an_unexpected_error_is_logged_with_the_identifier_of_its_request(url: str, log: Log) -> None:
    log.configure(log_format="json")
    reply = httpx.get(f"{url}/broken")
    assert reply.status_code == 500
    failed, request = log.records()
    assert (failed["level"], failed["message"]) == ("ERROR", "unexpected error")
    assert "RuntimeError: a fault\nof the test" in failed["exc_info"]
    assert failed["request_id"] == request["request_id"] == reply.headers["x-request-id"]
    assert request["status"] == 500


def test_a_traceback_in_a_log_of_text_is_readable_and_its_first_line_has_time_and_identifier(
    url: str, log: Log
) -> None:
    log.configure(access_log=False)
    reply = httpx.get(f"{url}/broken")
    first, second, *_, last = log.text().splitlines()
    assert first.endswith(f"ERROR service.web.problems [{reply.headers['x-request-id']}] unexpected error")
    assert second == "Traceback (most recent call last):"
    assert last == "of the test"


def test_requests_are_not_logged_where_the_setting_says_so_and_warnings_are(url: str, log: Log) -> None:
    log.configure(access_log=False, log_format="json")
    httpx.get(f"{url}/healthz")
    logging.getLogger("service").warning("the clock is behind")
    (record,) = log.records()
    assert (record["level"], record["message"], record["request_id"]) == ("WARNING", "the clock is behind", None)


def test_a_serving_command_logs_in_the_form_of_its_settings(sqlite_url: str, tmp_path: Path) -> None:
    environment = {"TRACKRECORD_DATABASE_URL": sqlite_url, "TRACKRECORD_STATE_DIR": str(tmp_path / "state")}
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(0o755)
    port, log = free_port(), tmp_path / "log"
    process = start_process(serve, environment | {"TRACKRECORD_LOG_FORMAT": "json"}, str(log), str(port))
    try:
        wait_until_up(f"http://127.0.0.1:{port}/healthz")
    finally:
        process.terminate()
        process.join(30)
    warning, *requests = map(json.loads, log.read_text().splitlines())
    assert warning["message"].startswith("other users may enter the state directory")
    assert {(record["path"], record["status"]) for record in requests} == {("/healthz", 200)}


def serve(environment: dict[str, str], log: str, port: str) -> None:
    from service.cli import main

    os.environ.update(environment)
    sys.stdout, sys.stderr = Path(os.devnull).open("w"), Path(log).open("w", buffering=1)  # noqa: SIM115
    main(["serve", "--no-seed", "--no-scheduler", "--port", port])
